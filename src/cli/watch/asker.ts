/**
 * One connection that asks and waits for a whole answer, one question at a time. It is opened when
 * something is asked, kept, and opened anew after it broke, so that whoever watches a server sees
 * it again when it is back.
 */
import { connect, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type DoorAddress, placeOf, whyUnreached } from './address.ts'

const TIMEOUT_MS = 5000
/** No answer that is asked for here comes near it. */
const MOST_BYTES = 64 * 1024 * 1024

export class Asker {
  readonly #address: DoorAddress
  /** Says who asks, on each new connection. */
  readonly #greet: (asker: Asker) => Promise<void>
  #socket: Socket | undefined

  constructor(address: DoorAddress, greet: (asker: Asker) => Promise<void>) {
    this.#address = address
    this.#greet = greet
  }

  /** @param answerIn what the bytes so far say, undefined while they are not the whole answer */
  async ask<Answer>(
    question: string | Buffer,
    answerIn: (bytes: Buffer) => Answer | undefined,
  ): Promise<Answer> {
    if (this.#socket === undefined) {
      this.#socket = await this.#open()
      await this.#greet(this)
    }
    return this.#exchange(this.#socket, question, answerIn)
  }

  /**
   * Asks, and listens for some time.
   * @param data takes what comes; false ends it
   * @returns false: the server closed the connection first
   */
  async listen(
    question: string,
    timeMs: number,
    data: (bytes: Buffer) => boolean,
  ): Promise<boolean> {
    if (this.#socket === undefined) {
      this.#socket = await this.#open()
      await this.#greet(this)
    }
    const socket = this.#socket
    return new Promise((resolve) => {
      const end = (isWhole: boolean) => {
        clearTimeout(timer)
        socket.off('data', take).off('close', closed)
        resolve(isWhole)
      }
      const timer = setTimeout(() => end(true), timeMs)
      const closed = () => end(false)
      const take = (chunk: Buffer) => {
        if (!data(chunk)) end(true)
      }
      socket.on('data', take).on('close', closed)
      socket.write(question)
    })
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #open(): Promise<Socket> {
    const { host, port, path, tls } = this.#address
    const place = path === undefined ? { host, port } : { path }
    const socket =
      tls === undefined ? connect(place) : connectTls({ ...place, ...securityOf(tls, host) })
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => socket.destroy(new Error('timed out')), TIMEOUT_MS)
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        clearTimeout(timer)
        resolve(socket)
      })
      socket.on('error', (error) => {
        clearTimeout(timer)
        reject(whyUnreached(this.#address, error))
      })
      socket.on('close', () => {
        if (this.#socket === socket) this.#socket = undefined
      })
    })
  }

  #exchange<Answer>(
    socket: Socket,
    question: string | Buffer,
    answerIn: (bytes: Buffer) => Answer | undefined,
  ): Promise<Answer> {
    let bytes: Buffer = Buffer.alloc(0)
    return new Promise((resolve, reject) => {
      const end = (why: string) => {
        done()
        this.close()
        reject(new Error(`${placeOf(this.#address)} ${why}`))
      }
      const timer = setTimeout(() => end('gave no answer in 5 seconds'), TIMEOUT_MS)
      const closed = () => end('closed the connection')
      const data = (chunk: Buffer) => {
        bytes = Buffer.concat([bytes, chunk])
        if (bytes.length > MOST_BYTES) return end(`answered more than ${MOST_BYTES} bytes`)
        const answer = answerIn(bytes)
        if (answer === undefined) return
        done()
        resolve(answer)
      }
      const done = () => {
        clearTimeout(timer)
        socket.off('data', data).off('close', closed)
      }
      socket.on('data', data).on('close', closed)
      socket.write(question)
    })
  }
}

function securityOf({ ca, isUnverified }: NonNullable<DoorAddress['tls']>, host: string) {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(isIP(host) === 0 ? { servername: host } : {}),
    rejectUnauthorized: !isUnverified,
  }
}
