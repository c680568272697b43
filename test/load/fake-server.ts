/**
 * A memcached of the test's own, in the test's process: it answers gets with right values and
 * sets with STORED, and can be told to lie about a key or to say nothing for a while.
 */
import { createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import type { Target } from '../../src/load/connection.ts'
import { KEY_BYTES, KEY_PREFIX, writeKey, writeValue } from '../../src/load/workload.ts'

export type Reply = (key: string, id: number) => string

export interface FakeServer {
  readonly target: Target
  /** Holds all replies back for so many milliseconds. */
  stall(ms: number): void
  /** Closes all connections; new ones are taken. */
  drop(): void
  close(): Promise<void>
}

const SIZE = 32

/** The reply of a server that has this key. */
export function rightReply(key: string, id: number): string {
  return `VALUE ${key} 0 ${SIZE}\r\n${valueTextOf(id)}\r\nEND\r\n`
}

export function valueTextOf(id: number, size = SIZE): string {
  const value = Buffer.alloc(size)
  writeValue(value, 0, id, size, 0)
  return value.toString('latin1')
}

export function keyOf(id: number): string {
  const key = Buffer.alloc(KEY_BYTES)
  writeKey(key, 0, id)
  return key.toString('latin1')
}

/** On a free port, or on a socket of this path. */
export async function startFakeServer(
  getReply: Reply = rightReply,
  path?: string,
): Promise<FakeServer> {
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []
  let isStalled = false
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => sockets.delete(socket))
    let pending = ''
    socket.on('data', (bytes) => {
      const { replies, rest } = answer(pending + bytes.toString('latin1'), getReply)
      pending = rest
      const send = () => socket.write(Buffer.from(replies, 'latin1'))
      if (isStalled) held.push(send)
      else send()
    })
  })
  await new Promise<void>((resolve) => {
    if (path === undefined) server.listen(0, '127.0.0.1', resolve)
    else server.listen(path, resolve)
  })
  const port = path === undefined ? (server.address() as AddressInfo).port : 0
  const target: Target = { protocol: 'memcached', host: '127.0.0.1', port }
  return {
    target: path === undefined ? target : { ...target, path },
    stall(ms) {
      isStalled = true
      setTimeout(() => {
        isStalled = false
        for (const send of held.splice(0)) send()
      }, ms)
    },
    drop() {
      for (const socket of sockets) socket.destroy()
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(text: string, getReply: Reply): { replies: string; rest: string } {
  let replies = ''
  let at = 0
  for (;;) {
    const end = text.indexOf('\r\n', at)
    if (end === -1) break
    const words = text.slice(at, end).split(' ')
    const key = words[1] as string
    let next = end + 2
    if (words[0] === 'set') {
      next += Number(words[4]) + 2
      if (next > text.length) break
      replies += 'STORED\r\n'
    } else {
      replies += getReply(key, Number(key.slice(KEY_PREFIX.length)))
    }
    at = next
  }
  return { replies, rest: text.slice(at) }
}
