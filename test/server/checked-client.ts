/**
 * A client of the line protocol that knows the answer to everything it asks, and compares byte by
 * byte: an answer to somebody else's command, a repeated one or a missing one is a fault.
 */
import type { Socket } from 'node:net'

export class CheckedClient {
  readonly socket: Socket
  /** What was wrong, if anything. */
  fault: string | undefined
  isClosed = false
  answered = 0
  readonly #name: string
  readonly #random: (limit: number) => number
  readonly #expected: Buffer[] = []
  #at = 0
  #commands = 0

  constructor(socket: Socket, name: string, random: (limit: number) => number) {
    this.socket = socket
    this.#name = name
    this.#random = random
    socket.on('data', (chunk: Buffer) => this.#check(chunk))
    socket.on('close', () => (this.isClosed = true))
    socket.on('end', () => socket.end())
  }

  get waiting(): number {
    return this.#expected.length
  }

  /** Sends some commands, cut anywhere. */
  send(count: number): void {
    const pieces: Buffer[] = []
    for (let n = 0; n < count; n++) pieces.push(this.#command())
    const bytes = Buffer.concat(pieces)
    let from = 0
    while (from < bytes.length) {
      const to = from + 1 + this.#random(bytes.length - from)
      this.socket.write(bytes.subarray(from, to))
      from = to
    }
  }

  #command(): Buffer {
    const number = this.#commands++
    const kind = this.#random(10)
    if (kind < 7) return this.#echo(`${this.#name} ${number}`)
    if (kind < 9) return this.#value(1 + this.#random(kind === 7 ? 50 : 20_000), number)
    return this.#big(1 + this.#random(2000), 1 + this.#random(20))
  }

  #echo(text: string): Buffer {
    this.#expected.push(Buffer.from(`${text}\n`))
    return Buffer.from(`echo ${text}\n`)
  }

  #value(length: number, number: number): Buffer {
    // Lines that would be commands, if a value were taken for some.
    const value = Buffer.alloc(length, `\necho stray ${number}\n`)
    let sum = 0
    for (const byte of value) sum = (sum * 31 + byte) | 0
    this.#expected.push(Buffer.from(`got ${length} ${sum}\n`))
    return Buffer.concat([Buffer.from(`data ${length}\n`), value])
  }

  #big(length: number, count: number): Buffer {
    for (let n = 0; n < count; n++) this.#expected.push(Buffer.from(`${n} ${'x'.repeat(length)}\n`))
    return Buffer.from(`big ${length} ${count}\n`)
  }

  #check(chunk: Buffer): void {
    let from = 0
    while (from < chunk.length && this.fault === undefined) {
      const expected = this.#expected[0]
      if (expected === undefined) {
        this.fault = `${this.#name}: an answer to nothing: ${chunk.subarray(from, from + 60)}`
        return
      }
      const count = Math.min(chunk.length - from, expected.length - this.#at)
      if (chunk.compare(expected, this.#at, this.#at + count, from, from + count) !== 0) {
        this.fault = `${this.#name}: ${chunk.subarray(from, from + 60)} for ${expected}`
        return
      }
      from += count
      this.#at += count
      if (this.#at < expected.length) return
      this.#expected.shift()
      this.#at = 0
      this.answered++
    }
  }
}
