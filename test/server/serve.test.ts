/**
 * `serve(engine, options)` in a user's process: what it returns, what it refuses, one engine inside
 * and outside, the acceptor in a thread of its own, unix sockets, and how it closes.
 */
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { createEngine, type Engine, type HeddleError } from '../../src/index.ts'
import { AcceptorThread } from '../../src/server/accept-thread.ts'
import { resolveServeOptions, type ServeOptions } from '../../src/server/options.ts'
import { serve, type Server } from '../../src/server/serve.ts'
import {
  answerOf,
  eventually,
  HAND_OFFS,
  LINE_PROTOCOL,
  openServer,
  SOON_MS,
} from './open-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'heddle-serve-'))
const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function engineNamed(name: string): Engine {
  const engine = createEngine({ name, memory: '4mb' })
  closers.push(() => engine.close())
  return engine
}

async function served(engine: Engine, options: ServeOptions): Promise<Server> {
  const server = await serve(engine, { memcachedPort: 0, workers: 1, ...options })
  closers.push(() => server.close())
  return server
}

function portOf(address: string | undefined): number {
  return Number(/\d+$/.exec(address ?? '')?.[0])
}

async function refusal(attempt: Promise<unknown>): Promise<HeddleError> {
  return attempt.then(
    () => Promise.reject(new Error('it was not refused')),
    (error) => error,
  )
}

describe.each(HAND_OFFS)('%s', (handOff) => {
  test.each(['here', 'worker'] as const)('the engine inside and outside (%s)', async (acceptor) => {
    const engine = engineNamed(`inside ${handOff} ${acceptor}`)
    const server = await served(engine, { handOff, acceptor })
    expect(server).toMatchObject({ handOff, workers: 1, unixSocket: undefined })
    engine.set('inside', 'from the process')
    const socket = connect(portOf(server.addresses[0]), '127.0.0.1')
    socket.write('set outside 0 0 11\r\nfrom beyond\r\nget inside\r\nquit\r\n')
    expect(await answerOf(socket)).toBe(
      'STORED\r\nVALUE inside 0 16\r\nfrom the process\r\nEND\r\n',
    )
    expect(Buffer.from(engine.get('outside') as Uint8Array).toString()).toBe('from beyond')
    await server.close()
    expect(engine.has('outside')).toBe(true)
    await server.closed
  })

  test('closing answers what was read, and ends clients that stay', async () => {
    const server = await openServer({ handOff })
    const slow = await server.connect()
    const idle = await server.connect()
    slow.write('big 100000 50\necho last\n')
    const answer = answerOf(slow)
    const idleAnswer = answerOf(idle)
    expect(await eventually(() => slow.bytesRead > 0)).toBe(true) // both lines were read
    const startedAt = performance.now()
    await server.thread.close()
    expect(performance.now() - startedAt).toBeLessThan(SOON_MS)
    expect((await answer).endsWith('x\nlast\n')).toBe(true)
    expect(await idleAnswer).toBe('')
  })

  test('closing does not wait for a client that never reads', async () => {
    const server = await openServer({ handOff })
    const socket = await server.connect()
    socket.pause()
    socket.write('big 100000 1000\n')
    await sleep(200)
    const startedAt = performance.now()
    await server.thread.close()
    expect(performance.now() - startedAt).toBeLessThan(SOON_MS)
  })

  test('a unix socket alone, whatever the hand-off', async () => {
    const path = join(folder, `${handOff}.sock`)
    const server = await openServer({ handOff, unixSocket: path, memcachedPort: undefined })
    const socket = connect(path)
    socket.write('echo by path\nbig 100000 20\nquit\n')
    const big = Array.from({ length: 20 }, (_, n) => `${n} ${'x'.repeat(100_000)}\n`).join('')
    expect(server.port).toBe(0) // with a unix socket alone there is no port
    expect((await answerOf(socket)) === `by path\n${big}`).toBe(true)
    await server.thread.close()
    expect(existsSync(path)).toBe(false)
  })

  test('port and unix socket at once', async () => {
    const path = join(folder, `both-${handOff}.sock`)
    const server = await openServer({ handOff, unixSocket: path, memcachedPort: 0 })
    const byPath = connect(path)
    const byPort = connect(server.port, '127.0.0.1')
    byPath.write('echo path\nquit\n')
    byPort.write('echo port\nquit\n')
    expect([await answerOf(byPath), await answerOf(byPort)]).toEqual(['path\n', 'port\n'])
  })

  test('a port in use is one clear error, and nothing stays behind', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const engine = engineNamed(`port in use ${handOff}`)
    for (const acceptor of ['here', 'worker'] as const) {
      const error = await refusal(serve(engine, { memcachedPort: port, handOff, acceptor }))
      expect(error).toMatchObject({ code: 'HEDDLE_BAD_OPTION', field: 'memcachedPort' })
      expect(error.message).toContain(`another program listens on 127.0.0.1:${port}`)
    }
    other.close()
    expect(await eventually(() => engine.stats().threads === 1)).toBe(true)
  })
})

