/**
 * The names of all commands, and what each does. Found by length and first letter, so that the
 * frequent ones are one or two comparisons away and no name becomes a string.
 */
import { PROTOCOLS } from '../../observe/observation-board.ts'
import {
  executeFlushAll,
  executeLru,
  executeMemoryLimit,
  executeShutdown,
  executeSlabs,
  executeVerbosity,
  executeWatch,
} from './admin.ts'
import type { ClientSession } from './client-session.ts'
import { executeCount, executeDelete, executeTouch } from './count.ts'
import { COUNT } from './counters.ts'
import { executeCrawler } from './crawler.ts'
import { line } from './line.ts'
import { executeMetaArithmetic } from './meta-arithmetic.ts'
import { executeMetaDebug, executeMetaDelete } from './meta-delete.ts'
import { executeMetaGet } from './meta-get.ts'
import { executeMetaSet, readMetaSet } from './meta-set.ts'
import { executeGet, executeGetAndTouch } from './retrieve.ts'
import { executeStats } from './stats.ts'
import {
  executeStore,
  NO_VALUE,
  readStore,
  STORE_ADD,
  STORE_APPEND,
  STORE_CAS,
  STORE_PREPEND,
  STORE_REPLACE,
  STORE_SET,
} from './store.ts'
import { versionOf } from './version.ts'

export interface Command {
  readonly name: string
  /** Where it is counted. */
  readonly series: number
  /** A command of one line. */
  execute(session: ClientSession): void
  /** With a value behind the line: how long the line says it is, or what `readStore` says. */
  readLength(session: ClientSession): number
  /** Stores the value that begins at `from`; undefined for a command of one line. */
  readonly store: ((session: ClientSession, bytes: Uint8Array, from: number) => void) | undefined
  /** The value does not end where the line said. */
  refuseValue(session: ClientSession): void
}

type Unnumbered = Omit<Command, 'series'>

function ofOneLine(name: string, execute: (session: ClientSession) => void): Unnumbered {
  return { name, execute, readLength: () => NO_VALUE, store: undefined, refuseValue() {} }
}

const BAD_CHUNK = 'CLIENT_ERROR bad data chunk\r\n'

function storing(name: string, kind: number): Unnumbered {
  return {
    name,
    execute() {},
    readLength: (session) => readStore(session, kind),
    store: (session, bytes, from) => executeStore(session, kind, bytes, from),
    refuseValue: (session) => session.reply(BAD_CHUNK),
  }
}

const META_SET: Unnumbered = {
  name: 'ms',
  execute() {},
  readLength: readMetaSet,
  store: executeMetaSet,
  refuseValue: (session) => session.say(BAD_CHUNK),
}

function executeNothing(session: ClientSession): void {
  session.count(COUNT.cmd_meta)
  session.say('MN\r\n')
}

const LIST: readonly Unnumbered[] = [
  ofOneLine('get', (session) => executeGet(session, false)),
  ofOneLine('gets', (session) => executeGet(session, true)),
  storing('set', STORE_SET),
  ofOneLine('mg', executeMetaGet),
  META_SET,
  ofOneLine('md', executeMetaDelete),
  ofOneLine('ma', executeMetaArithmetic),
  ofOneLine('mn', executeNothing),
  ofOneLine('me', executeMetaDebug),
  ofOneLine('gat', (session) => executeGetAndTouch(session, false)),
  ofOneLine('gats', (session) => executeGetAndTouch(session, true)),
  storing('add', STORE_ADD),
  storing('replace', STORE_REPLACE),
  storing('append', STORE_APPEND),
  storing('prepend', STORE_PREPEND),
  storing('cas', STORE_CAS),
  ofOneLine('incr', (session) => executeCount(session, false)),
  ofOneLine('decr', (session) => executeCount(session, true)),
  ofOneLine('delete', executeDelete),
  ofOneLine('touch', executeTouch),
  ofOneLine('flush_all', executeFlushAll),
  ofOneLine('version', (session) => session.say(`VERSION ${versionOf(session.facts.version)}\r\n`)),
  ofOneLine('verbosity', executeVerbosity),
  ofOneLine('quit', (session) => {
    session.isClosing = true
  }),
  ofOneLine('shutdown', executeShutdown),
  ofOneLine('stats', executeStats),
  ofOneLine('cache_memlimit', executeMemoryLimit),
  ofOneLine('lru_crawler', executeCrawler),
  ofOneLine('lru', executeLru),
  ofOneLine('slabs', executeSlabs),
  ofOneLine('watch', executeWatch),
]

const FIRST_SERIES = PROTOCOLS.memcached.first + 1
/** Where the command with this place in `COMMAND_NAMES` is counted. */
export function seriesOf(index: number): number {
  return FIRST_SERIES + index
}
const COMMANDS = LIST.map((command, index): Command => ({ ...command, series: seriesOf(index) }))
/** In the order of their series. */
export const COMMAND_NAMES: readonly string[] = COMMANDS.map(({ name }) => name)

const LONGEST_NAME = 16
const LETTERS = 128
const byLengthAndLetter: (readonly Command[] | undefined)[] = new Array(LONGEST_NAME * LETTERS)
for (const command of COMMANDS) {
  const { name } = command
  const index = name.length * LETTERS + name.charCodeAt(0)
  byLengthAndLetter[index] = [...(byLengthAndLetter[index] ?? []), command]
}

/** The command that the line names. */
export function commandOf(): Command | undefined {
  if (line.count === 0) return undefined
  const letter = line.bytes[line.starts[0]!]!
  const length = line.wordBytes(0)
  if (length >= LONGEST_NAME || letter >= LETTERS) return undefined
  const candidates = byLengthAndLetter[length * LETTERS + letter]
  if (candidates === undefined) return undefined
  for (const command of candidates) if (line.is(0, command.name)) return command
  return undefined
}
