/**
 * The option table says what is so: defaults and limits are those that the checks of `serve` and
 * `createEngine` keep, and docs/configuration.md is what it makes.
 */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Allowed, Flag, Setting } from '../../src/cli/flag.ts'
import { environmentName, FLAG_GROUPS, FLAGS, serveHelp } from '../../src/cli/flags.ts'
import { configurationReference } from '../../src/cli/reference.ts'
import { HeddleError } from '../../src/engine/errors.ts'
import { resolveOptions } from '../../src/engine/options.ts'
import { resolveServeOptions } from '../../src/server/options.ts'

const root = resolve(import.meta.dirname, '../..')
const withOption = FLAGS.filter((flag) => flag.option !== undefined)
const named = (flags: readonly Flag[]) => flags.map((flag) => [flag.name, flag] as const)

/** What the checks of the API make of this one option. */
function check(flag: Flag, value: Setting): unknown {
  const [owner, option = ''] = flag.option!.split('.')
  const options = { ...companyOf(option), [option]: flag.toOption?.(value) ?? value }
  return owner === 'serve' ? resolveServeOptions(options) : resolveOptions(options)
}

/** What an option cannot be without. */
function companyOf(option: string): object {
  const files = { tlsCert: 'cert.pem', tlsKey: 'key.pem' }
  if (option.endsWith('TlsPort')) return files
  return option === 'tlsClientAuth' ? { ...files, redisTlsPort: 0, tlsCa: 'ca.pem' } : {}
}

function refusal(flag: Flag, value: Setting): HeddleError {
  try {
    check(flag, value)
  } catch (error) {
    if (error instanceof HeddleError) return error
    throw error
  }
  throw new Error(`${flag.name} took ${value}`)
}

describe('the rows', () => {
  test('names, short names and variables are there once', () => {
    for (const names of [FLAGS.map(({ name }) => name), FLAGS.map(environmentName)]) {
      expect(new Set(names).size).toBe(names.length)
    }
    const shorts = FLAGS.flatMap(({ short }) => short ?? [])
    expect(new Set(shorts).size).toBe(shorts.length)
    const options = FLAGS.flatMap(({ option }) => option ?? [])
    expect(new Set(options).size).toBe(options.length)
    expect(FLAG_GROUPS.length).toBeGreaterThan(3)
  })

  test.each(
    named(withOption.filter(({ standard }) => standard !== undefined)),
  )('the default of %s is what stands in for none', (_name, flag) => {
    const [owner] = flag.option!.split('.')
    const none = owner === 'serve' ? resolveServeOptions({}) : resolveOptions({})
    const said = check(flag, flag.standard!)
    if (flag.isOwnDefault !== true) expect(said).toEqual({ ...(none as object), ...seedOf(said) })
  })

  const ranged = withOption.filter(({ allowed }) => allowed !== undefined && 'least' in allowed)
  test.each(named(ranged))('%s is taken from the least to the most', (_name, flag) => {
    const { least, most } = flag.allowed as { least: number; most: number }
    check(flag, least)
    check(flag, most)
    for (const outside of [least - 1, most + 1]) {
      const { field, value, message } = refusal(flag, outside)
      expect([field, value]).toEqual([flag.option!.split('.')[1], outside])
      expect(message).toContain(outside < least ? least.toLocaleString('en-US') : '')
      expect(message).toContain(most.toLocaleString('en-US'))
    }
  })

  const worded = withOption.filter(({ allowed }) => wordsOf(allowed).length > 0)
  test.each(named(worded))('%s takes its words and no other', (_name, flag) => {
    for (const word of wordsOf(flag.allowed)) check(flag, word)
    const { message } = refusal(flag, 'no-such-word')
    for (const word of wordsOf(flag.allowed)) expect(message).toContain(`'${word}'`)
  })
})

test('docs/configuration.md is what the table makes: npm run docs:options', () => {
  const text = readFileSync(join(root, 'docs/configuration.md'), 'utf8')
  expect(text).toBe(configurationReference())
})

test('help and reference leave nothing out', () => {
  const [help, reference] = [serveHelp(), configurationReference()]
  for (const flag of FLAGS) {
    expect(help).toContain(`--${flag.name}`)
    expect(reference).toContain(`### ${flag.name}\n`)
    if (flag.only === undefined) expect(reference).toContain(`\`${environmentName(flag)}\``)
  }
})

function wordsOf(allowed: Allowed | undefined): readonly string[] {
  return allowed !== undefined && 'words' in allowed ? (allowed.words ?? []) : []
}

/** An engine's seed is drawn anew each time. */
function seedOf(resolved: unknown): object {
  const { seed } = resolved as { seed?: number }
  return seed === undefined ? {} : { seed }
}
