/**
 * The floor of the runtime: what floor.c answers, from Node and through the server's own wire
 * (src/server/wire.ts): one static buffer for what is read, one write for each connection that was
 * read in a turn of the event loop. No server in this runtime that reads and writes like that can
 * be cheaper; what heddle costs above it are its protocol and its engine.
 *
 *   node-floor.ts PORT|PATH [BYTES]   values have so many bytes (32)
 */
import { createServer } from 'node:net'
import { ReplyBuffer } from '../../src/protocols/reply-buffer.ts'
import { Wire } from '../../src/server/wire.ts'

const KEY = 24
const ID_AT = 16
const ID_DIGITS = 8
const ABSENT_FROM = 50_000_000
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const LEAST_VALUE = 32
/** A longer filler would begin anew behind the 64 characters of its alphabet: as floor.c. */
const MOST_VALUE = 262_144
const HEAD = 17
/** Replies of so many bytes are written before the turn is over, as the server's are. */
const MOST_PENDING_BYTES = 64 * 1024
const STAR = 42
const LETTER_G = 71
const SMALL_G = 103
const NEWLINE = 10
const RESP_KEY_AT = 18
const RESP_REQUEST = RESP_KEY_AT + KEY + 2

const [place = '0', bytesAsked = String(LEAST_VALUE)] = process.argv.slice(2)
const VALUE = Number(bytesAsked)
if (!(VALUE >= LEAST_VALUE && VALUE <= MOST_VALUE)) throw new RangeError(`BYTES is ${bytesAsked}`)

/** What follows the digits of an id in its value, up to the filler, and behind that. */
const VALUE_HEAD = ` ${String(VALUE).padStart(6, '0')} 0`
const FILLER_BYTES = VALUE - HEAD - 1
const FILLER = Buffer.alloc(FILLER_BYTES + LETTERS.length, LETTERS, 'latin1')
const TEXT_LINE = ` 0 ${VALUE}\r\n`
const RESP_LINE = `$${VALUE}\r\n`

const out = new ReplyBuffer()
let replied: Client[] = []
let ends: number[] = []

class Client {
  wire!: Wire
  kept: Buffer | undefined = undefined
  skip = 0

  bytes(source: Buffer, length: number): void {
    let bytes = source
    let to = length
    if (this.kept !== undefined) {
      bytes = Buffer.concat([this.kept, source.subarray(0, length)])
      to = bytes.length
      this.kept = undefined
    }
    if (out.length >= MOST_PENDING_BYTES) writeReplies()
    const mark = out.length
    const end = this.answer(bytes, to)
    if (end < to) this.kept = Buffer.from(bytes.subarray(end, to))
    if (out.length === mark) return
    if (replied.length === 0) setImmediate(writeReplies)
    replied.push(this)
    ends.push(out.length)
  }

  answer(bytes: Buffer, to: number): number {
    let at = 0
    for (;;) {
      const skipped = Math.min(this.skip, to - at)
      at += skipped
      this.skip -= skipped
      if (this.skip > 0 || at === to) return at
      const next =
        bytes[at] === STAR ? this.answerResp(bytes, at, to) : this.answerText(bytes, at, to)
      if (next < 0) return at
      at = next
    }
  }

  answerResp(bytes: Buffer, at: number, to: number): number {
    if (to - at < RESP_REQUEST) return -1
    if (bytes[at + 8] === LETTER_G) {
      const id = idIn(bytes, at + RESP_KEY_AT)
      out.text(id < ABSENT_FROM ? RESP_LINE : '$-1\r\n')
      if (id < ABSENT_FROM) putValue(bytes, at + RESP_KEY_AT, id, '0\r\n')
      return at + RESP_REQUEST
    }
    const lineEnd = bytes.indexOf(NEWLINE, at + RESP_REQUEST)
    if (lineEnd < 0 || lineEnd >= to) return -1
    this.skip = Number.parseInt(bytes.toString('latin1', at + RESP_REQUEST + 1, lineEnd), 10) + 2
    out.text('+OK\r\n')
    return lineEnd + 1
  }

  answerText(bytes: Buffer, at: number, to: number): number {
    const lineEnd = bytes.indexOf(NEWLINE, at)
    if (lineEnd < 0 || lineEnd >= to) return -1
    if (bytes[at] === SMALL_G) {
      const id = idIn(bytes, at + 4)
      if (id < ABSENT_FROM) {
        out.text('VALUE ')
        out.copy(bytes, at + 4, at + 4 + KEY)
        out.text(TEXT_LINE)
        putValue(bytes, at + 4, id, '0\r\nEND\r\n')
      } else out.text('END\r\n')
    } else {
      const space = bytes.lastIndexOf(32, lineEnd)
      this.skip = Number.parseInt(bytes.toString('latin1', space + 1, lineEnd), 10) + 2
      out.text('STORED\r\n')
    }
    return lineEnd + 1
  }

  ended(): void {
    this.wire.end()
  }
  wrote(): void {}
  failed(): void {}
  closed(): void {}
}

function idIn(bytes: Buffer, key: number): number {
  let id = 0
  for (let i = ID_AT; i < KEY; i++) id = id * 10 + bytes[key + i]! - 48
  return id
}

function putValue(bytes: Buffer, key: number, id: number, end: string): void {
  out.copy(bytes, key + ID_AT, key + ID_AT + ID_DIGITS)
  out.text(VALUE_HEAD)
  const from = id & (LETTERS.length - 1)
  out.copy(FILLER, from, from + FILLER_BYTES)
  out.text(end)
}

function writeReplies(): void {
  let from = 0
  for (let i = 0; i < replied.length; i++) {
    replied[i]!.wire.write(out.bytes, from, ends[i]!)
    from = ends[i]!
  }
  replied = []
  ends = []
  out.clear()
}

const server = createServer({ pauseOnConnect: true, allowHalfOpen: true, noDelay: true })
server.on('connection', (socket) => {
  const client = new Client()
  client.wire = new Wire(socket, client)
  client.wire.resume()
})
if (/^\d+$/.test(place)) server.listen(Number(place), '127.0.0.1')
else server.listen(place)
process.once('SIGTERM', () => process.exit(0))
