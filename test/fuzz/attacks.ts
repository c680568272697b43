/** The attacks of hostile.ts, each against a server's port; what they cost is measured there. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

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
  run(port: number, size: Size): Promise<string>
}

const VALUE = Buffer.alloc(200_000, 'slow value ')
const KIB = 1024

async function open(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  socket.on('error', () => {}) // resets are a part of it
  await once(socket, 'connect')
  return socket
}

async function storeValue(port: number): Promise<void> {
  const socket = await open(port)
  socket.write(`set slow 0 0 ${VALUE.length}\r\n`)
  socket.end(Buffer.concat([VALUE, Buffer.from('\r\n')]))
  const reply = await everything(socket)
  if (reply.toString() !== 'STORED\r\n') throw new Error(`set: ${reply.toString()}`)
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
  async run(port, { clients }) {
    await storeValue(port)
    const times = 40
    const answer = `VALUE slow 0 ${VALUE.length}\r\n`.length + VALUE.length + '\r\nEND\r\n'.length
    const read = await all(clients, async () => {
      const socket = await open(port)
      socket.pause()
      socket.write('get slow\r\n'.repeat(times))
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
  async run(port, { clients }) {
    const expected = 'STORED\r\nVALUE w 7 5\r\nhello\r\nEND\r\nMN\r\n'
    const replies = await all(clients, async (n) => {
      const socket = await open(port)
      socket.setNoDelay(true)
      const key = `w${n}`
      for (const byte of `set ${key} 7 0 5\r\nhello\r\nget ${key}\r\nmn\r\n`) {
        socket.write(byte)
        await sleep(3)
      }
      socket.end()
      return (await everything(socket)).toString().replace(key, 'w')
    })
    const wrong = replies.find((reply) => reply !== expected)
    if (wrong !== undefined) throw new Error(`a slow writer is answered ${JSON.stringify(wrong)}`)
    return `${clients} clients`
  },
}

/** Half-closes after a command, in the middle of one, in the middle of a value. */
const HALF_CLOSED: Attack = {
  name: 'half-closed',
  async run(port, { clients }) {
    const cases: readonly [string, string][] = [
      ['mn\r\n', 'MN\r\n'],
      ['mn\r\nget ', 'MN\r\n'],
      ['mn\r\nset half 0 0 100\r\nhalf a val', 'MN\r\n'],
      [`mn\r\nset half 0 0 2000000000\r\n${'x'.repeat(5000)}`, 'MN\r\nSERVER_ERROR object too '],
    ]
    await all(clients, async (n) => {
      const [request, expected] = cases[n % cases.length]!
      const socket = await open(port)
      socket.end(request)
      const reply = (await everything(socket)).toString()
      if (!reply.startsWith(expected)) throw new Error(`half-closed: ${JSON.stringify(reply)}`)
    })
    return `${clients} clients`
  },
}

/** Resets in the middle of a value, and of its replies. */
const RESETS: Attack = {
  name: 'resets in a value',
  async run(port, { clients }) {
    await storeValue(port)
    await all(clients, async (n) => {
      const socket = await open(port)
      if (n % 2 === 0) socket.write(`set reset 0 0 100000\r\n${'x'.repeat(50_000)}`)
      else socket.write('get slow slow slow slow\r\n'.repeat(10))
      await sleep(n % 20)
      socket.resetAndDestroy()
    })
    return `${clients} clients`
  },
}

/** Opened and dropped, with nothing said, with half a command, with a command. */
const CONNECTIONS: Attack = {
  name: 'connections opened and dropped',
  async run(port, { connections }) {
    const step = 100
    for (let done = 0; done < connections; done += step) {
      await all(step, async (n) => {
        const socket = await open(port)
        if (n % 3 !== 0)
          socket.write(n % 3 === 1 ? 'set dropped 0 0 1000\r\nxx' : 'get dropped\r\n')
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
  async run(port, { unreadBytes }) {
    await storeValue(port)
    const socket = await open(port)
    socket.pause()
    const block = Buffer.from('get slow\r\n'.repeat(6_400))
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
  async run(port, { clients }) {
    const sockets = await all(4 * clients, async (n) => {
      const socket = await open(port)
      socket.resume()
      const lies = [
        'set lie 0 0 1048576\r\nshort',
        'ms lie 1048576 q\r\nshort',
        'set lie 0 0 2147483645\r\nshort',
        'set lie 0 0 3\r\nlonger than that\r\nmn\r\n',
      ]
      socket.write(lies[n % lies.length]!)
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