test('a socket file that nobody listens on is replaced, any other file is not', async () => {
  const path = join(folder, 'left.sock')
  const engine = engineNamed('left')
  writeFileSync(path, 'not a socket')
  const error = await refusal(serve(engine, { unixSocket: path }))
  expect(error).toMatchObject({ code: 'HEDDLE_BAD_OPTION', field: 'unixSocket' })
  rmSync(path)
  const first = await served(engine, { unixSocket: path })
  const taken = await refusal(serve(engine, { unixSocket: path }))
  expect(taken.message).toContain('another program uses it')
  await first.close()
})

test('an address that cannot be had says why', async () => {
  const engine = engineNamed('nowhere')
  const lost = join(folder, 'lost')
  const noFolder = await refusal(serve(engine, { unixSocket: join(lost, 'a.sock'), workers: 1 }))
  expect(noFolder.message).toMatch(new RegExp(`^unixSocket is .*: there is no folder ${lost}$`))
  const options = { memcachedPort: 0, host: 'no-such-name.invalid', insecure: true, workers: 1 }
  const noName = await refusal(serve(engine, options))
  expect(noName.message).toMatch(/^host is "no-such-name.invalid": it is neither an address nor a/)
})

test('an acceptor thread that dies is replaced on the same port', async () => {
  const engine = engineNamed('acceptor dies')
  const options = resolveServeOptions({
    memcachedPort: 0,
    workers: 1,
    acceptor: 'worker',
    protocolModule: LINE_PROTOCOL,
  })
  const acceptor = new AcceptorThread({ engine: engine.handle, options })
  closers.push(() => acceptor.close())
  const { addresses } = await acceptor.start()
  await acceptor.thread?.terminate()
  const ask = () => {
    const socket = connect(portOf(addresses[0]), '127.0.0.1').on('error', () => {})
    socket.write('echo back again\nquit\n')
    return answerOf(socket)
  }
  await expect.poll(ask).toBe('back again\n')
})

/** Asks a server so often, one after the other, and says when that is done. */
const ASKER = `
  const { connect } = require('node:net')
  const { parentPort, workerData } = require('node:worker_threads')
  const { port, done } = workerData
  const socket = connect(port, '127.0.0.1')
  let left = 100
  parentPort.on('message', () => {
    socket.on('data', () => {
      if (--left > 0) return socket.write('version\\r\\n')
      Atomics.store(done, 0, 1)
      Atomics.notify(done, 0)
    })
    socket.write('version\\r\\n')
  })
  socket.on('connect', () => parentPort.postMessage('connected'))
`

test('with an acceptor of its own the server answers while the application is busy', async () => {
  const engine = engineNamed('busy')
  const server = await served(engine, { handOff: 'frames', acceptor: 'worker' })
  const port = portOf(server.addresses[0])
  const done = new Int32Array(new SharedArrayBuffer(4))
  const asker = new Worker(ASKER, { eval: true, workerData: { port, done } })
  closers.push(() => asker.terminate())
  await once(asker, 'message')
  asker.postMessage('go')
  // This thread does nothing else until all are answered.
  Atomics.wait(done, 0, 0, 60_000)
  expect(done[0]).toBe(1)
})

test('a client may end the server where that is allowed', async () => {
  const engine = engineNamed('shutdown')
  const server = await served(engine, { enableShutdown: true })
  const socket = connect(portOf(server.addresses[0]), '127.0.0.1').on('error', () => {})
  socket.write('shutdown\r\n')
  socket.resume()
  await server.closed
  expect(await eventually(() => engine.stats().threads === 1)).toBe(true)
})

test('an engine without rows for the workers is refused, and goes on', async () => {
  const engine = createEngine({ name: 'few threads', memory: '2mb', maxThreads: 2 })
  closers.push(() => engine.close())
  const error = await refusal(serve(engine, { memcachedPort: 0, workers: 3 }))
  expect(error.message).toMatch(/threads/)
  expect(await eventually(() => engine.stats().threads === 1)).toBe(true)
  engine.set('still', 'here')
})

test('a closed engine and things that are none are refused', async () => {
  const engine = createEngine({ name: 'closed', memory: '2mb' })
  engine.close()
  expect(await refusal(serve(engine))).toMatchObject({ code: 'HEDDLE_CLOSED' })
  expect(await refusal(serve({} as Engine))).toMatchObject({ code: 'HEDDLE_BAD_TYPE' })
})
