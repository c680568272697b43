/**
 * Servers for tests: with the line protocol (line-protocol.ts), each on a port of its own, closed
 * with their engine after the test; and clients that check every byte they get.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach } from 'vitest'
import { resolveServeOptions, type ServeOptions } from '../../src/server/options.ts'
import { ServerThread } from '../../src/server/server-thread.ts'
import { createEngine, type Engine } from '../../src/index.ts'

export const HAND_OFFS = ['frames', 'sockets'] as const
export const LINE_PROTOCOL: string = new URL('./line-protocol.ts', import.meta.url).href

export interface TestServer {
  readonly thread: ServerThread
  readonly port: number
  /** 0: none. */
  readonly tlsPort: number
  connect(): Promise<Socket>
  close(): Promise<void>
}

const closers: (() => Promise<void>)[] = []
let engines = 0

afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

export function testEngine(): Engine {
  return createEngine({ name: `server-${++engines}`, memory: '4mb' })
}

/** A server of the line protocol with two workers, unless the options say otherwise. */
export async function openServer(options: ServeOptions = {}): Promise<TestServer> {
  const engine = testEngine()
  const resolved = resolveServeOptions({
    memcachedPort: 0,
    workers: 2,
    protocolModule: LINE_PROTOCOL,
    ...options,
  })
  const thread = new ServerThread({ engine: engine.handle, options: resolved })
  const { addresses, tlsAddresses } = await thread.start()
  const portOf = (address = '') => Number(/\d+$/.exec(address)?.[0] ?? 0)
  const port = portOf(addresses[0])
  const tlsPort = portOf(tlsAddresses.memcached[0])
  const sockets: Socket[] = []
  const close = async () => {
    for (const socket of sockets) socket.destroy()
    await thread.close()
    engine.close()
  }
  closers.push(close)
  const open = async () => {
    const where = options.unixSocket && port === 0 ? { path: options.unixSocket } : { port }
    const socket = connect({ ...where, allowHalfOpen: true })
    sockets.push(socket)
    await once(socket, 'connect')
    socket.on('error', () => {}) // a reset shows as 'close'
    return socket
  }
  return { thread, port, tlsPort, connect: open, close }
}

/** A client's socket, whose resets show as 'close'. */
export async function connectTo(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  return socket.on('error', () => {})
}

/** Everything that comes until the other side ends or `until` is seen. */
export async function answerOf(socket: Socket, until?: string): Promise<string> {
  let text = ''
  const ended = new Promise((resolve) => socket.once('close', resolve))
  const chunks = (async () => {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      text += chunk
      if (until !== undefined && text.includes(until)) return
    }
    socket.end()
  })().catch(() => {})
  await Promise.race([chunks, ended])
  return text
}

/** Waits for a condition. */
export async function eventually(condition: () => boolean, ms = 20_000): Promise<boolean> {
  const until = performance.now() + ms
  while (performance.now() < until) {
    if (condition()) return true
    await sleep(10)
  }
  return condition()
}

/** Soon, on a machine that is busy with other things; what is compared with it would not end. */
export const SOON_MS = 15_000

/** A generator of numbers below `limit`, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): (limit: number) => number {
  let state = seed >>> 0
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit
  }
}
