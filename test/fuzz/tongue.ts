/** What the attacks say: the few words of a protocol that they need, and what is answered. */
import { ask, encode as frame, OP, store } from '../protocols/memcached/frames.ts'
import { encode } from '../protocols/redis/resp.ts'

export interface Tongue {
  readonly name: 'text' | 'binary' | 'redis'
  set(key: string, value: string): string
  get(key: string): string
  readonly stored: string
  /** The answer to a `get` that finds it. */
  found(key: string, value: string): string
  /** An answer without what nobody can foresee. */
  plain(reply: Buffer): string
  /** A command that is answered at once, and its answer. */
  readonly ping: string
  readonly pong: string
  /** A value of which so much is announced and nothing sent. */
  announced(key: string, bytes: number): string
  /** Announced lengths that lie, and how the answer to one that is too large begins. */
  readonly lies: readonly string[]
  readonly tooLarge: string
}

const TEXT: Tongue = {
  name: 'text',
  set: (key, value) => `set ${key} 0 0 ${value.length}\r\n${value}\r\n`,
  get: (key) => `get ${key}\r\n`,
  stored: 'STORED\r\n',
  found: (key, value) => `VALUE ${key} 0 ${value.length}\r\n${value}\r\nEND\r\n`,
  plain: (reply) => reply.toString('latin1'),
  ping: 'mn\r\n',
  pong: 'MN\r\n',
  announced: (key, bytes) => `set ${key} 0 0 ${bytes}\r\n`,
  lies: ['set lie 0 0 2147483645\r\nshort', 'set lie 0 0 3\r\nlonger than that\r\nmn\r\n'],
  tooLarge: 'SERVER_ERROR object too ',
}

const REDIS: Tongue = {
  name: 'redis',
  set: (key, value) => encode(['SET', key, value]).toString('latin1'),
  get: (key) => encode(['GET', key]).toString('latin1'),
  stored: '+OK\r\n',
  found: (_, value) => `$${value.length}\r\n${value}\r\n`,
  plain: (reply) => reply.toString('latin1'),
  ping: 'PING\r\n',
  pong: '+PONG\r\n',
  announced: (key, bytes) => `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${bytes}\r\n`,
  lies: [
    '*1048576\r\n$4\r\nMGET\r\n$1\r\na\r\n',
    '*2147483647\r\n$536870912\r\nshort',
    '*3\r\n$3\r\nSET\r\n$1\r\na\r\n$3\r\nlonger than that\r\nPING\r\n',
    `*3\r\n$3\r\nSET\r\n${'9'.repeat(60_000)}`,
    'x'.repeat(60_000),
  ],
  // Passed over as it comes: half of it is no request.
  tooLarge: '',
}

function bytesOf(request: Parameters<typeof frame>[0]): string {
  return frame(request, 0, 0n).toString('latin1')
}

const BINARY: Tongue = {
  name: 'binary',
  set: (key, value) => bytesOf(store(OP.set, key, value)),
  get: (key) => bytesOf(ask(OP.get, key)),
  stored: `\x81\x01${'\0'.repeat(22)}`,
  found: (_, value) => {
    return `\x81\0\0\0\x04\0\0\0${word(value.length + 4)}${'\0'.repeat(16)}${value}`
  },
  // Without the CAS.
  plain: (reply) => {
    const bytes = Buffer.from(reply)
    for (let at = 0; at + 24 <= bytes.length; at += 24 + bytes.readUInt32BE(at + 8)) {
      bytes.fill(0, at + 16, at + 24)
    }
    return bytes.toString('latin1')
  },
  ping: bytesOf(ask(OP.noop)),
  pong: `\x81\x0a${'\0'.repeat(22)}`,
  announced: (key, bytes) =>
    bytesOf(
      ask(OP.set, key, { extras: Buffer.alloc(8), lies: { bodyBytes: 8 + key.length + bytes } }),
    ),
  lies: [
    bytesOf(ask(OP.set, 'lie', { extras: Buffer.alloc(8), lies: { bodyBytes: 2 ** 32 - 1 } })),
    bytesOf(ask(OP.get, 'lie', { lies: { keyBytes: 65_535 } })),
    bytesOf(ask(OP.noop, '', { lies: { extraBytes: 255 } })),
    bytesOf(ask(0x55, '', { lies: { bodyBytes: 2 ** 31 } })),
  ],
  tooLarge: '\x81\x01\0\0\0\0\0\x03',
}

function word(number: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(number)
  return bytes.toString('latin1')
}

export const TONGUES: readonly Tongue[] = [TEXT, BINARY, REDIS]
