/**
 * A protocol as small as can be, for tests of the hand-offs: one line a command.
 *
 *   echo TEXT      TEXT
 *   data N         N bytes of value follow, as in memcached's set: `got N SUM`
 *   big N COUNT    COUNT replies of N bytes each, `0 xxxx`, `1 xxxx`...: half answered when full
 *   die            throws in the worker
 *   warn           emits a warning of the process in the worker
 *   quit           ends the connection
 *
 * What a command says is what its reply must say: a reply that belongs to another shows.
 */
import type { ProtocolConnection } from '../../src/protocols/protocol.ts'
import type { ReplyBuffer } from '../../src/protocols/reply-buffer.ts'

const LF = 10

class LineConnection implements ProtocolConnection {
  isClosing = false
  #kept: Buffer = Buffer.alloc(0)
  /** Value bytes still to come, and the sum of those that came. */
  #valueLeft = -1
  #valueLength = 0
  #sum = 0
  #bigLength = 0
  #bigLeft = 0
  #bigNumber = 0

  get hasMore(): boolean {
    return this.#bigLeft > 0
  }

  get pendingBytes(): number {
    return this.#kept.length + (this.#valueLeft >= 0 ? 1 : 0)
  }

  dispose(): void {
    this.#kept = Buffer.alloc(0)
  }

  feed(source: Uint8Array, from: number, to: number, out: ReplyBuffer): number {
    let at = from
    for (;;) {
      this.#answerBig(out)
      if (this.hasMore || this.isClosing || out.isFull) return at
      if (this.#valueLeft >= 0) {
        at = this.#takeValue(source, at, to, out)
        if (this.#valueLeft >= 0) return at
        continue
      }
      const end = source.indexOf(LF, at)
      if (end < 0 || end >= to) {
        this.#kept = Buffer.concat([this.#kept, source.subarray(at, to)])
        return to
      }
      const line = Buffer.concat([this.#kept, source.subarray(at, end)]).toString('latin1')
      this.#kept = Buffer.alloc(0)
      at = end + 1
      this.#run(line, out)
    }
  }

  #takeValue(source: Uint8Array, from: number, to: number, out: ReplyBuffer): number {
    const end = Math.min(to, from + this.#valueLeft)
    for (let i = from; i < end; i++) this.#sum = (this.#sum * 31 + source[i]!) | 0
    this.#valueLeft -= end - from
    if (this.#valueLeft === 0) {
      out.text(`got ${this.#valueLength} ${this.#sum}\n`)
      this.#valueLeft = -1
    }
    return end
  }

  #answerBig(out: ReplyBuffer): void {
    while (this.#bigLeft > 0 && !out.isFull) {
      out.text(`${this.#bigNumber++} ${'x'.repeat(this.#bigLength)}\n`)
      this.#bigLeft--
    }
  }

  #run(line: string, out: ReplyBuffer): void {
    const [command, first = '', second = ''] = line.split(' ')
    if (command === 'echo') out.text(`${line.slice(5)}\n`)
    else if (command === 'data') {
      this.#valueLength = Number(first)
      this.#valueLeft = this.#valueLength
      this.#sum = 0
    } else if (command === 'big') {
      this.#bigLength = Number(first)
      this.#bigLeft = Number(second)
      this.#bigNumber = 0
    } else if (command === 'warn') {
      process.emitWarning('told to warn', { code: 'HEDDLE_TEST' })
    } else if (command === 'die') throw new Error('told to die')
    else if (command === 'quit') this.isClosing = true
    else out.text(`ERROR ${line}\n`)
  }
}

export function createProtocol(): () => ProtocolConnection {
  return () => new LineConnection()
}
