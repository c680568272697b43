/** A Redis connection for load: replies in order, and what comes unasked to a listener. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { encode, parse, replyEnd } from '../protocols/redis/resp.ts'

const PATIENCE_MS = 20_000

interface Question {
  /** Told at once when the reply is there, before anything that came behind it. */
  readonly answer: (reply: unknown) => void
  readonly fail: (error: Error) => void
}

export class RespSocket {
  readonly socket: Socket
  /** RESP3 pushes; in RESP2 every array that comes while nothing is asked. */
  onPush: (words: readonly unknown[]) => void = () => {}
  onClose: () => void = () => {}
  isClosed = false
  #kept: Buffer = Buffer.alloc(0)
  readonly #questions: Question[] = []

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('close', () => this.#closed())
  }

  static async open(port: number): Promise<RespSocket> {
    const socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    socket.on('error', () => {})
    await Promise.race([once(socket, 'connect'), once(socket, 'close')])
    return new RespSocket(socket)
  }

  /** The reply, given to `then` as soon as it is read. */
  ask(words: readonly string[], then?: (reply: unknown) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) {
        reject(new Error('closed'))
        return
      }
      const answer = (reply: unknown): void => {
        clearTimeout(timer)
        then?.(reply)
        resolve(reply)
      }
      const fail = (error: Error): void => {
        clearTimeout(timer)
        reject(error)
      }
      const late = (): void => fail(new Error(`no reply to ${words.join(' ').slice(0, 80)}`))
      const timer = setTimeout(late, PATIENCE_MS)
      this.#questions.push({ answer, fail })
      this.socket.write(encode(words))
    })
  }

  end(): void {
    this.socket.destroy()
  }

  #read(bytes: Buffer): void {
    const all = this.#kept.length === 0 ? bytes : Buffer.concat([this.#kept, bytes])
    let at = 0
    for (;;) {
      const end = at < all.length ? replyEnd(all, at) : -1
      if (end < 0) break
      const isPush = all[at] === 62 || this.#questions.length === 0
      const reply = parse(all.toString('latin1', at, end))
      at = end
      if (isPush) this.onPush(reply as unknown[])
      else this.#questions.shift()!.answer(reply)
    }
    this.#kept = all.subarray(at)
  }

  #closed(): void {
    if (this.isClosed) return
    this.isClosed = true
    for (const { fail } of this.#questions.splice(0)) fail(new Error('closed'))
    this.onClose()
  }
}
