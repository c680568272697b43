/**
 * Who may run what, where there are users: for each command its rights, and where its keys are.
 * What returns what was stored reads, also if it writes; what tells of other clients, of keys at
 * large or changes the server is an administrator's.
 */
import type { Login } from '../../auth/login.ts'
import { ADMIN, type Principal, READ, WRITE } from '../../auth/principal.ts'
import { frame } from './binary-frame.ts'
import type { ClientSession } from './client-session.ts'
import type { Command } from './commands.ts'
import { readUnsigned } from './decimal.ts'
import { line, MAX_KEY_BYTES, MAX_WORDS } from './line.ts'
import { LETTER, meta, readMetaKey } from './meta-flags.ts'
import { MOST_ANNOUNCED_BYTES } from './store.ts'

/** Where keys are: nowhere, at a word, from a word on, as a meta command's; or all are reached. */
type Keys = 'none' | 'word' | 'words' | 'later words' | 'meta' | 'all'

interface Permission {
  readonly bits: number
  readonly keys: Keys
  /** The word of the line that says how long the value is; 0: there is none. */
  readonly lengthWord: number
}

const BOTH = READ | WRITE
const DENIED = 'CLIENT_ERROR permission denied\r\n'

function rows(names: string, bits: number, keys: Keys, lengthWord = 0): [string, Permission][] {
  return names.split(' ').map((name) => [name, { bits, keys, lengthWord }])
}

const TEXT: Readonly<Record<string, Permission>> = Object.fromEntries([
  ...rows('get gets', READ, 'words'),
  ...rows('gat gats', BOTH, 'later words'),
  ...rows('set add replace append prepend cas', WRITE, 'word', 4),
  ...rows('delete touch', WRITE, 'word'),
  ...rows('incr decr', BOTH, 'word'),
  ...rows('mg me', READ, 'meta'),
  ...rows('md', WRITE, 'meta'),
  ...rows('ms', WRITE, 'meta', 2),
  ...rows('ma', BOTH, 'meta'),
  ...rows('flush_all', WRITE, 'all'),
  ...rows('version quit mn stats', 0, 'none'),
  ...rows('verbosity shutdown cache_memlimit lru_crawler lru slabs watch', ADMIN, 'none'),
])

/** By opcode; a quiet form has the row of its command. */
const BINARY: (Permission | undefined)[] = new Array(256).fill(undefined)
function define(opcodes: readonly number[], bits: number, keys: Keys): void {
  for (const opcode of opcodes) BINARY[opcode] = { bits, keys, lengthWord: 0 }
}
define([0x00, 0x09, 0x0c, 0x0d], READ, 'word') // get getk
define([0x01, 0x11, 0x02, 0x12, 0x03, 0x13], WRITE, 'word') // set add replace
define([0x04, 0x14, 0x0e, 0x19, 0x0f, 0x1a, 0x1c], WRITE, 'word') // delete concat touch
define([0x05, 0x15, 0x06, 0x16], BOTH, 'word') // increment decrement
define([0x1d, 0x1e, 0x23, 0x24], BOTH, 'word') // gat gatk
define([0x07, 0x17, 0x0a, 0x0b, 0x10], 0, 'none') // quit noop version stat
define([0x20, 0x21, 0x22], 0, 'none') // SASL
define([0x08, 0x18], WRITE, 'all') // flush
define([0x1b], ADMIN, 'none') // verbosity

/** Topics of stats that tell of no client and of no key. */
const PUBLIC_TOPICS = ['', 'items', 'slabs', 'sizes', 'settings']
/** Flags with which mg writes: it makes an entry, changes its time, takes a recache upon it. */
const WRITING_FLAGS = [LETTER.N, LETTER.T, LETTER.R]
const STAT = 0x10

/**
 * Refuses the command of the line, if it is to be refused, with its reply.
 * @returns how many bytes of value are to be passed over behind the line; undefined: it is allowed
 */
