/**
 * What a running server logs: start and stop, deaths and recoveries of workers, connections, wrong
 * credentials, reloads; in lines of one form; and nothing secret, whatever clients say.
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { killAll, type Running, start } from './cli-process.ts'
import { answerOf, connectTo, eventually, HAND_OFFS, openServer, SOON_MS } from './open-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'heddle-log-'))
afterEach(() => {
  vi.restoreAllMocks()
  killAll()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Line {
  readonly event: string
  readonly level: string
  readonly [field: string]: unknown
}

/** The lines of a process, as they come; each must be JSON. */
function linesOf({ child }: Running): { lines: Line[]; raw: () => string } {
  const lines: Line[] = []
  let [all, rest] = ['', '']
  child.stderr!.on('data', (chunk) => {
    all += chunk
    const parts = (rest + chunk).split('\n')
    rest = parts.pop()!
    lines.push(...parts.map((part) => JSON.parse(part) as Line))
  })
  return { lines, raw: () => all }
}

test('the start is told with all doors, the unix sockets too', async () => {
  const [memcached, redis] = [join(folder, 'm.sock'), join(folder, 'r.sock')]
  const doors = ['--unix-socket', memcached, '--redis-socket', redis, '--http-port', '0']
  const flags = [...doors, '-t', '1', '-m', '4', '--log-format', 'json']
  const { lines } = linesOf(await start(flags, {}, 'pipe'))
  expect(await has(lines, 'server.started')).toBe(true)
  const started = lines.find((line) => line.event === 'server.started')
  expect(started).toMatchObject({ unixSocket: memcached, redisSocket: redis })
  expect(started?.['http']).toMatch(/^127\.0\.0\.1:\d+$/)
})

const has = (lines: readonly Line[], event: string) =>
  eventually(() => lines.some((line) => line.event === event))

test.each(HAND_OFFS)('%s: a worker that dies, its successor, connections', async (handOff) => {
  const written: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const told = (event: string) =>
    written.filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line))
  const server = await openServer({ handOff, workers: 1, logLevel: 'debug', logFormat: 'json' })
  const client = await server.connect()
  await once(client.end('x'), 'close')
  expect(await eventually(() => told('connection.closed').length === 1)).toBe(true)
  const reset = await server.connect()
  reset.resetAndDestroy()
  expect(await eventually(() => told('connection.closed').length === 2)).toBe(true)
  await server.thread.workerAt(0)!.terminate()
  expect(await eventually(() => told('worker.recovered').length === 1)).toBe(true)
  await server.close()
  const comeAndGo = ['connection.opened', 'connection.closed']
  const events = ['server.started', ...comeAndGo, ...comeAndGo, 'worker.died', 'worker.recovered']
  events.push('server.stopping', 'server.stopped')
  expect(written.map((line) => JSON.parse(line).event)).toEqual(events)
  expect(told('server.started')[0]).toMatchObject({ workers: 1, handOff, pid: process.pid })
  expect(told('connection.opened')[0].address).toMatch(/^127\.0\.0\.1:\d+$/)
  const reasons = told('connection.closed').map(({ reason, level }) => [reason, level])
  expect(reasons).toEqual([
    ['normal', 'debug'],
    ['error', 'debug'],
  ])
  expect(told('worker.died')[0]).toMatchObject({ worker: 0, level: 'error' })
  expect(told('worker.recovered')[0].afterMs).toBeGreaterThanOrEqual(0)
})

test.each(HAND_OFFS)('%s: what a worker warns of is a line of the log', async (handOff) => {
  const written: string[] = []
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    written.push(String(text))
    return true
  })
  const server = await openServer({ handOff, workers: 1, logLevel: 'warn', logFormat: 'json' })
  const client = await server.connect()
  client.write('warn\n')
  expect(await eventually(() => written.length > 0)).toBe(true)
  const line = { event: 'server.warning', code: 'HEDDLE_TEST', why: 'told to warn' }
  expect(written.map((text) => JSON.parse(text))).toMatchObject([line])
})

