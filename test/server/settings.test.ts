/** The settings of `heddle serve`: from flags, environment and file, and which of them wins. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { FLAGS } from '../../src/cli/flags.ts'
import { readSettings } from '../../src/cli/settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'heddle-settings-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const settings = (argv: string[], variables: Record<string, string> = {}) =>
  Object.fromEntries(readSettings(argv, variables).values)

test('a flag overrides the environment, which overrides the file', () => {
  const file = join(folder, 'config.json')
  const written = { memory: '16mb', workers: 3, maxConnections: 30, 'no-flush': true }
  writeFileSync(file, JSON.stringify(written))
  const variables = { HEDDLE_WORKERS: '2', HEDDLE_MAX_CONNECTIONS: '20', HEDDLE_CONFIG: file }
  expect(settings(['--max-connections', '10'], variables)).toEqual({
    config: file,
    memory: '16mb',
    workers: 2,
    'max-connections': 10,
    'no-flush': true,
  })
  expect(settings(['--config', file])).toMatchObject({ workers: 3, 'max-connections': 30 })
})

test("memcached's short flags mean what they mean there", () => {
  const short = ['-m', '64', '-p', '1', '-t', '4', '-c', '9', '-I', '2m', '-l', '::1', '-vv']
  expect(settings(short)).toEqual({
    memory: 64 * 1024 * 1024,
    'memcached-port': 1,
    workers: 4,
    'max-connections': 9,
    'max-item-size': 2 * 1024 * 1024,
    host: '::1',
    verbose: 2,
  })
  expect(settings(['--memory', '64', '-I512k'])).toEqual({
    memory: 64,
    'max-item-size': 512 * 1024,
  })
})

test('each flag is a variable', () => {
  for (const flag of FLAGS) {
    if (flag.only === 'flag' || flag.name === 'config') continue
    const name = `HEDDLE_${flag.name.replaceAll('-', '_').toUpperCase()}`
    expect(settings([], { [name]: '1' }), name).toHaveProperty(flag.name)
  }
  expect(settings([], { HEDDLE_NO_FLUSH: 'no' })).toEqual({ 'no-flush': false })
})

test('a setting is called as where it comes from', () => {
  const file = join(folder, 'named.json')
  writeFileSync(file, JSON.stringify({ memory: '4mb', workers: 1, host: '::1' }))
  const variables = { HEDDLE_MEMORY: 'lots', HEDDLE_WORKERS: '2' }
  const { nameOf } = readSettings(['--config', file, '-t', '3'], variables)
  expect(nameOf('memory')).toBe('HEDDLE_MEMORY')
  expect(nameOf('workers')).toBe('--workers')
  expect(nameOf('host')).toBe(`config ${file}, line 1: host`)
  expect(nameOf('eviction')).toBe('eviction')
})

test('variables that are no settings are told of, with the closest', () => {
  const warnings = (variables: Record<string, string>) => readSettings([], variables).warnings
  expect(warnings({ HEDDLE_MEMROY: '1' })).toEqual([
    'HEDDLE_MEMROY is no setting and is ignored; did you mean HEDDLE_MEMORY?',
  ])
  expect(warnings({ HEDDLE_PORT: '1' })[0]).toMatch(/did you mean HEDDLE_MEMCACHED_PORT\?$/)
  expect(warnings({ HEDDLE_QUITE_DIFFERENT: '1' })[0]).toMatch(/is ignored$/)
  const others = { HEDDLE_TRACES: 'x', HEDDLE_MEMORY: '', MEMROY: '1' }
  const kubernetes = { HEDDLE_PORT: 'tcp://10.0.0.1:11211', HEDDLE_SERVICE_HOST: '10.0.0.1' }
  expect(warnings({ ...others, ...kubernetes, HEDDLE_PORT_11211_TCP_ADDR: '10.0.0.1' })).toEqual([])
})

test('a file names no other file, nor is one suggested', () => {
  const file = join(folder, 'config-in-config.json')
  for (const key of ['config', 'confg', 'help']) {
    writeFileSync(file, JSON.stringify({ [key]: 'x' }))
    expect(() => readSettings(['--config', file], {})).toThrow(/which is no setting$/)
  }
})
