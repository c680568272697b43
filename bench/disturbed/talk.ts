/** A connection beside the load: commands as text, and the reply up to where it ends. */
import { once } from 'node:events'
import { connect } from 'node:net'
import type { Socket } from 'node:net'

const REPLY_TIMEOUT_MS = 20_000
const MOST_REPLY = 1 << 20

export class Talk {
  readonly #port: number
  #socket: Socket | undefined
  #closed: Promise<never> | undefined
  #text = ''
  #arrived: () => void = () => {}

  private constructor(port: number) {
    this.#port = port
  }

  static async to(port: number): Promise<Talk> {
    const talk = new Talk(port)
    await talk.#open()
    return talk
  }

  /** Again, where the worker that had it has died. */
  async #open(): Promise<Socket> {
    const socket = connect(this.#port, '127.0.0.1')
    await once(socket, 'connect')
    socket.on('data', (bytes) => {
      this.#text += bytes.toString('latin1')
      if (this.#text.length > MOST_REPLY) this.#text = this.#text.slice(-MOST_REPLY)
      this.#arrived()
    })
    socket.on('error', () => socket.destroy())
    this.#closed = new Promise((_, reject) => {
      socket.on('close', () => {
        this.#arrived()
        reject(new Error('the server closed the connection beside the load'))
      })
    })
    this.#closed.catch(() => {}) // Who waits for it is told, nobody else has to be.
    this.#socket = socket
    return socket
  }

  /** @param until what the whole reply ends with, or whether this is the whole reply */
  async ask(command: string, until: RegExp | ((text: string) => boolean)): Promise<string> {
    const isWhole = until instanceof RegExp ? (text: string) => until.test(text) : until
    this.#text = ''
    await this.send(command)
    const giveUpAt = Date.now() + REPLY_TIMEOUT_MS
    while (!isWhole(this.#text)) {
      const leftMs = giveUpAt - Date.now()
      if (this.#socket!.destroyed || leftMs <= 0) {
        const what = JSON.stringify(command.slice(0, 60))
        throw new Error(`${what} got no reply but ${JSON.stringify(this.#text.slice(-80))}`)
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, Math.min(leftMs, 200))
        this.#arrived = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return this.#text
  }

  /** Waits while the server does not take it. */
  async send(bytes: string): Promise<void> {
    const isOpen = this.#socket !== undefined && !this.#socket.destroyed
    const socket = isOpen ? this.#socket! : await this.#open()
    if (socket.write(bytes, 'latin1')) return
    await Promise.race([once(socket, 'drain'), this.#closed])
  }

  /** A reply of Redis that says its length. */
  static isBulk(text: string): boolean {
    const head = /^\$(\d+)\r\n/.exec(text)
    return head !== null && text.length === head[0].length + Number(head[1]) + 2
  }

  close(): void {
    this.#socket?.destroy()
  }
}
