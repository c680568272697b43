/**
 * Clients that mean harm, at all doors at once: they write a byte at a time, reset in the middle of
 * anything, send what is too large, and leave halves behind. What they cost ends with them, nothing
 * of theirs is executed that was not whole, and others go on.
 */
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { answerOf, eventually, HAND_OFFS, randomFrom } from './open-server.ts'
import { openSecure, type SecureServer } from './secure-server.ts'

const MIB = 1024 * 1024
const DOORS = ['memcached', 'redis', 'http', 'memcached-tls', 'redis-tls', 'http-tls'] as const
/** A request of each protocol that stores under the key `whole`, and what it is answered. */
const REQUESTS = {
  memcached: ['set whole 0 0 5\r\nvalue\r\n', 'STORED\r\n'],
  redis: ['*3\r\n$3\r\nSET\r\n$5\r\nwhole\r\n$5\r\nvalue\r\n', '+OK\r\n'],
  http: [
    'PUT /cache/whole HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nvalue',
    '\r\n\r\n',
  ],
} as const

function requestOf(door: string): readonly [request: string, ending: string] {
  return REQUESTS[door.split('-')[0] as keyof typeof REQUESTS]
}

function open(server: SecureServer, door: string): Promise<Socket> {
  return door.endsWith('-tls') ? server.secure(door) : server.plain(door)
}

function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('a byte at a time, by many, is served like everybody', async () => {
    const server = await openSecure({ handOff })
    const ask = async (door: string) => {
      const [request, ending] = requestOf(door)
      const socket = await open(server, door)
      const answer = answerOf(socket, ending)
      for (const byte of request) {
        socket.write(byte)
        await sleep(1)
      }
      expect(await answer, door).toContain(ending)
      socket.destroy()
    }
    await Promise.all(DOORS.flatMap((door) => [1, 2, 3, 4].map(() => ask(door))))
    expect(await server.stat('curr_items')).toBe(1)
  })

  test('resets in the middle of handshakes and requests leave nothing', async () => {
    const server = await openSecure({ handOff })
    const random = randomFrom(20_261_121)
    const storm = async (count: number) => {
      const one = async () => {
        const door = DOORS[random(DOORS.length)]!
        const request = Buffer.from(requestOf(door)[0])
        // Of a port for TLS: the beginning of a handshake that never goes on.
        const hello = Buffer.concat([Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 252]), request])
        const bytes = door.endsWith('-tls') ? hello : request
        const socket = connect(server.ports[door]!, '127.0.0.1')
        const closed = new Promise((resolve) => socket.once('close', resolve))
        socket.on('error', () => {})
        socket.write(bytes.subarray(0, 1 + random(bytes.length - 1)))
        socket.once('connect', () => setTimeout(() => socket.resetAndDestroy(), random(4)))
        await closed
      }
      for (let n = 0; n < count; n += 50) await Promise.all(Array.from({ length: 50 }, one))
    }
    await storm(200)
    expect(await server.reaches('curr_connections', 1)).toBe(1)
    const before = { files: descriptors(), rss: process.memoryUsage().rss }
    await storm(1500)
    expect(await server.reaches('curr_connections', 1)).toBe(1)
    expect(await eventually(() => descriptors() <= before.files + 4)).toBe(true)
    expect(process.memoryUsage().rss - before.rss).toBeLessThan(60 * MIB)
    expect(await server.stat('curr_items')).toBe(0)
    for (const door of DOORS) {
      const [request, ending] = requestOf(door)
      const socket = await open(server, door)
      socket.write(request)
      expect(await answerOf(socket, ending), door).toContain(ending)
    }
  })

  test('noise at the doors of TLS is turned away, all of it', async () => {
    const server = await openSecure({ handOff })
    const random = randomFrom(5)
    const noise = async () => {
      const socket = await server.plain(`${DOORS[random(3)]}-tls`)
      const bytes = Buffer.from(Array.from({ length: 5 + random(3000) }, () => random(256)))
      if (random(2) === 0) Buffer.from([0x16, 3, random(5)]).copy(bytes) // like a handshake
      socket.end(bytes)
      await answerOf(socket)
    }
    for (let n = 0; n < 10; n++) await Promise.all(Array.from({ length: 20 }, noise))
    expect(await server.reaches('tls_handshake_failures', 200)).toBe(200)
    expect(await server.reaches('curr_connections', 1)).toBe(1)
    const socket = await server.secure('redis-tls')
    socket.write('PING\r\n')
    expect(await answerOf(socket, '\n')).toBe('+PONG\r\n')
  })

  test('who has shut down its side gets all its replies, by TLS as well', async () => {
    const server = await openSecure({ handOff })
    const value = 'x'.repeat(100_000)
    for (const door of ['memcached', 'memcached-tls']) {
      const socket = await open(server, door)
      let bytes = 0
      socket.on('data', (chunk: Buffer) => (bytes += chunk.length))
      socket.end(`set a 0 0 ${value.length}\r\n${value}\r\n${'get a\r\n'.repeat(50)}`)
      const whole =
        'STORED\r\n'.length + 50 * (value.length + 'VALUE a 0 100000\r\n\r\nEND\r\n'.length)
      expect(await eventually(() => bytes === whole), door).toBe(true)
    }
  })

  test('keys and lines that are too long are refused in the words of each door', async () => {
    const server = await openSecure({ handOff })
    const key = (length: number) => 'k'.repeat(length)
    const said: Record<string, string> = {}
    const ask = async (door: string, request: string, ending?: string) => {
      const socket = await open(server, door)
      socket.write(request)
      const answer = await answerOf(socket, ending)
      socket.destroy()
      return answer
    }
    for (const tls of ['', '-tls']) {
      said['memcached key'] = await ask(`memcached${tls}`, `get ${key(251)}\r\n`, '\n')
      said['memcached line'] = await ask(`memcached${tls}`, `set ${key(3000)}`)
      said['redis key'] = await ask(
        `redis${tls}`,
        `*2\r\n$3\r\nGET\r\n$70000\r\n${key(70_000)}\r\n`,
        '\n',
      )
      said['redis line'] = await ask(`redis${tls}`, key(70_000))
      said['redis bulk'] = await ask(`redis${tls}`, '*2\r\n$3\r\nGET\r\n$99999999999\r\n')
      const head = ' HTTP/1.1\r\nHost: localhost\r\n'
      said['http key'] = await ask(`http${tls}`, `GET /cache/${key(15_000)}${head}\r\n`, '\n')
      said['http head'] = await ask(`http${tls}`, `GET /${head}X: ${key(20_000)}\r\n\r\n`, '\n')
      const long = `Content-Length: ${1e12}\r\n\r\n`
      said['http body'] = await ask(`http${tls}`, `PUT /cache/a${head}${long}`, '\n')
      expect(said).toEqual({
        'memcached key': 'CLIENT_ERROR bad command line format\r\n',
        'memcached line': 'CLIENT_ERROR line too long\r\n',
        'redis key': expect.stringMatching(/^-ERR key is too long/),
        'redis line': '-ERR Protocol error: too big inline request\r\n',
        'redis bulk': '-ERR Protocol error: invalid bulk length\r\n',
        'http key': expect.stringMatching(/^HTTP\/1.1 (?:404|414) /),
        'http head': expect.stringMatching(/^HTTP\/1.1 431 /),
        'http body': expect.stringMatching(/^HTTP\/1.1 413 /),
      })
    }
    expect(await server.stat('curr_items')).toBe(0)
  })
})
