/**
 * One of two servers that are asked the same: sends batches of pipelined commands, each to one of
 * its connections, takes the replies of the whole batch, and remembers the CAS numbers it was told.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'

/** Larger than any CAS that a server comes to by itself in a run. */
const UNHEARD_OF = 10n ** 17n
/** What stands for the answer of a batch that did not end. */
export const NO_ANSWER = '<no answer>'
const LONGEST_ANSWER_MS = 15_000
/** A value that is announced longer than it is swallows no more than these; none is a command. */
const FILLER = '\r\n'.repeat(20)

export interface Batch {
  readonly commands: readonly string[]
  readonly connection: number
  /** Where the bytes are cut into writes; the reply may not depend on it. */
  readonly cuts: readonly number[]
  /** The last command is `quit`: the replies end with the connection. */
  readonly quits: boolean
  /** How long nothing is sent afterwards. */
  readonly pauseMs: number
}

export class Peer {
  readonly #port: number
  readonly #sockets: (Socket | undefined)[] = []
  readonly #cas = new Map<string, bigint>()
  #batches = 0

  constructor(port: number) {
    this.#port = port
  }

  close(): void {
    for (const socket of this.#sockets) socket?.destroy()
    this.#sockets.length = 0
    this.#cas.clear()
  }

  /** Asks for a batch; the replies as latin1 text. */
  async ask(batch: Batch): Promise<string> {
    const socket = this.#sockets[batch.connection] ?? (await this.#connect(batch.connection))
    const number = ++this.#batches
    const text = this.#fill(batch.commands.join(''))
    const end = FILLER + (batch.quits ? 'quit\r\n' : `mg end-of-batch O${number}\r\n`)
    const replies = answerOf(socket, batch.quits ? undefined : `EN O${number}\r\n`)
    const bytes = Buffer.from(text + end, 'latin1')
    let at = 0
    for (const cut of batch.cuts) {
      if (cut <= at || cut >= bytes.length) continue
      socket.write(bytes.subarray(at, cut))
      at = cut
      await turn()
    }
    socket.write(bytes.subarray(at))
    const reply = await replies
    if (batch.quits) {
      socket.destroy()
      this.#sockets[batch.connection] = undefined
    }
    this.#learn(reply)
    if (batch.pauseMs > 0) await sleep(batch.pauseMs)
    return reply
  }

  async #connect(connection: number): Promise<Socket> {
    const socket = connect(this.#port, '127.0.0.1')
    await once(socket, 'connect')
    socket.setNoDelay(true)
    socket.on('error', () => {}) // shows as 'close'
    this.#sockets[connection] = socket
    return socket
  }

  #fill(text: string): string {
    return text.replace(/\{(cas|older) ([^}]+)\}/g, (_, kind: string, key: string) => {
      const known = this.#cas.get(key) ?? UNHEARD_OF
      return String(kind === 'cas' ? known : known - 1n)
    })
  }

  #learn(reply: string): void {
    for (const [, key, cas] of reply.matchAll(/^VALUE (\S+) \d+ \d+ (\d+)\r$/gm)) {
      this.#cas.set(key!, BigInt(cas!))
    }
    for (const [line, cas] of reply.matchAll(/^(?:HD|VA)[^\r]* c(\d+)[^\r]*\r$/gm)) {
      const key = / k(\S+)/.exec(line)?.[1]
      if (key !== undefined && cas !== '0') this.#cas.set(key, BigInt(cas!))
    }
  }
}

/** Everything that is said until `end`, or until the connection ends. */
async function answerOf(socket: Socket, end: string | undefined): Promise<string> {
  const timer = new AbortController()
  let listener = (_: Buffer): void => {}
  const answer = new Promise<string>((resolve) => {
    const chunks: Buffer[] = []
    let tail = ''
    listener = (chunk) => {
      chunks.push(chunk)
      if (end === undefined) return
      tail = (tail + chunk.toString('latin1', Math.max(0, chunk.length - end.length))).slice(-64)
      if (tail.endsWith(end)) resolve(Buffer.concat(chunks).toString('latin1'))
    }
    socket.on('data', listener)
    socket.once('close', () => resolve(`${Buffer.concat(chunks).toString('latin1')}<closed>`))
  })
  const silence = sleep(LONGEST_ANSWER_MS, NO_ANSWER, { signal: timer.signal })
  silence.catch(() => {})
  const reply = await Promise.race([answer, silence])
  timer.abort()
  socket.removeListener('data', listener)
  socket.removeAllListeners('close')
  return reply
}
