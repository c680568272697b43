/** The attacks of hostile.ts, each against a server's port; what they cost is measured there. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Tongue } from './tongue.ts'

/** How large an attack is. */
export interface Size {
  readonly clients: number
  readonly connections: number
  /** Bytes of gets that are sent without reading. */
  readonly unreadBytes: number
}

export interface Sizes {
  readonly warm: Size
  readonly full: Size
}

export interface Attack {
  readonly name: string
  /** @returns what was done */
  run(port: number, size: Size, tongue: Tongue): Promise<string>
}

const VALUE = 'slow value '.repeat(18_000)
const KIB = 1024
/** More than any item may have, less than what ends a Redis connection. */
const MOST_ANNOUNCED = 500_000_000

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {}) // resets are a part of it
  await once(socket, 'connect')
  return socket
}

async function storeValue(port: number, tongue: Tongue): Promise<void> {
  const socket = await open(port)
  socket.end(tongue.set('slow', VALUE), 'latin1')
  const reply = tongue.plain(await everything(socket))
  if (reply !== tongue.stored) throw new Error(`set: ${JSON.stringify(reply)}`)
}

async function everything(socket: Socket): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of socket) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function all<Of>(count: number, make: (n: number) => Promise<Of>): Promise<Of[]> {
  return Promise.all(Array.from({ length: count }, (_, n) => make(n)))
}

/** Reads a little now and then; everything must arrive in the end. */
const SLOW_READERS: Attack = {
  name: 'slow readers',
  async run(port, { clients }, tongue) {
    await storeValue(port, tongue)
    const times = 40
    const answer = tongue.found('slow', VALUE).length
    const read = await all(clients, async () => {
      const socket = await open(port)
      socket.pause()
      socket.write(tongue.get('slow').repeat(times), 'latin1')
      let bytes = 0
      for (let n = 0; n < 30; n++) {
        await sleep(20)
        bytes +=
          (socket.read(Math.min(2 * KIB, socket.readableLength)) as Buffer | null)?.length ?? 0
      }
      socket.end()
      return bytes + (await everything(socket)).length
    })
    const wrong = read.find((bytes) => bytes !== times * answer)
    if (wrong !== undefined)
      throw new Error(`a slow reader got ${wrong} of ${times * answer} bytes`)
    return `${clients} clients, ${times * answer} bytes each`
  },
}

/** Sends a byte at a time. */
const SLOW_WRITERS: Attack = {
  name: 'slow writers',
  async run(port, { clients }, tongue) {
    const replies = await all(clients, async (n) => {
      const socket = await open(port)
      socket.setNoDelay(true)
      const key = `w${n}`
      for (const byte of tongue.set(key, 'hello') + tongue.get(key) + tongue.ping) {
        socket.write(byte, 'latin1')
        await sleep(3)
      }
      socket.end()
      const expected = tongue.stored + tongue.found(key, 'hello') + tongue.pong
      const reply = tongue.plain(await everything(socket))
      return reply === expected ? undefined : reply
    })
    const wrong = replies.find((reply) => reply !== undefined)
    if (wrong !== undefined) throw new Error(`a slow writer is answered ${JSON.stringify(wrong)}`)
    return `${clients} clients`
  },
}

/** Half-closes after a command, in the middle of one, in the middle of a value. */
const HALF_CLOSED: Attack = {
  name: 'half-closed',
  async run(port, { clients }, tongue) {
    const { ping, pong, tooLarge } = tongue
    const cases: readonly [string, string][] = [
      [ping, pong],
      [ping + tongue.get('half').slice(0, 4), pong],
      [`${ping}${tongue.announced('half', 100)}half a val`, pong],
      [ping + tongue.announced('half', MOST_ANNOUNCED) + 'x'.repeat(5000), pong + tooLarge],
    ]
    await all(clients, async (n) => {
      const [request, expected] = cases[n % cases.length]!
      const socket = await open(port)
      socket.end(request, 'latin1')
      const reply = tongue.plain(await everything(socket))
      if (!reply.startsWith(expected)) throw new Error(`half-closed: ${JSON.stringify(reply)}`)
    })
    return `${clients} clients`
  },
}

