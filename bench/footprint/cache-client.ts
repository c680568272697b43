/**
 * A client that replays a trace cache aside through one socket: it asks for some keys at once, then
 * stores those that were absent, all in the order of the trace. Every value that comes back is
 * checked for its length and its beginning.
 *
 * memcached's text protocol: `get` of several keys, `set ... noreply`. RESP: MGET, then a SET each.
 */
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import type { Target } from '../../src/load/connection.ts'

const LARGEST_VALUE = 1 << 14
const FILLER = Buffer.alloc(LARGEST_VALUE, '.')
const LINE_END = '\r\n'

/** A part of what is read: how many bytes it was, or that there is more to come. */
type Read<T> = { readonly value: T; readonly end: number } | undefined

export class CacheClient {
  readonly #socket: Socket
  readonly #isRedis: boolean
  #rest: Buffer = Buffer.alloc(0)
  #wake: (() => void) | undefined
  #failure: Error | undefined
  /** Replies to SET that are still to come. */
  #owed = 0

  private constructor(socket: Socket, isRedis: boolean) {
    this.#socket = socket
    this.#isRedis = isRedis
    socket.setNoDelay(true)
    const fail = (error: Error) => {
      this.#failure ??= error
      this.#wake?.()
    }
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('the server closed the connection')))
    socket.on('data', (bytes) => {
      this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
      this.#wake?.()
    })
  }

  static open({ host, port, protocol }: Target): Promise<CacheClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new CacheClient(socket, protocol === 'redis')))
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  /**
   * Asks for different keys.
   * @param sizes of their values, in bytes
   * @returns for each whether it was there
   */
  async get(keys: readonly string[], sizes: readonly number[]): Promise<boolean[]> {
    if (this.#isRedis) this.#socket.write(command(['MGET', ...keys]))
    else this.#socket.write(`get ${keys.join(' ')}${LINE_END}`)
    for (; this.#owed > 0; this.#owed--) await this.#until((bytes) => readOk(bytes))
    return this.#until((bytes) =>
      this.#isRedis ? readMget(bytes, keys, sizes) : readGet(bytes, keys, sizes),
    )
  }

  set(key: string, size: number): void {
    const tail = FILLER.subarray(0, size - key.length)
    if (this.#isRedis) {
      this.#owed++
      this.#socket.write(`*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${size}\r\n${key}`)
    } else {
      this.#socket.write(`set ${key} 0 0 ${size} noreply\r\n${key}`)
    }
    this.#socket.write(tail)
    this.#socket.write(LINE_END)
  }

  /** Writes that follow are sent together. */
  cork(): void {
    this.#socket.cork()
  }
  uncork(): void {
    this.#socket.uncork()
  }

  async #until<T>(read: (bytes: Buffer) => Read<T>): Promise<T> {
    for (;;) {
      const found = read(this.#rest)
      if (found !== undefined) {
        this.#rest = this.#rest.subarray(found.end)
        return found.value
      }
      if (this.#failure !== undefined) throw this.#failure
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }
}

function command(words: readonly string[]): string {
  const pieces = words.map((word) => `$${word.length}\r\n${word}\r\n`)
  return `*${words.length}\r\n${pieces.join('')}`
}

function lineAt(bytes: Buffer, at: number): Read<string> {
  const end = bytes.indexOf(LINE_END, at)
  return end < 0 ? undefined : { value: bytes.toString('latin1', at, end), end: end + 2 }
}

function readOk(bytes: Buffer): Read<boolean> {
  const line = lineAt(bytes, 0)
  if (line === undefined) return undefined
  if (line.value !== '+OK') throw new Error(`a SET was answered by ${line.value}`)
  return { value: true, end: line.end }
}

function check(bytes: Buffer, at: number, length: number, key: string, size: number): void {
  const isSame = length === size && bytes.toString('latin1', at, at + key.length) === key
  if (!isSame) throw new Error(`${key} holds ${length} of ${size} bytes, or another's`)
}

function readMget(
  bytes: Buffer,
  keys: readonly string[],
  sizes: readonly number[],
): Read<boolean[]> {
  const head = lineAt(bytes, 0)
  if (head === undefined) return undefined
  if (head.value !== `*${keys.length}`) throw new Error(`MGET was answered by ${head.value}`)
  let at = head.end
  const hits: boolean[] = []
  for (let n = 0; n < keys.length; n++) {
    const line = lineAt(bytes, at)
    if (line === undefined) return undefined
    const length = Number(line.value.slice(1))
    at = line.end
    hits.push(length >= 0)
    if (length < 0) continue
    if (bytes.length < at + length + 2) return undefined
    check(bytes, at, length, keys[n] as string, sizes[n] as number)
    at += length + 2
  }
  return { value: hits, end: at }
}

function readGet(
  bytes: Buffer,
  keys: readonly string[],
  sizes: readonly number[],
): Read<boolean[]> {
  const hits = keys.map(() => false)
  let at = 0
  let next = 0
  for (;;) {
    const line = lineAt(bytes, at)
    if (line === undefined) return undefined
    at = line.end
    if (line.value === 'END') return { value: hits, end: at }
    const [word, key, , length] = line.value.split(' ')
    if (word !== 'VALUE') throw new Error(`get was answered by ${line.value}`)
    while (next < keys.length && keys[next] !== key) next++
    const bytesOf = Number(length)
    if (bytes.length < at + bytesOf + 2) return undefined
    check(bytes, at, bytesOf, keys[next] ?? '', sizes[next] ?? -1)
    hits[next] = true
    at += bytesOf + 2
  }
}
