/**
 * The opcodes of the binary protocol, what a request of each must look like, and what it does.
 *
 * Lengths are judged by the header alone: whoever waited for bytes that cannot belong to a request
 * might wait for ever. A wrong one ends the connection after its reply, since nobody knows then
 * where the next request begins.
 */
import { PROTOCOLS } from '../../observe/observation-board.ts'
import {
  executeSaslAuth,
  executeSaslList,
  executeSaslStep,
  isForNobody,
  isSasl,
  UNFINISHED,
} from './authenticate.ts'
import {
  executeFlush,
  executeNoop,
  executeQuit,
  executeStat,
  executeVerbosity,
  executeVersion,
} from './binary-admin.ts'
import {
  FLAG_BYTES,
  frame,
  HEADER_BYTES,
  replyError,
  REQUEST_MAGIC,
  STATUS,
} from './binary-frame.ts'
import { executeGet, executeTouch } from './binary-retrieve.ts'
import { executeCount, executeDelete, executeStore, refuseValue } from './binary-store.ts'
import type { ClientSession } from './client-session.ts'
import { MAX_KEY_BYTES } from './line.ts'
import { mayRunFrame } from './permissions.ts'
import { STORE_ADD, STORE_APPEND, STORE_PREPEND, STORE_REPLACE, STORE_SET } from './store.ts'

interface BinaryCommand {
  /** Where it is counted. */
  readonly series: number
  readonly isQuiet: boolean
  /** Whether the lengths of the request are those of this command. */
  fits(): boolean
  readonly execute: (session: ClientSession) => void
  /** A kind of store.ts, where a value of any length follows; else NO_STORE. */
  readonly store: number
}

const NO_STORE = -1
const STORE_EXTRA_BYTES = 8
const COUNT_EXTRA_BYTES = 20
const TIME_BYTES = 4
/** In the order of their series; a quiet form counts as its command. */
export const BINARY_COMMAND_NAMES: string[] = []
const commands: (BinaryCommand | undefined)[] = new Array(256).fill(undefined)

/** A command, and its quiet form if there is one. */
function define(
  name: string,
  [opcode, quiet]: readonly [number, number?],
  fits: () => boolean,
  execute: BinaryCommand['execute'],
  store = NO_STORE,
): void {
  const series = PROTOCOLS['memcached-binary'].first + BINARY_COMMAND_NAMES.push(name)
  commands[opcode] = { series, isQuiet: false, fits, execute, store }
  if (quiet !== undefined) commands[quiet] = { series, isQuiet: true, fits, execute, store }
}

const isBare = (): boolean => frame.bodyBytes === 0
const isKeyed = (): boolean => isKeyWith(0) && frame.valueBytes === 0
const isTimed = (): boolean => isKeyWith(TIME_BYTES) && frame.valueBytes === 0
const isCounted = (): boolean => isKeyWith(COUNT_EXTRA_BYTES) && frame.valueBytes === 0
function isKeyWith(extraBytes: number): boolean {
  return frame.keyBytes > 0 && frame.extraBytes === extraBytes
}

function defineStore(
  name: string,
  opcodes: readonly [number, number],
  store: number,
  extraBytes: number,
): void {
  const execute = (session: ClientSession): void => executeStore(session, store)
  define(name, opcodes, () => isKeyWith(extraBytes), execute, store)
}

define('get', [0x00, 0x09], isKeyed, (session) => executeGet(session, false))
defineStore('set', [0x01, 0x11], STORE_SET, STORE_EXTRA_BYTES)
defineStore('add', [0x02, 0x12], STORE_ADD, STORE_EXTRA_BYTES)
defineStore('replace', [0x03, 0x13], STORE_REPLACE, STORE_EXTRA_BYTES)
define('delete', [0x04, 0x14], isKeyed, executeDelete)
define('increment', [0x05, 0x15], isCounted, (session) => executeCount(session, false))
define('decrement', [0x06, 0x16], isCounted, (session) => executeCount(session, true))
define('quit', [0x07, 0x17], isBare, executeQuit)
define(
  'flush',
  [0x08, 0x18],
  () => isBare() || (frame.extraBytes === TIME_BYTES && frame.bodyBytes === TIME_BYTES),
  executeFlush,
)
define('noop', [0x0a], isBare, executeNoop)
define('version', [0x0b], isBare, executeVersion)
define('getk', [0x0c, 0x0d], isKeyed, (session) => executeGet(session, true))
defineStore('append', [0x0e, 0x19], STORE_APPEND, 0)
defineStore('prepend', [0x0f, 0x1a], STORE_PREPEND, 0)
define('stat', [0x10], () => frame.bodyBytes === frame.keyBytes, executeStat)
define(
  'verbosity',
  [0x1b],
  () => frame.extraBytes === FLAG_BYTES && frame.bodyBytes === FLAG_BYTES,
  executeVerbosity,
)
define('touch', [0x1c], isTimed, (session) => executeTouch(session, false, false))
define('gat', [0x1d, 0x1e], isTimed, (session) => executeTouch(session, false, true))
define('gatk', [0x23, 0x24], isTimed, (session) => executeTouch(session, true, true))
// SASL: its mechanisms, and the two requests of an authentication. Unknown where nobody is.
define('sasl_list', [0x20], isBare, executeSaslList)
define('sasl_auth', [0x21], () => isKeyWith(0), executeSaslAuth)
define('sasl_step', [0x22], () => isKeyWith(0), executeSaslStep)

/** Where requests with this opcode, one that is known, are counted. */
export function seriesOfOpcode(opcode: number): number {
  return commands[opcode]!.series
}

/**
 * Executes the request that begins at `from`.
 * @returns where the next one begins, which lies beyond `to` when the rest of this one is to be
 * passed over; or UNFINISHED
 */
export function executeFrame(
  session: ClientSession,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  if (bytes[from] !== REQUEST_MAGIC) {
    session.isClosing = true
    return to
  }
  if (to - from < HEADER_BYTES) return want(HEADER_BYTES)
  frame.read(bytes, from)
  if (frame.valueBytes < 0) return end(session, STATUS.UNKNOWN, to)
  if (frame.keyBytes > MAX_KEY_BYTES) return end(session, STATUS.INVALID, to)
  const { login } = session
  if (login?.isAuthenticated === false && !isForNobody()) return end(session, STATUS.REFUSED, to)
  const command = commands[frame.opcode]
  if (command !== undefined && !command.fits()) return end(session, STATUS.INVALID, to)
  if (command === undefined || (login === undefined && isSasl())) {
    replyError(session, STATUS.UNKNOWN)
    return frame.end
  }
  session.isQuiet = command.isQuiet
  session.series = command.series
  session.watched = session.facts.watchedKinds()
  if (login?.isAuthenticated) {
    if (to < frame.valueAt) return want(frame.valueAt - from)
    if (!mayRunFrame(login)) {
      replyError(session, STATUS.REFUSED)
      return frame.end
    }
  }
  if (command.store !== NO_STORE && frame.valueBytes > session.maxItemBytes) {
    if (to < frame.valueAt) return want(frame.valueAt - from)
    refuseValue(session, command.store)
    return frame.end
  }
  if (to < frame.end) return want(frame.end - from)
  command.execute(session)
  return frame.end
}

function want(count: number): typeof UNFINISHED {
  frame.wantedBytes = count
  return UNFINISHED
}

/** Lengths that cannot be: a reply, and the end of the connection. */
function end(session: ClientSession, status: number, to: number): number {
  replyError(session, status)
  session.isClosing = true
  return to
}
