/**
 * `heddle top` and `heddle inspect` as processes, before a real server: through each of its doors,
 * into pipes and on a terminal, and what they say where no server is.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createEngine, type Engine } from '../../src/engine/engine.ts'
import { type Server, serve } from '../../src/server/serve.ts'
import { certificates, openSecure } from '../server/secure-server.ts'
import { children, type Ended, killAll, PROGRAM, run, start } from '../server/cli-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'heddle-top-'))
let engine: Engine
let server: Server
let busy: NodeJS.Timeout
const ports: Record<string, number> = {}

beforeAll(async () => {
  engine = createEngine({ name: 'top', memory: '8mb', hotKeys: true })
  engine.set('k', 'v')
  const doors = { memcachedPort: 0, redisPort: 0, httpPort: 0 }
  server = await serve(engine, { ...doors, workers: 1, unixSocket: join(folder, 'top.sock') })
  const portOf = (address = '') => Number(/\d+$/.exec(address)![0])
  ports['memcached'] = portOf(server.addresses[0])
  ports['redis'] = portOf(server.redisAddresses[0])
  ports['http'] = portOf(server.httpAddresses[0])
  const [text, resp] = [connect(ports['memcached']!), connect(ports['redis']!)]
  busy = setInterval(() => {
    text.write('get k\r\n'.repeat(20))
    resp.write('GET k\r\n')
  }, 5)
})
afterEach(killAll)
afterAll(async () => {
  clearInterval(busy)
  await server.close()
  engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const doorFlags = (door: string) =>
  door === 'unix' ? ['--unix-socket', join(folder, 'top.sock')] : [`--${door}-port=${ports[door]}`]

describe.each(['http', 'memcached', 'redis', 'unix'])('through %s', (door) => {
  const flags = () => doorFlags(door)

  test('top prints a table of what happens', async () => {
    const { code, stdout, stderr } = await run(['top', '--once', '--interval', '0.3', ...flags()])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^heddle \S*0\.1\.0 /)
    expect(stdout).toMatch(/hits 100 %/)
    expect(stdout).toMatch(/of 8\.0 MiB/)
  })

  test('top --json prints lines that are the same picture', async () => {
    const json = ['--json', '--count', '2', '--interval', '0.2']
    const { code, stdout } = await run(['top', ...json, ...flags()])
    expect(code).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(2)
    for (const line of lines) {
      const { hitRatio, now, seconds } = JSON.parse(line)
      expect(hitRatio).toBe(1)
      expect(seconds).toBeGreaterThanOrEqual(0.2)
      expect(now.cache).toMatchObject({ entries: 1, budgetBytes: 8 * 1024 * 1024 })
    }
  })

  test('inspect prints sections, and the same as JSON', async () => {
    const text = await run(['inspect', ...flags()])
    expect([text.code, text.stderr]).toEqual([0, ''])
    for (const title of ['SERVER', 'CACHE']) expect(text.stdout).toContain(`${title}\n`)
    if (door !== 'http') expect(text.stdout).toContain('CLIENTS\n')
    if (door !== 'redis') expect(text.stdout).toContain('SIZE CLASSES\n')
    if (door === 'http') expect(text.stdout).toMatch(/^worker 0 /m)
    const json = await run(['inspect', '--json', '--once', ...flags()])
    expect(JSON.parse(json.stdout)).toMatchObject({ cache: { entries: 1 }, connections: {} })
  })
})

test('where there are users it asks for credentials, and has the rights of its user', async () => {
  const file = join(folder, 'users')
  writeFileSync(file, 'ann:good-password read\nops:good-password admin\n', { mode: 0o600 })
  const flags = ['-p', '0', '--redis-port', '0', '--http-port', '0', '-t', '1', '-m', '4']
  const { line } = await start([...flags, '--auth-file', file])
  const once = ['--once', '--interval', '0.1']
  for (const door of ['memcached', 'redis', 'http']) {
    const port = `--${door}-port=${new RegExp(`${door}=\\S*?:(\\d+)`).exec(line)![1]}`
    const asked = (command: string, password: string | undefined, user: string) => {
      const who = password === undefined ? [] : ['--user', user]
      const variables: Record<string, string> =
        password === undefined ? {} : { HEDDLE_PASSWORD: password }
      return run([command, ...once.slice(0, command === 'top' ? 3 : 1), ...who, port], variables)
    }
    const allowed = await asked('top', 'good-password', 'ann')
    expect([allowed.code, allowed.stderr]).toEqual([0, ''])
    const wrong = await asked('top', 'bad-password', 'ann')
    expect(wrong.code).toBe(1)
    expect(wrong.stderr).toMatch(/refuses these credentials\n$/)
    for (const [user, sees] of [
      ['ann', false],
      ['ops', door !== 'http'],
    ] as const) {
      const inspected = await asked('inspect', 'good-password', user)
      expect([inspected.code, inspected.stderr], user).toEqual([0, ''])
      expect(inspected.stdout.includes('CLIENTS\n'), `${user} ${door}`).toBe(sees)
    }
  }
  const http = `--http-port=${/http=\S*?:(\d+)/.exec(line)![1]}`
  const nobody = await run(['top', ...once, http])
  expect(nobody.code).toBe(1)
  expect(nobody.stderr).toMatch(/asks who you are: --user NAME, with HEDDLE_PASSWORD/)
})

test('inspect puts together what several doors tell', async () => {
  const flags = ['memcached', 'redis', 'http'].flatMap(doorFlags)
  const { code, stdout } = await run(['inspect', '--json', ...flags])
  expect(code).toBe(0)
  const told = JSON.parse(stdout)
  expect(told.door).toMatch(/\(http\), .*\(memcached\), .*\(redis\)$/)
  expect(told.threads).toHaveLength(2)
  expect(told.hotKeys[0]).toMatchObject({ key: 'k' })
  expect(Number(told.hotKeys[0].uses)).toBeGreaterThan(0)
  expect(told.clients.length).toBeGreaterThan(2)
  expect(told.slowCommands).toBeInstanceOf(Array) // a busy machine has some
  expect(told.settings).toContainEqual({ setting: 'num_threads', value: '1' })
})

test('a server that goes away and comes back is seen again', async () => {
  const path = join(folder, 'back.sock')
  const first = await start(['-s', path, '-t', '1', '-m', '4'])
  const args = [PROGRAM, 'top', '--json', '--interval', '0.1', '--unix-socket', path]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  let [told, lines] = ['', 0]
  child.stderr.on('data', (chunk) => (told += chunk))
  child.stdout.on('data', (chunk) => (lines += String(chunk).split('\n').length - 1))
  const until = async (is: () => boolean) => {
    while (!is()) await new Promise((resolve) => setTimeout(resolve, 20))
  }
  await until(() => lines > 1)
  await first.end('SIGTERM')
  await until(() => told.includes('heddle top: nothing answers at'))
  const before = lines
  await start(['-s', path, '-t', '1', '-m', '4'])
  await until(() => lines > before + 1)
  child.kill('SIGINT')
  expect((await once(child, 'exit'))[0]).toBe(0)
})

test('over TLS, with a certificate that is trusted and one that is not', async () => {
  const { server: secured, ports: secure } = await openSecure({ httpTlsPort: 0 })
  const httpPort = /\d+$/.exec(secured.tlsAddresses.http[0]!)![0]
  const flags = ['--once', '--interval', '0.1', '--tls', '--host', 'localhost']
  for (const protocol of ['memcached', 'redis', 'http']) {
    const port = `--${protocol}-port=${secure[`${protocol}-tls`] ?? httpPort}`
    const trusting = await run(['top', ...flags, port, '--tls-ca', certificates.file('ca.pem')])
    expect([trusting.code, trusting.stderr]).toEqual([0, ''])
    const careful = await run(['top', ...flags, port])
    expect(careful.code).toBe(1)
    expect(careful.stderr).toMatch(
      /localhost:\d+ \(\w+\) has a certificate that is not trusted \(.*--tls-ca FILE/,
    )
  }
})

/** Sequences of the terminal, such as those that clear the rest of a line. */
const ESCAPE = new RegExp(`${String.fromCharCode(27)}\\[[?0-9]*[a-zA-Z]`, 'g')
const hasScript = existsSync('/usr/bin/script')
test.runIf(hasScript)('on a terminal it draws in place, and Ctrl-C gives it back', async () => {
  const command = [process.execPath, PROGRAM, 'top', '--interval', '0.1', ...doorFlags('memcached')]
  const file = join(folder, 'typescript')
  const quoted = `stty cols 50 rows 7; ${command.join(' ')}; stty -a`
  const child = spawn('/usr/bin/script', ['-qec', quoted, file], {
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  children.push(child)
  let drawn = ''
  let isOver = false
  child.stdout.on('data', (chunk) => {
    drawn += chunk
    if (isOver || drawn.split('\u001b[?2026h').length < 4) return
    isOver = true
    child.stdin.write('\u0003')
  })
  const [code] = await once(child, 'exit')
  expect(code).toBe(0)
  const end = drawn.indexOf('\u001b[?25h\u001b[?1049l')
  expect(end).toBeGreaterThan(drawn.indexOf('\u001b[?1049h\u001b[?25l'))
  expect(drawn.slice(end)).toMatch(/[^-]icanon/)
  const frames = drawn.slice(0, end).split('\u001b[?2026h').slice(1)
  for (const frame of frames) {
    const lines = frame.split('\r\n')
    expect(lines.length).toBeLessThanOrEqual(7)
    for (const line of lines) {
      const text = line.replaceAll(ESCAPE, '')
      expect([...text].length).toBeLessThanOrEqual(50)
    }
  }
})

describe('what is wrong is one line', () => {
  const wrong = [
    [['--redis-prt', '1'], 2, /no such flag: --redis-prt; did you mean --redis-port\?/],
    [['--interval', '0'], 2, /--interval 0: expected seconds from 0\.1 to 3600/],
    [['--count', '0'], 2, /--count 0: expected an integer from 1 to 1000000/],
    [['--once', '--count', '2'], 2, /--once and --count exclude each other/],
    [['now'], 2, /'now' is no flag/],
    [['--redis-port', '1'], 1, /nothing answers at 127\.0\.0\.1:1 \(redis\): .*ECONNREFUSED/],
    [['--unix-socket', '/nowhere'], 1, /nothing answers at \/nowhere \(memcached\): .*ENOENT/],
  ] as const
  test.each(wrong)('%o', async (args, expected, message) => {
    for (const command of ['top', 'inspect']) {
      const { code, stdout, stderr }: Ended = await run([command, ...args])
      expect([code, stdout]).toEqual([expected, ''])
      expect(stderr).toMatch(message)
      expect(stderr.split('\n')).toHaveLength(2)
    }
  })

  test('a door that speaks another protocol', async () => {
    const { code, stderr } = await run(['top', '--once', `--redis-port=${ports['memcached']}`])
    expect(code).toBe(1)
    expect(stderr).toMatch(/^heddle top: 127\.0\.0\.1:\d+ \(redis\) .+\n$/)
  })

  test('help', async () => {
    for (const command of ['top', 'inspect']) {
      const { code, stdout } = await run([command, '--help'])
      expect(code).toBe(0)
      for (const flag of ['--http-port', '--password-file', '--interval', '--json']) {
        expect(stdout).toContain(flag)
      }
    }
  })
})
