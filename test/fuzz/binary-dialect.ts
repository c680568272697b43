/**
 * memcached's binary protocol for the fuzzing. New inputs are made of frames: a field of a header
 * that says something else, a frame more, one twice, one that ends early.
 */
import { BINARY_CORPUS } from '../protocols/memcached/binary-corpus.ts'
import { ask, encode, OP, store, stream as framesOf } from '../protocols/memcached/frames.ts'
import { RandomFrames } from '../protocols/memcached/random-frames.ts'
import type { Dialect, InputMaker } from './dialect.ts'
import { type Alphabet, changeBytes, MOST_BYTES } from './mutator.ts'
import type { Random } from './random.ts'
import { memcachedWorld } from './text-dialect.ts'

const HEADER_BYTES = 24
const CAS_AT = 16
const ALPHABET: Alphabet = {
  marks: ['\x80', '\x81', '\0', '\0\0\0\0', '\xff\xff\xff\xff', '\x80\x0a', '\r\n', 'get a\r\n'],
  numbers: ['0', '1', '-1', '9', '007', '18446744073709551615', '18446744073709551616', ' 1'],
}
/** Where the numbers of a header lie, and how many bytes each has. */
const FIELDS = [
  ...([
    [0, 1],
    [1, 1],
    [2, 2],
    [4, 1],
    [5, 1],
    [6, 2],
    [8, 4],
    [12, 4],
    [16, 4],
    [20, 4],
  ] as const),
]
const WORDS = [0, 1, 2, 4, 8, 20, 23, 24, 25, 31, 250, 251, 255, 256, 65_535, 65_536, 2 ** 31]

/** Statistics, verbosity, flush and version; beside the text that another first byte makes. */
const TELLING = '[\x10\x1b\x08\x18\x0b]'
const MAGIC = '\x80'

/** Where the frames of an input begin, as far as their lengths can be followed. */
function framesIn(bytes: Buffer): number[] {
  const begins: number[] = []
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    begins.push(at)
    at += HEADER_BYTES + bytes.readUInt32BE(at + 8)
  }
  return begins
}

class BinaryMaker implements InputMaker {
  readonly #random: Random
  readonly #frames: RandomFrames

  constructor(random: Random) {
    this.#random = random
    this.#frames = new RandomFrames(random.below(2 ** 31))
  }

  command(): string {
    const random = this.#random
    const request = random.once(8) ? this.#frames.ending() : this.#frames.batch(1)[0]!
    const told = BigInt(random.one([1, 2, 77]))
    const text = encode(request, random.below(2 ** 32), told).toString('latin1')
    return text.length > MOST_BYTES ? this.command() : text
  }

  change(text: string, corpus: readonly string[]): string {
    const random = this.#random
    switch (random.below(8)) {
      case 0:
      case 1:
      case 2:
        return this.#changeField(text)
      case 3:
        return random.once(2) ? text + this.command() : this.command() + text
      case 4:
        return this.#doubleFrame(text)
      default:
        return changeBytes(text, corpus, random, ALPHABET)
    }
  }

  #changeField(text: string): string {
    const random = this.#random
    const bytes = Buffer.from(text, 'latin1')
    const begins = framesIn(bytes)
    if (begins.length === 0) return text + this.command()
    const [at, width] = random.one(FIELDS)
    const where = random.one(begins) + at
    const old = bytes.readUIntBE(where, width)
    const word = random.one([old + 1, old - 1, random.one(WORDS), random.below(2 ** 32)])
    bytes.writeUIntBE((word >>> 0) % 2 ** (8 * width), where, width)
    // An opcode that is none is seen soon enough.
    if (at === 1 && !random.once(6)) bytes[where] = random.one(Object.values(OP))
    return bytes.toString('latin1')
  }

  #doubleFrame(text: string): string {
    const begins = framesIn(Buffer.from(text, 'latin1'))
    if (begins.length === 0) return text + this.command()
    const from = this.#random.below(begins.length)
    const frame = text.slice(begins[from], begins[from + 1])
    const to = this.#random.one(begins)
    return text.slice(0, to) + frame + text.slice(to)
  }
}

/** Values of statistics tell of time and memory. */
function comparable(reply: Buffer): string {
  return shown(reply, false)
}

/** CAS numbers are those of one cache. */
function comparableLive(reply: Buffer): string {
  return shown(reply, true)
}

function shown(reply: Buffer, hidesCas: boolean): string {
  const parts: string[] = []
  let at = 0
  while (at + HEADER_BYTES <= reply.length && reply[at] === 0x81) {
    const end = at + HEADER_BYTES + reply.readUInt32BE(at + 8)
    const copy = Buffer.from(reply.subarray(at, end))
    if (hidesCas) copy.fill(0, CAS_AT, HEADER_BYTES)
    const isStatistic = copy[1] === OP.stat
    const keyEnd = HEADER_BYTES + copy.readUInt16BE(2)
    parts.push((isStatistic ? copy.subarray(12, keyEnd) : copy).toString('latin1'))
    at = end
  }
  // A text command behind the first byte of another protocol.
  return parts.join('\n') + reply.toString('latin1', at)
}

function stream(random: Random, most: number): Buffer {
  const frames = new RandomFrames(random.below(2 ** 31))
  const count = 1 + random.below(most)
  const requests = frames.batch(count).filter(({ value }) => value.length < 100_000)
  if (random.once(4)) requests.splice(random.below(count), 0, frames.ending())
  if (random.once(2)) {
    const gets = Array.from({ length: random.below(60) }, () => ask(OP.getk, 'large'))
    const large = store(OP.set, 'large', 'v'.repeat(60_000))
    requests.splice(random.below(count), 0, large, ...gets, ask(OP.noop))
  }
  return framesOf(requests)
}

export const BINARY: Dialect = {
  name: 'binary',
  openWorld: memcachedWorld(),
  requests: () =>
    Object.values(BINARY_CORPUS)
      .flat()
      .map(([, requests]) => framesOf(requests).toString('latin1'))
      .filter((text) => text.length <= MOST_BYTES),
  maker: (random) => new BinaryMaker(random),
  stream,
  comparable,
  comparableLive,
  tellsOfServer: new RegExp(`[${MAGIC}]${TELLING}|^[^${MAGIC}]`),
}
