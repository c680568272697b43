/**
 * Broken twins of the protocol, the frames and the ring, each a small patch of the source, and the
 * check that catches it: `npm run fuzz -- --twins`. Those of the engine are in test/broken.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Check } from './catch.ts'

const TOP = fileURLToPath(new URL('../../', import.meta.url))
const COPIED = ['src', 'native-layout', 'workers', 'test/fuzz', 'test/protocols', 'package.json']
const LONGEST_MS = 60_000

export interface WireTwin {
  readonly name: string
  readonly check: Check
  /** Inputs, exchanges or commands. */
  readonly within: number
  /** It takes long to be caught: not one of those that are tried with all tests. */
  readonly isSlow?: boolean
  readonly file: string
  readonly find: string
  readonly replace: string
}

const P = 'src/protocols/memcached'
const R = 'src/protocols/redis'

export const WIRE_TWINS: readonly WireTwin[] = [
  {
    name: 'a byte too little of a refused value is skipped',
    ...{ check: 'text', within: 500, file: `${P}/connection.ts` },
    find: 'this.#skipBytes = next - to',
    replace: 'this.#skipBytes = next - to - 1',
  },
  {
    name: 'a return alone ends a line',
    ...{ check: 'text', within: 500, file: `${P}/line.ts` },
    find: 'if (byte === RETURN && at + 1 < to && bytes[at + 1] === NEWLINE) return at',
    replace: 'if (byte === RETURN) return at',
  },
  {
    name: 'the key at which the reply buffer is full is forgotten',
    ...{ check: 'text', within: 2000, file: `${P}/retrieve.ts` },
    find: 'at = starts[word]!\n        break',
    replace: 'at = ends[word]!\n        break',
  },
  {
    name: 'add overwrites',
    ...{ check: 'differential', within: 20_000, isSlow: true, file: `${P}/store.ts` },
    find: 'if (kind === STORE_ADD) return raw.store(ADD)',
    replace: 'if (kind === STORE_ADD) return raw.store(SET)',
  },
  {
    name: 'what is appended to stays stale',
    ...{ check: 'differential', within: 20_000, isSlow: true, file: `${P}/changes.ts` },
    find: 'draft.marks = this.#session.marks(0)\n    giveCas(draft, this.#own)',
    replace: 'draft.marks = reading.marks\n    giveCas(draft, this.#own)',
  },
  {
    name: 'thirty days are a date',
    ...{ check: 'differential', within: 20_000, file: `${P}/client-session.ts` },
    find: 'seconds <= MOST_RELATIVE_SECONDS',
    replace: 'seconds < MOST_RELATIVE_SECONDS',
  },
  {
    name: 'the carry of a long number is lost',
    ...{ check: 'differential', within: 20_000, isSlow: true, file: `${P}/decimal.ts` },
    find: 'high = high * 10 + carry',
    replace: 'high = high * 10',
  },
  {
    name: 'the answer of delete is held back for a key named noreply',
    ...{ check: 'differential', within: 20_000, file: `${P}/count.ts` },
    find: 'line.count > 2 && line.endsInNoreply()',
    replace: 'line.endsInNoreply()',
  },
  {
    name: 'a byte of what is kept aside is lost',
    ...{ check: 'frames text', within: 200, file: 'src/server/frame-executor.ts' },
    find: 'else if (end < to) served.keep(source, end, to)',
    replace: 'else if (end < to) served.keep(source, end, to - 1)',
  },
  {
    name: 'a byte is lost where what is kept grows',
    ...{ check: 'frames text', within: 400, file: 'src/server/served.ts', isSlow: true },
    find: 'this.rest?.copy(target, 0, this.restAt, this.restEnd)',
    replace: 'this.rest?.copy(target, 0, this.restAt, this.restEnd - 1)',
  },
  {
    name: 'a byte is not copied into the ring',
    ...{ check: 'frames text', within: 200, file: 'src/server/ring.ts' },
    find: 'copyIn(this.bytes, this.payloadAt(position), source, from, to)',
    replace: 'copyIn(this.bytes, this.payloadAt(position), source, from, to - 1)',
  },
  {
    name: 'a byte too many of an unfinished frame is waited for',
    ...{ check: 'binary', within: 500, file: `${P}/binary-commands.ts` },
    find: 'if (to < frame.end) return want(frame.end - from)',
    replace: 'if (to < frame.end) return want(frame.end - from + 1)',
  },
  {
    name: 'a key longer than its frame is read',
    ...{ check: 'binary', within: 2000, file: `${P}/binary-commands.ts` },
    find: 'if (frame.valueBytes < 0) return end(session, STATUS.UNKNOWN, to)',
    replace: '',
  },
  {
    name: 'a header that is not all there is read',
    ...{ check: 'binary', within: 2000, file: `${P}/binary-commands.ts` },
    find: 'if (to - from < HEADER_BYTES) return want(HEADER_BYTES)',
    replace: 'if (to - from < HEADER_BYTES - 8) return want(HEADER_BYTES)',
  },
  {
    name: 'what is refused of a frame is not passed over to its end',
    ...{ check: 'binary', within: 2000, file: `${P}/connection.ts` },
    find: 'this.#skipBytes = next - to',
    replace: 'this.#skipBytes = next - to - 1',
  },
  {
    name: 'a reply of a Redis client is lost where its requests are kept aside',
    ...{ check: 'frames redis', within: 400, file: 'src/server/frame-executor.ts' },
    find: 'else this.#feed(served, served.rest, served.restAt, served.restEnd)',
    replace: 'else this.#feed(served, served.rest, served.restAt, served.restEnd - 1)',
  },
  {
    name: 'an argument that ends with its piece is taken without its line end',
    ...{ check: 'redis', within: 500, file: `${R}/parser.ts` },
    find: 'const end = at + this.#bulk + 2\n      if (end > to)',
    replace: 'const end = at + this.#bulk + 2\n      if (end > to + 1)',
  },
  {
    name: 'a refused request is gone on with where it began',
    ...{ check: 'redis', within: 1000, file: `${R}/parser.ts` },
    find: 'this.keepFrom = keepsAll ? from : at',
    replace: 'this.keepFrom = from',
  },
  {
    name: 'arguments of a request in pieces stay where they were',
    ...{ check: 'redis', within: 500, file: `${R}/connection.ts` },
    find: 'parser.args.shift(-parser.keepFrom)',
    replace: '',
  },
  {
    name: 'a watched key is not copied',
    ...{ check: 'redis', within: 1000, file: `${R}/args.ts` },
    find: 'return new Uint8Array(buffer, byteOffset + this.#from[index]!, this.size(index))',
    replace: 'return Buffer.from(buffer, byteOffset + this.#from[index]!, this.size(index))',
  },
  {
    name: 'a return at the end of a piece is a whole line end',
    ...{ check: 'redis', within: 2000, file: `${R}/parser.ts` },
    find: 'if (end < 0 || end + 2 > to) return UNFINISHED',
    replace: 'if (end < 0) return UNFINISHED',
  },
  {
    name: 'what an EXEC that fills the reply buffer has still to say is forgotten',
    ...{ check: 'redis', within: 1000, file: `${R}/connection.ts` },
    find: 'if (isDone) client.more = undefined',
    replace: 'client.more = undefined',
  },
]