export function refuseLine(
  session: ClientSession,
  login: Login,
  { name }: Command,
): number | undefined {
  const permission = TEXT[name]
  const { principal } = login
  if (principal !== undefined && permission !== undefined && mayRun(principal, name, permission)) {
    return undefined
  }
  login.authenticator.denied()
  const isMeta = permission?.keys === 'meta'
  session.isQuiet = !isMeta && line.endsInNoreply()
  session.reply(DENIED)
  return valueBytes(permission?.lengthWord ?? 0)
}

/** Whoever has no right to a command has sent its value all the same. */
function valueBytes(lengthWord: number): number {
  if (lengthWord === 0 || lengthWord >= Math.min(line.count, MAX_WORDS)) return 0
  const { bytes, starts, ends } = line
  const from = starts[lengthWord]!
  const length = readUnsigned(bytes, from, ends[lengthWord]!, MOST_ANNOUNCED_BYTES)
  return length < 0 ? 0 : length + 2
}

function mayRun(principal: Principal, name: string, permission: Permission): boolean {
  const { bits, keys } = permission
  if (!principal.has(bits | moreBits(name))) return false
  if (keys === 'none' || principal.reachesAll) return true
  if (keys === 'all') return false
  if (keys === 'meta') return reachesMeta(principal)
  return reachesWords(principal, keys)
}

/** What a command needs beyond its row, for what its line says. */
function moreBits(name: string): number {
  if (name === 'stats') return line.count < 2 || PUBLIC_TOPICS.includes(line.text(1)) ? 0 : ADMIN
  if (name !== 'mg') return 0
  for (let word = 2; word < Math.min(line.count, MAX_WORDS); word++) {
    if (WRITING_FLAGS.some((letter) => letter === line.bytes[line.starts[word]!])) return WRITE
  }
  return 0
}

/** All words from the first key on; there may be more than the line keeps. */
function reachesWords(principal: Principal, keys: Keys): boolean {
  const { bytes, starts, ends, count, end } = line
  const first = keys === 'later words' ? 2 : 1
  if (first >= count) return true // the command says what is missing
  if (keys === 'word') return principal.reaches(bytes, starts[1]!, ends[1]!)
  let at = starts[first]!
  while (at < end) {
    let wordEnd = at
    while (wordEnd < end && bytes[wordEnd] !== 32) wordEnd++
    if (!principal.reaches(bytes, at, wordEnd)) return false
    at = wordEnd
    while (at < end && bytes[at] === 32) at++
  }
  return true
}

/** The key as the command will take it: base64 stands for other bytes. */
function reachesMeta(principal: Principal): boolean {
  if (line.count < 2 || line.wordBytes(1) > MAX_KEY_BYTES) return true // the command refuses it
  let isBase64 = false
  for (let word = 2; word < Math.min(line.count, MAX_WORDS); word++) {
    if (line.bytes[line.starts[word]!] === LETTER.b) isBase64 = true
  }
  if (!readMetaKey(isBase64)) return true // no base64: the command refuses it
  return principal.reaches(meta.key, meta.keyFrom, meta.keyTo)
}

/** Whether the binary request that was read, up to its key, may be executed. */
export function mayRunFrame({ principal, authenticator }: Login): boolean {
  const permission = BINARY[frame.opcode]
  const { bytes, keyAt, valueAt } = frame
  const may =
    principal !== undefined &&
    permission !== undefined &&
    principal.has(permission.bits | frameBits()) &&
    (permission.keys !== 'all' || principal.reachesAll) &&
    (permission.keys !== 'word' || principal.reaches(bytes, keyAt, valueAt))
  if (!may) authenticator.denied()
  return may
}

function frameBits(): number {
  if (frame.opcode !== STAT) return 0
  const { bytes, keyAt, valueAt } = frame
  const topic = Buffer.from(bytes.subarray(keyAt, valueAt)).toString('latin1')
  return PUBLIC_TOPICS.includes(topic) ? 0 : ADMIN
}
