/**
 * Requests that are executed from where they were found, and near misses, which are not. `K` stands
 * for the key of a state; each request is tried on all of them.
 */
import { ask, encode, OP, type Request, store, words } from './frames.ts'

const T32 = 'abcdefghijklmnopqrstuvwxyz012345'

/** Found and executed from there. */
export const GETS: readonly string[] = [
  'get K\r\n',
  'get K\n',
  ...['', ' v', ' v k', ' k v', ' s v f', ' v f c', ' v k q', ' q', ' q k v', ' v Oabc'].map(mg),
  ...[' O v', ` k f s c q O${T32} v`, ' k', ' f', ' s', ' c', ' Oa k'].map(mg),
  'mg K v k\n',
]
export const SETS: readonly string[] = [
  'set K 3 0 5\r\nhello\r\n',
  ...['', ' T0', ' T100', ' F7', ' F0', ' q', ' k', ' Oab', ' c', ' s', ' MS'].map(ms),
  ...[' T10 F3 q', ` k O${T32} T5 c s`, ' T00012', ' MS k', ' F999999999', ' O'].map(ms),
  'ms K 0\r\n\r\n',
  'ms K 005\nhello\r\n',
  'ms K 7 T0\nget a\r\n\r\n',
]

/** Left to the command line. */
export const UNUSUAL: readonly string[] = [
  ...[' v v', '  v', ' v ', ' vk', ' k v k', ' b v', ' v b', ' t', ' h v', ' l', ' u v', ' T0'].map(
    mg,
  ),
  ...[' N0 v', ' R30 v', ' E5 v', ' C5 v', ' v Z', ' \x7f', ' v\x01', ' v\r', ' 5', ' s1'].map(mg),
  ...[` O${T32}6`, ' Ox Oy', ' v\x80', '\x01'].map(mg),
  'MG K v\r\n',
  ' mg K v\r\n',
  'mg  K v\r\n',
  'mgK v\r\n',
  'mg \r\n',
  'mg\r\n',
  'mgs K v\r\n',
  ...[' T', ' T-1', ' T+5', ' T1234567890', ' Tx', ' F', ' F4294967295', ' F4294967296'].map(ms),
  ...[' F-1', ' F+7', ' MSx', ' M', ' Ms', ' ME', ' MA', ' MP', ' MR', ' MX', ' I', ' b'].map(ms),
  ...[' C5', ' E77', ' N5 MA', ' T0 T0', ' ', '  T0', ' v', ' D5', ` O${T32}6`, ' \x01'].map(ms),
  'ms K -0\r\n\r\n',
  `ms K 4097\r\n${'x'.repeat(4097)}\r\n`,
  `mg ${'k'.repeat(251)} v\r\n`,
  `ms ${'k'.repeat(251)} 1\r\nx\r\n`,
]

/** The same, and nobody knows where the next command begins. */
export const BROKEN: readonly string[] = [
  'ms K -5\r\n',
  'ms K x\r\n',
  'ms K 4\r\nhello\r\nmn\r\n',
  'ms K 6\r\nhello\r\n\r\n',
  'ms K 5\r\nhello\n\n',
  'ms K 5\rhello\r\n\r\n',
  'ms K 2147483646\r\n',
  'ms K\r\n',
]

/** Replied to from elsewhere, though they are found. */
export const LONG: readonly string[] = [
  `mg ${'k'.repeat(250)} v k\r\n`,
  `ms ${'k'.repeat(250)} 1 k\r\nx\r\n`,
  `ms K 4096\r\n${'y'.repeat(4096)}\r\n`,
]

function mg(flags: string): string {
  return `mg K${flags}\r\n`
}

function ms(flags: string): string {
  return `ms K 5${flags}\r\nhello\r\n`
}