/** Resets in the middle of a value, and of its replies. */
const RESETS: Attack = {
  name: 'resets in a value',
  async run(port, { clients }, tongue) {
    await storeValue(port, tongue)
    await all(clients, async (n) => {
      const socket = await open(port)
      if (n % 2 === 0)
        socket.write(tongue.announced('reset', 100_000) + 'x'.repeat(50_000), 'latin1')
      else socket.write(tongue.get('slow').repeat(40), 'latin1')
      await sleep(n % 20)
      socket.resetAndDestroy()
    })
    return `${clients} clients`
  },
}

/** Opened and dropped, with nothing said, with half a command, with a command. */
const CONNECTIONS: Attack = {
  name: 'connections opened and dropped',
  async run(port, { connections }, tongue) {
    const step = 100
    for (let done = 0; done < connections; done += step) {
      await all(step, async (n) => {
        const socket = await open(port)
        const half = `${tongue.announced('dropped', 1000)}xx`
        if (n % 3 !== 0) socket.write(n % 3 === 1 ? half : tongue.get('dropped'), 'latin1')
        if (n % 2 === 0) socket.resetAndDestroy()
        else socket.destroy()
      })
    }
    return `${connections} connections`
  },
}

/** Pipelined gets without end, and nothing is read: the server must stop reading. */
const UNREAD: Attack = {
  name: 'gets without reading',
  async run(port, { unreadBytes }, tongue) {
    await storeValue(port, tongue)
    const socket = await open(port)
    socket.pause()
    const get = tongue.get('slow')
    const block = Buffer.from(get.repeat(Math.ceil(64_000 / get.length)), 'latin1')
    let drains = 0
    socket.on('drain', () => drains++)
    let written = 0
    for (let stuck = 0; written < unreadBytes && stuck < 10; ) {
      const before = drains
      const isTaken = socket.write(block)
      written += block.length
      for (let n = 0; !isTaken && drains === before && n < 5; n++) await sleep(10)
      stuck = isTaken || drains > before ? 0 : stuck + 1
    }
    const taken = socket.bytesWritten - socket.writableLength
    socket.destroy()
    const most = 32 * KIB * KIB
    if (taken > most)
      throw new Error(`${taken} bytes of gets were taken of a client that reads nothing`)
    return `${taken} of up to ${unreadBytes} bytes were taken`
  },
}

/** Announces much and sends little, or more than it announced. */
const LIES: Attack = {
  name: 'lengths that lie',
  async run(port, { clients }, tongue) {
    const sockets = await all(4 * clients, async (n) => {
      const socket = await open(port)
      socket.resume()
      const lies = [`${tongue.announced('lie', 1_048_000)}short`, ...tongue.lies]
      socket.write(lies[n % lies.length]!, 'latin1')
      return socket
    })
    await sleep(500)
    for (const socket of sockets) socket.destroy()
    return `${sockets.length} clients`
  },
}

export const ATTACKS: readonly Attack[] = [
  SLOW_READERS,
  SLOW_WRITERS,
  HALF_CLOSED,
  RESETS,
  CONNECTIONS,
  UNREAD,
  LIES,
]

/** First with as many clients as afterwards: what is freed stays with the process for the next. */
export const SHORT: Sizes = {
  warm: { clients: 20, connections: 200, unreadBytes: 8 * KIB * KIB },
  full: { clients: 20, connections: 1000, unreadBytes: 64 * KIB * KIB },
}
export const LONG: Sizes = {
  warm: { clients: 100, connections: 500, unreadBytes: 8 * KIB * KIB },
  full: { clients: 100, connections: 10_000, unreadBytes: KIB * KIB * KIB },
}