test('in a program nothing is printed unless asked for', async () => {
  const write = vi.spyOn(process.stderr, 'write').mockImplementation(() => true)
  const server = await openServer({ workers: 1 })
  const client = await server.connect()
  client.destroy()
  await server.close()
  expect(write.mock.calls).toEqual([])
})

test('lines of one form, and no secret in them, whatever clients say', async () => {
  const file = join(folder, 'users')
  writeFileSync(file, 'ann:right-S3CRET\n')
  const doors = ['-p', '0', '--redis-port', '0', '--http-port', '0', '-t', '1', '-m', '8']
  const flags = [...doors, '--auth-file', file, '--log-format', 'json', '-vv']
  const running = await start(flags, {}, 'pipe')
  const { lines, raw } = linesOf(running)
  const portOf = (door: string) => Number(new RegExp(`${door}=\\S*?:(\\d+)`).exec(running.line)![1])
  const ask = async (door: string, words: string, answer: string) => {
    const socket = await connectTo(portOf(door))
    socket.write(words)
    await answerOf(socket, answer)
    socket.destroy()
  }
  await ask('redis', 'AUTH ann wrong-S3CRET\r\n', '-WRONGPASS')
  await ask('redis', 'AUTH S3CRET-as-name x\r\n', '-WRONGPASS')
  await ask('redis', 'AUTH ann right-S3CRET\r\nSET S3CRET-key S3CRET-value\r\n', '+OK\r\n+OK')
  await ask('memcached', 'set a 0 0 16\r\nann wrong-S3CRET\r\n', 'CLIENT_ERROR')
  await ask('memcached', 'set a 0 0 16\r\nann right-S3CRET\r\n', 'STORED')
  for (const words of ['ann:wrong-S3CRET', 'ann:right-S3CRET']) {
    const options = { port: portOf('http'), host: '127.0.0.1', auth: words, agent: false }
    const asked = get({ ...options, path: '/cache/S3CRET-key' })
    const [response] = await once(asked, 'response')
    await once(response.resume(), 'close')
    expect(response.statusCode).toBe(words.includes('right') ? 200 : 401)
  }
  expect(await has(lines, 'auth.failed')).toBe(true)
  writeFileSync(file, 'ann:right-S3CRET\nnonsense S3CRET without a colon\n')
  running.child.kill('SIGHUP')
  expect(await has(lines, 'reload.failed')).toBe(true)
  writeFileSync(file, 'ann:other-S3CRET\n')
  running.child.kill('SIGHUP')
  expect(await has(lines, 'reload.done')).toBe(true)
  expect((await running.end('SIGTERM')).code).toBe(0)
  expect(await has(lines, 'server.stopped')).toBe(true)
  expect(lines.filter(({ event }) => event === 'auth.failed').length).toBeGreaterThanOrEqual(3)
  expect(lines.find(({ event }) => event === 'server.signal')).toMatchObject({ signal: 'SIGTERM' })
  expect(raw()).not.toContain('S3CRET')
})

test('a reader of the log that stops reading stops nobody', async () => {
  const running = await start(['-p', '0', '-t', '1', '-m', '8', '-vv'], {}, 'pipe')
  running.child.stderr!.pause()
  for (let round = 0; round < 60; round++) {
    const sockets = await Promise.all(Array.from({ length: 40 }, () => connectTo(running.port)))
    sockets[0]!.write('mn\r\n')
    await answerOf(sockets[0]!, 'MN\r\n')
    for (const socket of sockets) socket.destroy()
  }
  expect((await running.end('SIGTERM')).ms).toBeLessThan(SOON_MS)
})

test('a failure to start is a line of the same form', async () => {
  const running = await start(['-p', '99999', '--log-format', 'json'], {}, 'pipe')
  const { lines } = linesOf(running)
  expect(await has(lines, 'server.failed')).toBe(true)
  expect(lines).toMatchObject([
    { level: 'error', why: expect.stringMatching(/^--memcached-port is/) },
  ])
})
