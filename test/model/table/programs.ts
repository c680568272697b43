/**
 * What the table model explores: which thread does what, on how many slots and chunks.
 *
 * Operations: set and add take key, value, chunks of the value; evict and move a slot; flush a
 * namespace (none: all); flushAt and tick a time. After the threads come the free chunks of each.
 * preload: key=value, *chunks, @slot (0, 1, ... unless named). The largest are marked deep.
 */
import { type Arguments, parseNumbers, parseOps, parseThreads } from '../checker/program-text.ts'
import { ALL_SPACES, type TableProgram } from './words.ts'

const MEANING: Arguments = {
  get: ['key'],
  gets: ['key'],
  set: ['key', 'value', 'parts'],
  add: ['key', 'value', 'parts'],
  del: ['key'],
  incr: ['key'],
  grow: ['key'],
  cas: ['key', 'value'],
  touch: ['key'],
  evict: ['slot'],
  move: ['slot'],
  flush: ['slot'],
  flushAt: ['value'],
  tick: ['value'],
}

type Rest = Omit<Partial<TableProgram>, 'preload' | 'respawn'> & {
  preload?: string
  respawn?: string
}

function program(name: string, threads: string, magazines: string, rest: Rest = {}): TableProgram {
  const preload = (rest.preload ?? '').split(' ').filter(Boolean).map(parseEntry)
  const free = parseNumbers(magazines)
  const used = preload.reduce((n, p) => n + p.parts, 0)
  return {
    ...rest,
    name,
    threads: parseThreads(threads, MEANING).map((ops) => ops.map(everything)),
    magazines: free,
    preload: preload.map((p, i) => ({ ...p, slot: p.slot ?? i })),
    respawn: rest.respawn ? parseOps(rest.respawn, MEANING) : [],
    chunks: free.reduce((a, b) => a + b, used),
  }
}
const everything = <T extends { op: string; slot?: number }>(o: T): T =>
  o.op === 'flush' ? { ...o, slot: o.slot ?? ALL_SPACES } : o

function parseEntry(text: string): { key: number; value: number; parts: number; slot?: number } {
  const found = /^(\d+)=(\d+)(?:\*(\d+))?(?:@(\d+))?$/.exec(text)
  if (!found) throw new Error(`no entry: ${text}`)
  const [, key, value, parts, slot] = found
  return {
    key: Number(key),
    value: Number(value),
    parts: Number(parts ?? 1),
    ...(slot && { slot: Number(slot) }),
  }
}

const noKills = { kills: false }
const one = { preload: '1=1' }
const oneWay = { ways: 1 }
/** All keys share one tag. */
const sameTag = { tags: [0, 1, 1, 1, 1] }
/** Two buckets of one slot; keys 1 and 3 are at home in the first, 2 and 4 in the second. */
const pair = {
  ways: 1,
  buckets: 2,
  keys: 4,
  candidates: [[], [0, 1], [1, 0], [0, 1], [1, 0]],
  roomy: 1,
}
/** The first bucket is full (key 1), so that key 3 goes to the second. */
const full = { ...pair, ...one }

