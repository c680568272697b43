/**
 * What running servers show of the uses of keys, a line each: Redis' MONITOR, and memcached's
 * `watch fetchers mutations`.
 *
 *   1700000000.123456 [0 127.0.0.1:50000] "SET" "key" "value"
 *   ts=1700000000.1 gid=1 type=item_get key=k%20 status=found size=32 cfd=9
 */
import { type Sample, UNKNOWN_BYTES } from './sample.ts'

/** @returns whether the line was understood: a use of keys, or a command that is none */
export type ReadLine = (line: string, sample: Sample) => boolean

/** Commands that read one key: the first argument. */
const READS = new Set(
  (
    'get getex getdel getrange substr strlen getbit bitcount bitpos getset incr decr incrby ' +
    'decrby incrbyfloat append exists'
  ).split(' '),
)
/** Commands that store a value, and which of their words it is; the key is the first argument. */
const WRITES: Readonly<Record<string, number>> = { set: 2, setnx: 2, setex: 3, psetex: 3 }

export const readMonitorLine: ReadLine = (line, sample) => {
  const from = line.indexOf('] "')
  if (!/^[0-9]+\.[0-9]+ \[/.test(line) || from < 0) return false
  const words = wordsOf(line, from + 2)
  if (words === undefined) return false
  const [command = '', key] = words
  const name = command.toLowerCase()
  if (key === undefined) return true
  if (READS.has(name)) {
    sample.read(key, UNKNOWN_BYTES)
  } else if (name === 'mget') {
    for (const one of words.slice(1)) sample.read(one, UNKNOWN_BYTES)
  } else if (Object.hasOwn(WRITES, name)) {
    sample.write(key, words[WRITES[name]!]?.length ?? UNKNOWN_BYTES)
  } else if (name === 'mset') {
    for (let at = 1; at + 1 < words.length; at += 2) sample.write(words[at]!, words[at + 1]!.length)
  }
  return true
}

/** The quoted words of a line, a character for each byte; undefined: it is cut. */
function wordsOf(line: string, from: number): string[] | undefined {
  const words: string[] = []
  let at = from
  while (at < line.length) {
    if (line[at] !== '"') return undefined
    const end = endOf(line, at + 1)
    if (end < 0) return undefined
    words.push(unescaped(line.slice(at + 1, end)))
    at = end + 2
  }
  return words
}

/** Where the quote is that ends a word. */
function endOf(line: string, from: number): number {
  for (let at = line.indexOf('"', from); at >= 0; at = line.indexOf('"', at + 1)) {
    let slashes = 0
    while (line[at - 1 - slashes] === '\\') slashes++
    if (slashes % 2 === 0) return at
  }
  return -1
}

const ESCAPED: Readonly<Record<string, string>> = {
  ...{ n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' },
}

function unescaped(text: string): string {
  if (!text.includes('\\')) return text
  return text.replaceAll(/\\(?:x([0-9a-fA-F]{2})|(.))/gs, (_all, hex?: string, one = '') => {
    return hex === undefined ? (ESCAPED[one] ?? one) : String.fromCharCode(Number.parseInt(hex, 16))
  })
}

/**
 * A reader of the lines of one `watch`. memcached looks a key up when it is stored, too, and logs
 * that as a fetch right before the store; so a fetch is counted only once the next line is there.
 */
export function watchReader(): ReadLine {
  let fetched: { readonly key: string; readonly client: string; readonly bytes: number } | undefined
  return (line, sample) => {
    const facts = new Map(line.split(' ').map((word) => word.split('=', 2) as [string, string]))
    const [type, encoded, client = ''] = ['type', 'key', 'cfd'].map((name) => facts.get(name))
    if (type === undefined || encoded === undefined) return false
    const bytes = Number(facts.get('size') ?? UNKNOWN_BYTES)
    const key = decoded(encoded)
    const isStore = type === 'item_store'
    const isOwnFetch = isStore && facts.has('ttl') && fetched?.key === key
    if (fetched !== undefined && !(isOwnFetch && fetched.client === client)) {
      sample.read(fetched.key, fetched.bytes)
    }
    const isFound = facts.get('status') === 'found'
    fetched =
      type === 'item_get' ? { key, client, bytes: isFound ? bytes : UNKNOWN_BYTES } : undefined
    if (isStore) sample.write(key, bytes)
    return true
  }
}

function decoded(key: string): string {
  return key.replaceAll(/%([0-9a-fA-F]{2})/g, (_all, hex: string) => {
    return String.fromCharCode(Number.parseInt(hex, 16))
  })
}