export interface Caught {
  readonly twin: WireTwin
  /** After how many inputs, exchanges or commands; undefined: not caught. */
  readonly after: number | undefined
  readonly problem: string
}

/** Tries the twins, two at a time, and the source as it is for each check. */
export async function catchWireTwins(
  twins: readonly WireTwin[],
  say: (caught: Caught) => void,
): Promise<void> {
  const waiting = [...twins]
  const lane = async () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-wire-twin-'))
    for (const part of COPIED) cpSync(join(TOP, part), join(folder, part), { recursive: true })
    for (let twin = waiting.shift(); twin !== undefined; twin = waiting.shift()) {
      say(await tryTwin(twin, folder))
    }
    rmSync(folder, { recursive: true, force: true })
  }
  await Promise.all([lane(), lane()])
}

async function tryTwin(twin: WireTwin, folder: string): Promise<Caught> {
  const path = join(folder, twin.file)
  const text = readFileSync(path, 'utf8')
  const pieces = text.split(twin.find)
  if (pieces.length !== 2) {
    throw new Error(`${twin.file} holds ${pieces.length - 1} times, not once: ${twin.find}`)
  }
  writeFileSync(path, pieces.join(twin.replace))
  const program = join(folder, 'test/fuzz/catch.ts')
  const args = [program, twin.check, String(twin.within)]
  const out = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { timeout: LONGEST_MS }, (error, stdout, stderr) => {
      resolve(error === null ? stdout : `{"problem":${JSON.stringify(stderr.slice(-500))}}`)
    })
  })
  writeFileSync(path, text)
  const { after, problem } = JSON.parse(out) as { after?: number; problem: string }
  return { twin, after, problem }
}
