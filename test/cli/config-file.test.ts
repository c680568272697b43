/** The file of settings: comments, lines, and how what is wrong in it is told. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { settingsIn } from '../../src/cli/config-file.ts'
import { readSettings } from '../../src/cli/settings.ts'
import { killAll, run, start } from '../server/cli-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'heddle-config-'))
afterAll(() => {
  killAll()
  rmSync(folder, { recursive: true, force: true })
})

const read = (text: string) => settingsIn(text, 'x.json')
const values = (text: string) =>
  Object.fromEntries(read(text).map(({ key, value }) => [key, value]))

test('comments and a last comma are allowed, and strings keep what looks like them', () => {
  const text = `\uFEFF{ // begin
  /* two
     lines */ "host": "a//b /* c */ ,}", // "memory": "1mb"
  "unix-socket": "\\"//,]",
  "workers": 2, /* last */
} // end`
  expect(values(text)).toEqual({ host: 'a//b /* c */ ,}', 'unix-socket': '"//,]', workers: 2 })
  expect(read(text).map(({ line }) => line)).toEqual([3, 4, 5])
  expect(values('{}')).toEqual({})
})

test('the lines are those of the settings, not of names inside values', () => {
  const text = '{\n"a": {"memory":\n1},\n"memory"\n: "x"\n}'
  expect(read(text).map(({ key, line }) => [key, line])).toEqual([
    ['a', 2],
    ['memory', 4],
  ])
})

test.each([
  ['{"a": 1,\n"b": 2,\n"a": 3}', /x\.json, line 3: "a" is there twice \(line 1\)/],
  ['[1]', /must hold one object/],
  ['{"a": 1 /* open', /is no JSON/],
  ['{"a" 1}', /is no JSON: .*position/],
  ['{"a": 1,,}', /is no JSON/],
  ['', /is no JSON/],
  [`{"a": "${'x'.repeat(2 ** 20)}"}`, /at most 1048576/],
])('%.20s is refused', (text, message) => {
  expect(() => read(text)).toThrow(message)
})

test('two spellings of one setting are twice the same', () => {
  const file = join(folder, 'spellings.json')
  writeFileSync(file, '{\n  "max-connections": 1,\n  "maxConnections": 2\n}')
  const why = `config ${file}, line 3: "max-connections" is there twice (line 2)`
  expect(() => readSettings(['--config', file], {})).toThrow(why)
})

test('--print-config tells each source, and can be read again', async () => {
  const file = join(folder, 'printed.json')
  writeFileSync(file, '{\n  "memory": "8mb", // small\n  "max-connections": 9\n}')
  const flags = ['serve', '--print-config', '--config', file, '-p', '0', '-vv']
  const { code, stdout, stderr } = await run(flags, { HEDDLE_WORKERS: '1' })
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(new RegExp(`"memory": "8mb", +// ${file}, line 2\n`))
  expect(stdout).toMatch(new RegExp(`"max-connections": 9, +// ${file}, line 3\n`))
  expect(stdout).toMatch(/"memcached-port": 0, +\/\/ --memcached-port\n/)
  expect(stdout).toMatch(/"workers": 1, +\/\/ HEDDLE_WORKERS\n/)
  expect(stdout).toMatch(/"verbose": 2, +\/\/ --verbose\n/)
  expect(stdout).toMatch(/"handoff": "auto", +\/\/ default; here: (?:frames|sockets)\n/)
  expect(stdout).toMatch(/\/\/ "redis-port": none\n/)
  const again = join(folder, 'again.json')
  writeFileSync(again, stdout)
  const { line } = await start(['--config', again], {}, 'pipe')
  expect(line).toMatch(/^heddle ready memcached=\S+ workers=1 .* memory=8388608 /)
})

test('--print-config prints paths of what is secret, not what is in them', async () => {
  const users = join(folder, 'secret-users')
  writeFileSync(users, 'ann:S3CRET-password\n')
  const flags = ['serve', '--print-config', '--auth-file', users]
  const { code, stdout, stderr } = await run(flags, { HEDDLE_PASSWORD: 'S3CRET' })
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toContain(`"auth-file": ${JSON.stringify(users)},`)
  expect(stdout).not.toContain('S3CRET')
})

test('--print-config refuses what serving would refuse, by its place', async () => {
  const file = join(folder, 'refused.json')
  writeFileSync(file, '{\n  // too few\n  "workers": 0,\n}')
  const { code, stdout, stderr } = await run(['serve', '--print-config', '--config', file])
  expect([code, stdout]).toEqual([1, ''])
  const users = join(folder, 'users')
  writeFileSync(users, 'ann:good-password\nnonsense\n')
  const badUsers = await run(['serve', '--print-config', '--auth-file', users])
  expect([badUsers.code, badUsers.stdout]).toEqual([1, ''])
  expect(badUsers.stderr).toMatch(/^heddle serve: --auth-file is ".*users": line 2\b/)
  const noKey = ['--http-tls-port', '0', '--tls-cert', users, '--tls-key', '/nowhere']
  const badTls = await run(['serve', '--print-config', ...noKey])
  expect([badTls.code, badTls.stdout]).toEqual([1, ''])
  expect(badTls.stderr).toMatch(/^heddle serve: --tls-(?:key|cert) is /)
  const why = 'workers is 0: it must be a whole number from 1 to 64'
  expect(stderr).toBe(`heddle serve: config ${file}, line 3: ${why}\n`)
})
