/**
 * `heddle serve` as a child process: what it prints, where its settings come from, how it refuses
 * and how it ends.
 */
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { FLAGS } from '../../src/cli/flags.ts'
import { versionOf } from '../../src/protocols/memcached/version.ts'
import { VERSION } from '../../src/server/version.ts'
import { killAll, root, run, start } from './cli-process.ts'
import { answerOf, eventually, SOON_MS } from './open-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'heddle-cli-'))

afterEach(killAll)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the ready line', () => {
  test('says what is served, the pid of the process last', async () => {
    const { line, child } = await start(['-p', '0', '-m', '8', '-t', '2', '--handoff', 'frames'])
    expect(line).toMatch(
      /^heddle ready memcached=127\.0\.0\.1:\d+ workers=2 handoff=frames memory=8388608 pid=\d+\n$/,
    )
    expect(line.endsWith(` pid=${child.pid}\n`)).toBe(true)
  })

  test('names the port for Redis clients, from a flag, a variable or a file', async () => {
    const file = join(folder, 'redis.json')
    writeFileSync(file, JSON.stringify({ 'redis-port': 0, workers: 1 }))
    const alone = /^heddle ready redis=127\.0\.0\.1:\d+ workers=1 handoff=\S+ memory=\d+ pid=\d+\n$/
    expect((await start(['--redis-port', '0', '-t', '1'])).line).toMatch(alone)
    expect((await start(['-t', '1'], { HEDDLE_REDIS_PORT: '0' })).line).toMatch(alone)
    const { line } = await start(['--config', file, '-p', '0'])
    expect(line).toMatch(
      /^heddle ready memcached=127\.0\.0\.1:\d+ redis=127\.0\.0\.1:\d+ workers=1 /,
    )
  })

  test('names a unix socket, and no port where there is none', async () => {
    const path = join(folder, 'ready.sock')
    const { line } = await start(['-s', path, '-t', '1'])
    expect(line).toMatch(new RegExp(`^heddle ready unix=${path} workers=1 handoff=frames `))
    const socket = connect(path)
    socket.write('version\r\nquit\r\n')
    expect(await answerOf(socket)).toBe(`VERSION ${versionOf(VERSION)}\r\n`)
  })
})

describe('settings', () => {
  test('the help explains each flag', async () => {
    const { code, stdout } = await run(['serve', '--help'])
    expect(code).toBe(0)
    for (const flag of FLAGS) expect(stdout).toContain(`--${flag.name}`)
    for (const flag of FLAGS) expect(stdout).toContain(flag.help)
  })

  test('they reach the server', async () => {
    const flags = ['-p', '0', '-t', '1', '-c', '77', '-I', '4k', '--idle-timeout', '9']
    const more = ['--no-flush', '--eviction', 'none', '--memory', '4mb', '-v']
    const server = await start([...flags, ...more])
    const socket = await server.connect()
    socket.write('stats settings\r\nflush_all\r\nquit\r\n')
    const answer = await answerOf(socket)
    for (const line of [
      'maxbytes 4194304',
      'maxconns 77',
      'num_threads 1',
      'item_size_max 4096',
      'idle_timeout 9',
      'flush_enabled no',
      'evictions off',
      'verbosity 1',
    ]) {
      expect(answer).toContain(`STAT ${line}\r\n`)
    }
    expect(answer).toContain('CLIENT_ERROR flush_all not allowed\r\n')
  })
})

