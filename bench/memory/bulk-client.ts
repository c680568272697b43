/**
 * Stores keys and values in memcached or Redis over one connection, as fast as the server reads
 * them, and counts which of some keys are there.
 */
import { connect, type Socket } from 'node:net'
import type { Target } from '../../src/load/connection.ts'

const FLUSH_BYTES = 256 * 1024
/** Keys asked for at once. */
const ASKED = 1000
const TIMEOUT_MS = 30_000

export class BulkClient {
  readonly #socket: Socket
  readonly #isRedis: boolean
  #queued: string[] = []
  #bytes = 0
  #replies = ''
  #isDone: (text: string) => boolean = () => false
  #resolve: ((text: string) => void) | undefined
  #reject: ((error: Error) => void) | undefined

  private constructor(socket: Socket, isRedis: boolean) {
    this.#socket = socket
    this.#isRedis = isRedis
    socket.on('data', (bytes) => this.#received(bytes.toString('latin1')))
    socket.on('error', (error) => this.#reject?.(error))
  }

  static open({ protocol, host, port }: Target): Promise<BulkClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, noDelay: true })
      socket.once('error', reject)
      socket.once('connect', () => resolve(new BulkClient(socket, protocol === 'redis')))
    })
  }

  close(): void {
    this.#socket.destroy()
  }

  /** Queues a value; now and then waits until the server has read what was sent. */
  async set(key: string, value: string): Promise<void> {
    const text = this.#isRedis
      ? `*3\r\n$3\r\nSET\r\n$${key.length}\r\n${key}\r\n$${value.length}\r\n${value}\r\n`
      : `set ${key} 0 0 ${value.length} noreply\r\n${value}\r\n`
    this.#queued.push(text)
    this.#bytes += text.length
    if (this.#bytes > FLUSH_BYTES) await this.flush()
  }

  /** Waits until all that was queued is stored. */
  async flush(): Promise<void> {
    if (this.#isRedis) {
      const stored = await this.#ask('*1\r\n$4\r\nPING\r\n', (text) => text.endsWith('+PONG\r\n'))
      const refusal = /-[^\r]*/.exec(stored)
      if (refusal !== null) throw new Error(`redis refused a value: ${refusal[0]}`)
    } else {
      await this.#ask('mn\r\n', (text) => text.endsWith('MN\r\n'))
    }
  }

  /** How many of the keys are there. */
  async present(count: number, keyOf: (n: number) => string): Promise<number> {
    let found = 0
    for (let from = 0; from < count; from += ASKED) {
      const keys: string[] = []
      for (let n = from; n < Math.min(count, from + ASKED); n++) keys.push(keyOf(n))
      found += this.#isRedis ? await this.#existing(keys) : await this.#hits(keys)
    }
    return found
  }

  async #existing(keys: readonly string[]): Promise<number> {
    const parts = ['EXISTS', ...keys].map((part) => `$${part.length}\r\n${part}\r\n`)
    const command = `*${parts.length}\r\n${parts.join('')}`
    const text = await this.#ask(command, (reply) => reply.endsWith('\r\n'))
    return Number(text.slice(1, -2))
  }

  async #hits(keys: readonly string[]): Promise<number> {
    const command = `${keys.map((key) => `mg ${key}\r\n`).join('')}mn\r\n`
    const text = await this.#ask(command, (reply) => reply.endsWith('MN\r\n'))
    return text.match(/^HD\r$/gm)?.length ?? 0
  }

  /** Sends what is queued and a command, and gives all that came until the reply is whole. */
  #ask(command: string, isDone: (text: string) => boolean): Promise<string> {
    const timer = setTimeout(() => this.#reject?.(new Error('no reply in time')), TIMEOUT_MS)
    return new Promise<string>((resolve, reject) => {
      this.#replies = ''
      this.#isDone = isDone
      this.#resolve = resolve
      this.#reject = reject
      this.#socket.write(this.#queued.join('') + command, 'latin1')
      this.#queued = []
      this.#bytes = 0
    }).finally(() => clearTimeout(timer))
  }

  #received(text: string): void {
    this.#replies += text
    if (this.#isDone(this.#replies)) this.#resolve?.(this.#replies)
  }
}
