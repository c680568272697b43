/** Connections that are opened and then say nothing; and handshakes, one after the other. */
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import type { Target } from '../../src/load/connection.ts'

/** Opened together. */
const BATCH = 100
const TIMEOUT_MS = 20_000

export interface Crowd {
  readonly size: number
  leave(): Promise<void>
}

/** @throws when one is refused */
export async function gather(target: Target, size: number): Promise<Crowd> {
  const sockets: Socket[] = []
  for (let n = 0; n < size; n += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, size - n) }, () => open(target))
    sockets.push(...(await Promise.all(batch)))
  }
  const gone = sockets.filter((socket) => socket.destroyed).length
  if (gone > 0) throw new Error(`${gone} of ${size} idle connections were closed`)
  return {
    size,
    leave: async () => {
      const closed = sockets.map((socket) => new Promise((done) => socket.once('close', done)))
      for (const socket of sockets) socket.destroy()
      await Promise.all(closed)
    },
  }
}

/** So many handshakes, four at a time; with a session that was had before, or in full. */
export async function shakeHands(target: Target, count: number, resumes: boolean): Promise<void> {
  const session = resumes ? await sessionOf(target) : undefined
  let left = count
  const one = async () => {
    while (left-- > 0) {
      const socket = (await open(target, session)) as TLSSocket
      if (socket.isSessionReused() !== resumes) throw new Error('a session was not as expected')
      socket.destroy()
    }
  }
  await Promise.all([one(), one(), one(), one()])
}

async function sessionOf(target: Target): Promise<Buffer> {
  const socket = await open(target)
  const session = new Promise<Buffer>((resolve) => socket.once('session', resolve))
  socket.write('mn\r\n')
  const found = await session
  socket.destroy()
  return found
}

function open({ host, port, tls }: Target, session?: Buffer): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const more = session === undefined ? {} : { session }
    const ca = tls?.ca === undefined ? {} : { ca: tls.ca }
    const socket = tls ? connectTls({ host, port, ...ca, ...more }) : connect(port, host)
    const timer = setTimeout(() => socket.destroy(new Error('timed out')), TIMEOUT_MS)
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer)
      socket.resume()
      resolve(socket)
    })
    socket.on('error', reject)
  })
}