export const TABLE_PROGRAMS: readonly TableProgram[] = [
  // one bucket: what the reference model explores with home slots; here all slots are reserved
  program('create-create', 'set 1 2 | set 1 3', '1 1'),
  program('add-add', 'add 1 2, get 1 | add 1 3, get 1', '1 1'),
  program('create-del-get', 'set 1 2 | set 1 3, del 1, get 1', '1 1'),
  program('set-set', 'set 1 2 | set 1 3', '1 1', one),
  program('set-del', 'set 1 2 | del 1, get 1', '1 1', one),
  program('del-del-evict', 'del 1 | del 1 | evict 0', '0 0 0', one),
  program('incr-incr', 'incr 1, incr 1 | incr 1', '1 1', one),
  program('cas-cas', 'gets 1, cas 1 2 | gets 1, cas 1 3', '1 1', { ...one, ...noKills }),
  program('read-vs-reuse', 'set 1 2, set 1 3, set 1 4, set 1 5 | get 1', '1 0', {
    ...one,
    ...noKills,
  }),
  program('false-miss', 'set 1 2, set 2 3 | get 1', '1 0', {
    ...one,
    ...noKills,
    ...sameTag,
    versionBits: 2,
  }),
  program('move-del', 'move 0 | del 1, get 1', '1 1', one),
  program('exists-shared-tag', 'del 2, set 1 3 | add 1 4, get 1', '0 1', {
    ...noKills,
    ...sameTag,
    preload: '2=1',
    versionBits: 2,
  }),
  program('recreate', 'set 1 2, del 1, set 1 4 | set 1 5', '2 1', { ...noKills, ...oneWay }),
  program('late-helper', 'set 1 2 | set 2 3, del 2, set 2 4 | del 1', '1 2 0', {
    ...noKills,
    ...oneWay,
    deep: true,
  }),
  program('two-buckets-help', 'set 1 2, set 2 3 | set 1 4, set 2 5', '2 2', {
    ...noKills,
    ...oneWay,
    buckets: 2,
    candidates: [[], [0], [1]],
  }),
  program('evict-for-room', 'set 1 2 | set 2 3', '1 1', { ...oneWay, preload: '3=1', keys: 3 }),
  program('evict-for-chunk', 'set 1 2 | set 2 3', '0 0', { preload: '1=1 2=1' }),
  program('respawn', 'set 1 2 | add 1 3', '1 1', { ...oneWay, respawn: 'del 1' }),
  program('restart-set', 'set 1 2 | set 1 3', '1 1', { ...one, restarts: true }),
  program('restart-create', 'set 1 2 | add 1 3', '1 1', { ...oneWay, restarts: true }),
  program('two-die', 'del 1 | set 1 2', '0 1', { ...one, maxKills: 2, restarts: true }),
  program('late-set-set', 'set 1 2 | set 1 3', '1 1', { ...one, late: true }),
  program('late-create', 'set 1 2 | add 1 3, del 1', '1 1', { ...oneWay, late: true }),
  program('no-version-bits', 'incr 1, incr 1 | incr 1', '2 1', {
    ...one,
    ...noKills,
    versionBits: 0,
  }),
  // several candidates: the depth in the home word
  program('depth-one-key', 'set 3 2, get 3 | set 3 4', '1 1', full),
  program('depth-get', 'set 3 2, set 3 4 | get 3, get 3', '2 0', full),
  program('depth-add-add', 'add 3 2 | add 3 4, get 3', '1 1', full),
  program('depth-del-home', 'del 1, set 3 4 | add 3 2, get 3', '1 1', full),
  program('depth-stays', 'del 1, set 1 4 | get 3', '1 0', { ...pair, preload: '1=1 3=1' }),
  program('depth-two-homes', 'set 3 2, get 3 | set 2 3, get 2', '1 1', full),
  program('depth-refill', 'set 3 2, del 3 | set 2 3, get 3', '1 1', full),
  program('depth-shared-tag', 'set 3 2, get 3 | set 2 3', '1 1', { ...full, ...sameTag }),
  program('depth-restart', 'set 3 2 | set 2 3', '1 1', { ...full, restarts: true }),
  program('depth-late', 'set 3 2, del 3 | set 3 4', '1 1', { ...full, late: true }),
  program('depth-respawn', 'set 3 2 | add 3 4', '1 1', { ...full, respawn: 'del 3' }),
  program('depth-3', 'set 3 2 | set 2 3 | del 3', '1 1 0', { ...full, ...noKills }),
  // room in a further candidate before an eviction, refusal without one
  program('room-alone', 'set 3 2, set 2 3, get 1', '2', full),
  program('room-roomy', 'set 3 2 | set 3 4', '2 1', {
    ...one,
    ...noKills,
    ways: 2,
    buckets: 2,
    keys: 4,
    candidates: [[], [0, 1], [1, 0], [0, 1], [1, 0]],
    roomy: 2,
  }),
  program('room-none', 'set 3 2, get 1 | set 2 3', '1 1', { ...full, eviction: 'none' }),
  program('room-evict', 'set 3 2 | set 4 3', '1 1', { ...pair, ...noKills, preload: '1=1 2=1' }),
  program('room-evict-kill', 'set 3 2 | get 1', '1 0', { ...pair, preload: '1=1 2=1' }),
  program('room-reserved', 'set 1 2 | set 2 3', '1 1', { ways: 1, keys: 2 }),
  // values in several chunks
  program('chain-set', 'set 1 2 2 | set 1 3 2', '2 2', { preload: '1=1*2' }),
  program('chain-three', 'set 1 2 3 | del 1', '3 0', { preload: '1=1*3' }),
  program('chain-read', 'set 1 2 2, set 1 3 3 | get 1', '3 0', { preload: '1=1*2' }),
  program('chain-read-reuse', 'set 1 2 3, set 1 3 2 | get 1', '3 0', {
    ...noKills,
    preload: '1=1*3',
    versionBits: 0,
  }),
  program('chain-create', 'set 1 2 2 | add 1 3 2', '2 2', oneWay),
  program('chain-restart', 'set 1 2 2 | del 1', '2 0', { preload: '1=1*2', restarts: true }),
  program('chain-add-drop', 'add 1 2 3 | del 1', '3 0', { ...one, restarts: true }),
  program('chain-evict', 'set 1 2 3 | get 2', '1 0', { preload: '2=1*3', restarts: true }),
  program('chain-refuse', 'set 1 2 3 | get 2', '2 0', { preload: '2=1*2', eviction: 'none' }),
  program('chain-respawn', 'set 1 2 2 | set 1 3', '2 1', {
    preload: '1=1*2',
    respawn: 'set 1 4 2',
  }),
  // entries and bytes, counted once per sequence number
  program('bytes-set', 'set 1 5, set 1 2 | set 1 3', '2 1', { ...one, bytes: true }),
  program('bytes-create-del', 'set 1 5 | del 1', '1 0', { ...oneWay, bytes: true, restarts: true }),
  program('bytes-evict', 'set 1 5 | get 3', '1 0', {
    ...oneWay,
    preload: '3=7',
    bytes: true,
    keys: 3,
    restarts: true,
  }),
  program('bytes-evict-chunk', 'set 1 5 | set 2 6', '0 0', {
    ...noKills,
    preload: '1=7 2=4',
    bytes: true,
  }),
  program('bytes-restart', 'set 1 5 | set 1 3', '1 1', { ...one, bytes: true, restarts: true }),
  program('grow-evicts', 'grow 1 | set 1 5, set 1 6', '0 1', {
    ...noKills,
    preload: '1=1@1 2=3@0',
    versionBits: 0,
  }),
  program('grow-incr', 'grow 1 | incr 1, del 2', '0 1', {
    ...noKills,
    preload: '1=1@1 2=3@0',
    versionBits: 0,
  }),
  // flush by the sum of epochs
  program('flush-set-get', 'flush | set 1 2, get 1', '0 1', one),
  program('flush-spaces', 'flush 0, get 2 | flush, set 1 2, get 1', '0 1', {
    ...noKills,
    preload: '1=1 2=3',
    spaces: [0, 0, 1],
  }),
  program('flush-add-set', 'flush, add 1 3, get 1 | set 1 2', '1 1', one),
  program('flush-cached', 'flush, set 2 4, get 2 | set 1 2, set 2 3, get 2', '2 2', {
    ...one,
    ...noKills,
    ways: 3,
    versionBits: 2,
  }),
  program('flush-twice', 'flush 0, set 1 2, flush, get 1 | get 1', '2 0', { ...one, ...noKills }),
  program('flush-both', 'flush 0, get 1 | flush, get 1 | set 1 2, get 1', '0 0 1', {
    ...one,
    ...noKills,
  }),
  program('flush-set-flush', 'flush, set 1 3, flush 0, get 1 | incr 1', '1 1', one),
  program('flush-cas', 'flush, set 1 3, flush 0, get 1 | gets 1, cas 1 2', '1 1', {
    ...one,
    ...noKills,
  }),
  program('flush-touch', 'flush, get 1 | touch 1, get 1', '0 1', one),
  program('flush-del', 'flush, get 1 | del 1, set 1 2', '0 1', one),
  program('flush-late', 'flush, add 1 3, get 1 | set 1 2', '1 1', { ...one, late: true }),
  program('flush-at', 'flushAt 2, tick 2, get 1 | set 1 2, get 1', '0 1', one),
  program('flush-at-once', 'flushAt 2, tick 2, get 1 | get 1, set 1 2 | get 1', '0 1 0', {
    ...one,
    ...noKills,
  }),
  program(
    'flush-at-moved',
    'flushAt 1, flushAt 2, get 1 | tick 1, get 1, set 1 2, tick 2, get 1',
    '0 1',
    { ...one, ...noKills },
  ),
]
