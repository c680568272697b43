/**
 * The program in docs/operations.md that hands an engine's statistics to OpenTelemetry, run as it
 * stands there, in a process of its own, with a reader where an exporter would be.
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { examplesOf } from '../package/readme-examples.ts'

const root = resolve(import.meta.dirname, '../..')
const ENGINE = JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)

/** What an SDK does: keeps the callbacks of instruments, and calls them when it exports. */
const READER = `
import { metrics as api } from '@opentelemetry/api'
const callbacks = []
const instrument = (kind) => (name, options) => ({
  addCallback: (read) => callbacks.push({ kind, name, unit: options?.unit, read }),
})
const reader = {
  createObservableCounter: instrument('counter'),
  createObservableGauge: instrument('gauge'),
}
api.setGlobalMeterProvider({ getMeter: () => reader })
`
const EXPORT = `
cache.set('a', 'value')
cache.get('a')
cache.get('a')
cache.get('b')
for (const { kind, name, unit, read } of callbacks) {
  const observe = (value, attributes) =>
    process.stdout.write(JSON.stringify({ kind, name, unit, value, attributes }) + '\\n')
  read({ observe })
}
`

test('the program for OpenTelemetry in docs/operations.md tells what the cache counts', () => {
  const [example] = examplesOf(readFileSync(resolve(root, 'docs/operations.md'), 'utf8'))
  expect(example!.text.split('\n').length).toBeLessThanOrEqual(16)
  expect(example!.text).toContain('@opentelemetry/api')
  const program = READER + example!.text.replace(`'heddle'`, ENGINE) + EXPORT
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
    timeout: 30_000,
  })
  const told = output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const attributes = { cache: 'users' }
  expect(told).toEqual([
    { kind: 'counter', name: 'heddle.hits', value: 2, attributes },
    { kind: 'counter', name: 'heddle.misses', value: 1, attributes },
    { kind: 'counter', name: 'heddle.evictions', value: 0, attributes },
    { kind: 'gauge', name: 'heddle.entries', value: 1, attributes },
    {
      ...{ kind: 'gauge', name: 'heddle.entries.size', unit: 'By', attributes },
      value: expect.any(Number),
    },
  ])
})