describe('what is wrong is one line', () => {
  const wrongUse = [
    [['--memry', '4mb'], /no such flag: --memry; did you mean --memory\?/],
    [['--threads', '4'], /did you mean --workers\?/],
    [['-z'], /no such flag: -z/],
    [['--memory'], /--memory needs a value: SIZE/],
    [['--no-flush=1'], /--no-flush takes no value/],
    [['4mb'], /'4mb' is no flag/],
  ] as const
  test.each(wrongUse)('%o is a wrong use', async (args, message) => {
    const { code, stdout, stderr } = await run(['serve', ...args])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/^heddle serve: [^\n]+\n$/)
    expect(stderr).toMatch(message)
  })

  const wrongValues = [
    [['--memory', '1mb'], /memory is "1mb": it must be from 2mb to 64gb/],
    [['-m', 'lots'], /memory is "lots"/],
    [['--memory', '2mb', '-I', '2m'], /max-item-size is .* at most half of memory/],
    [['-p', '99999'], /memcached-port is .* 0 to 65,535/],
    [['-t', '0'], /workers is 0/],
    [['--eviction', 'lru'], /eviction is "lru": it must be 'clock' or 's3-fifo' or 'sieve'/],
    [['--handoff', 'pipes'], /handoff is "pipes"/],
    [['--config', '/nowhere.json'], /config \/nowhere\.json cannot be read/],
    [
      ['-p', '0', '-l', '192.0.2.1', '--insecure'],
      /host is "192\.0\.2\.1": this machine has no such address/,
    ],
  ] as const
  test.each(wrongValues)('%o cannot be served', async (args, message) => {
    const { code, stdout, stderr } = await run(['serve', ...args])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^heddle serve: [^\n]+\n$/)
    expect(stderr).toMatch(message)
  })

  // On a machine with more than that, no memory is too much and allowed.
  test.runIf(totalmem() < 63 * 2 ** 30)('memory that the machine does not have', async () => {
    const { code, stdout, stderr } = await run(['serve', '--memory', '63gb'])
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(
      /^heddle serve: --memory is "63gb": this machine or container has [0-9,]+ bytes in all\n$/,
    )
  })

  test('a file with an unknown setting names the closest', async () => {
    const file = join(folder, 'wrong.json')
    writeFileSync(file, JSON.stringify({ memroy: '4mb' }))
    const { code, stderr } = await run(['serve', '--config', file])
    expect(code).toBe(1)
    expect(stderr).toMatch(/has "memroy", which is no setting; did you mean "memory"\?\n$/)
  })

  test('a wrong value is called as where it comes from', async () => {
    const variable = await run(['serve'], { HEDDLE_MEMORY: 'lots', HEDDLE_MEMROY: '4mb' })
    expect(variable.code).toBe(1)
    const [warning, refusal] = variable.stderr.split('\n')
    expect(warning).toMatch(/^heddle serve: HEDDLE_MEMROY is no setting/)
    expect(refusal).toMatch(/^heddle serve: HEDDLE_MEMORY is "lots": /)
    const file = join(folder, 'value.json')
    writeFileSync(file, JSON.stringify({ workers: 0 }))
    const fromFile = await run(['serve', '--config', file])
    expect(fromFile.stderr.startsWith(`heddle serve: config ${file}, line 1: workers is 0: `)).toBe(
      true,
    )
  })

  test('a port in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { code, stdout, stderr } = await run(['serve', '-p', String(port)])
    other.close()
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toMatch(/^heddle serve: [^\n]*another program listens on 127\.0\.0\.1:\d+\n$/)
  })

  test('a command that does not exist', async () => {
    expect(await run(['sevre'])).toMatchObject({ code: 2, stdout: '' })
    expect(await run([])).toMatchObject({ code: 2, stdout: '' })
    expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `heddle ${VERSION}\n` })
  })
})

describe.each(['frames', 'sockets'])('it ends in time (%s)', (handoff) => {
  test.each(['SIGTERM', 'SIGINT'] as const)('%s: answers what was read', async (signal) => {
    const server = await start(['-p', '0', '-t', '1', '-m', '16', '--handoff', handoff])
    const socket = await server.connect()
    const idle = await server.connect()
    const gets = 8
    socket.write(`set big 0 0 900000\r\n${'b'.repeat(900_000)}\r\n`)
    await answerOf(socket, 'STORED\r\n')
    const before = socket.bytesRead
    socket.write('get big\r\n'.repeat(gets))
    expect(await eventually(() => socket.bytesRead > before)).toBe(true) // all were read
    const answer = answerOf(socket)
    const { code, ms } = await server.end(signal)
    expect(code).toBe(0)
    expect(ms).toBeLessThan(SOON_MS)
    expect((await answer).length).toBe(
      gets * (900_000 + 'VALUE big 0 900000\r\n\r\nEND\r\n'.length),
    )
    idle.destroy()
  })

  test('whatever clients do', async () => {
    const server = await start(['-p', '0', '-t', '1', '-m', '16', '--handoff', handoff])
    const lazy = await server.connect()
    lazy.pause()
    lazy.write(`set big 0 0 900000\r\n${'b'.repeat(900_000)}\r\n${'get big\r\n'.repeat(1000)}`)
    const half = await server.connect()
    half.write('set half 0 0 100\r\nnot all')
    await sleep(200)
    const { code, ms } = await server.end('SIGTERM')
    expect(code).toBe(0)
    expect(ms).toBeLessThan(SOON_MS)
    lazy.destroy()
    half.destroy()
  })
})

test('a client may end the process with shutdown', async () => {
  const server = await start(['-p', '0', '-t', '1', '--enable-shutdown'])
  const socket = await server.connect()
  socket.write('shutdown\r\n')
  const [code] = await once(server.child, 'exit')
  expect(code).toBe(0)
})

test('npm start is heddle serve, without a build', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(manifest.scripts.start).toBe('node src/cli/main.ts serve')
  expect(manifest.bin).toEqual({ heddle: 'dist/src/cli/main.js' })
  expect(manifest.version).toBe(VERSION)
})