/** What a key may hold when requests come: how it is made, and how many seconds ago. */
export const STATES: readonly (readonly [name: string, requests: string, secondsAgo: number])[] = [
  ['absent', '', 0],
  ['short', 'set K 0 0 5\r\nvalue\r\n', 0],
  ['empty', 'set K 0 0 0\r\n\r\n', 0],
  ['with flags', 'set K 7 0 5\r\nvalue\r\n', 0],
  ['with all flags', 'set K 4294967295 0 2\r\nab\r\n', 0],
  ['of 129 bytes', `set K 0 0 129\r\n${'v'.repeat(129)}\r\n`, 0],
  ['of 999 bytes', `set K 9 0 999\r\n${'v'.repeat(999)}\r\n`, 0],
  ['of 1000 bytes', `set K 0 0 1000\r\n${'v'.repeat(1000)}\r\n`, 0],
  ['of many chunks', `set K 0 0 90000\r\n${'v'.repeat(90_000)}\r\n`, 0],
  ['expiring', 'set K 0 100 5\r\nvalue\r\n', 5],
  ['over', 'set K 0 5 5\r\nvalue\r\n', 10],
  ['used long ago', 'set K 1 0 5\r\nvalue\r\n', 61],
  ['with a CAS of its own', 'ms K 5 E123\r\nvalue\r\n', 0],
  ['with the largest CAS', 'ms K 5 E18446744073709551615\r\nvalue\r\n', 0],
  ['stale', 'set K 0 0 5\r\nvalue\r\nmd K I T30\r\n', 0],
  ['stale and won', 'set K 0 0 5\r\nvalue\r\nmd K I T30\r\nmg K v\r\n', 0],
  ['made by N', 'mg K N30 v\r\n', 0],
]

const OPAQUE = 0x81_0a_ff_20
const frameOf =
  (request: Request, cas = 0n) =>
  (key: string) =>
    encode({ ...request, key, cas }, OPAQUE, 0n)
type Frame = (key: string) => Buffer

export const FRAMES: readonly Frame[] = [
  ...[OP.get, OP.getq, OP.getk, OP.getkq].map((op) => frameOf(ask(op))),
  frameOf(ask(OP.get), 5n),
  frameOf(ask(OP.getk, '', { lies: { dataType: 7, vbucket: 300 } })),
  ...[OP.set, OP.setq].flatMap((op) => [
    frameOf(store(op, '', 'hello')),
    frameOf(store(op, '', '', { flags: 0xffff_ffff, seconds: 0xffff_ffff })),
    frameOf(store(op, '', 'hello', { flags: 7, seconds: 100 })),
    frameOf(store(op, '', 'x'), 123n),
    frameOf(store(op, '', 'x'), 2n ** 63n),
  ]),
]

/** Requests of other commands, and frames whose lengths are for binary-commands.ts. */
export const UNUSUAL_FRAMES: readonly Frame[] = [
  ...[OP.gat, OP.gatk, OP.touch].map((op) => frameOf(ask(op, '', { extras: words(9) }))),
  ...[OP.delete, OP.noop, OP.add, 0x55].map((op) => frameOf(ask(op))),
  frameOf(store(OP.add, '', 'x')),
  frameOf(store(OP.set, '', 'x'.repeat(4097))),
  frameOf(ask(OP.set)),
  frameOf(ask(OP.get, '', { extras: words(1) })),
  frameOf(ask(OP.get, '', { value: 'v' })),
  frameOf(ask(OP.get, '', { lies: { keyBytes: 0 } })),
  frameOf(ask(OP.get, '', { lies: { keyBytes: 251 } })),
  frameOf(ask(OP.get, '', { lies: { bodyBytes: 0 } })),
  frameOf(ask(OP.get, '', { lies: { magic: 0x81 } })),
  frameOf(ask(OP.set, '', { extras: words(0, 0), lies: { extraBytes: 7 } })),
  frameOf(ask(OP.set, '', { extras: words(0, 0), lies: { bodyBytes: 8 } })),
]
