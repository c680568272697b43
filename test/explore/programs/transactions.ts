/**
 * Transactions against everything else: some order of all calls, each at one moment over all keys,
 * explains what they returned and what is left. The orders are tried one by one: there are few.
 */
import { HeddleError } from '../../../src/engine/errors.ts'
import { checkIntegrity } from '../../../src/memory/check-integrity.ts'
import { recoverDead } from '../../../src/memory/lease.ts'
import type { Bounds, Call, Prepared, Program, Run, Step } from '../program.ts'
import { nameOf } from './names.ts'
import {
  type Act,
  add,
  evict,
  flush,
  get,
  increment,
  keysIn,
  listing,
  move,
  recover,
  remove,
  set,
  type State,
  touching,
} from './transaction-acts.ts'
import { rename, transfer, watched, write } from './transaction-deeds.ts'
import { World, type WorldOptions } from './world.ts'

export interface Play {
  readonly about: string
  /** What is there first. */
  readonly first: State
  readonly acts: readonly (readonly Act[])[]
  readonly options?: Omit<WorldOptions, 'threads'>
  /** The keys are of one home. */
  readonly isOneHome?: boolean
}
const LETTERS = ['a', 'b', 'c']
const RECOVERIES = 4

export function playProgram(name: string, play: Play, full?: Bounds): Program {
  const prepare = (): Prepared => prepared(play)
  return { name, about: play.about, prepare, ...(full === undefined ? {} : { full }) }
}

function prepared({ first, acts, options, isOneHome = false }: Play): Prepared {
  const world = new World({ threads: acts.length, pageBytes: 512, pages: 48, ...options })
  const names = world.keys(LETTERS.length, ({ home }) => !isOneHome || home === 0)
  const keys = Object.fromEntries(LETTERS.map((letter, at) => [letter, names[at]!]))
  const { engine } = world.janitor
  for (const [letter, value] of Object.entries(first)) engine.set(keys[letter]!, value)
  for (const { engine: own, index, session } of world.actors) {
    own.set(`-${index}`, 'x')
    own.delete(`-${index}`)
    if (session.near !== undefined) for (const name of names) own.get(name)
  }
  world.seal()
  return {
    threads: acts.map((line, thread) =>
      line.map(
        (act): Step => ({
          label: act.label,
          run: () => act.run(world.actors[thread]!, keys),
        }),
      ),
    ),
    memory: world.memory,
    privates: world.actors.map(({ session }) => [session]),
    died: (thread) => world.mourn(thread),
    judges: [world.janitor.session],
    pointedAt: world.chunkSegments,
    nameOf: (buffer, byteOffset) => nameOf(world, buffer, byteOffset),
    judge: (run) => judge(world, keys, first, acts, run),
  }
}

function judge(
  world: World,
  keys: Readonly<Record<string, string>>,
  first: State,
  acts: Play['acts'],
  run: Run,
): string[] {
  const { view, engine } = world.janitor
  for (const thread of run.dead) world.mourn(thread)
  let left = 1
  for (let tries = 0; left > 0 && tries < RECOVERIES; tries++) left = recoverDead(view)
  if (left > 0) return [`${left} dead rows could not be recovered`]
  const problems = run.calls.flatMap(({ label, error }) =>
    error === undefined || error instanceof HeddleError
      ? []
      : [`${label} crashed: ${(error as Error).stack}`],
  )
  problems.push(...checkIntegrity(view).problems)
  const last = Object.fromEntries(LETTERS.map((letter) => [letter, engine.get(keys[letter]!)]))
  if (problems.length > 0) return problems
  if (isExplained(first, run.calls, acts, keysIn(last as State))) return []
  const told = run.calls.map(({ label, result, returned }) => {
    return `${label}: ${returned === Number.POSITIVE_INFINITY ? 'died' : JSON.stringify(result)}`
  })
  return [`no order explains ${told.join('; ')}; left is ${keysIn(last as State)}`]
}

/** Whether the calls that are left can be put in an order that ends as it did. */
function isExplained(
  state: State,
  calls: readonly Call[],
  acts: Play['acts'],
  last: string,
): boolean {
  const must = calls.filter(({ returned }) => returned !== Number.POSITIVE_INFINITY)
  if (must.length === 0 && keysIn(state) === last) return true
  const end = Math.min(...calls.map(({ returned }) => returned))
  return calls.some((call) => {
    // Another one had returned before it began.
    if (call.invoked >= end && call.returned !== end) return false
    const isCut = call.returned === Number.POSITIVE_INFINITY
    const rest = calls.filter((other) => other !== call)
    // What lost too many races has changed nothing.
    if (call.error !== undefined) return isExplained(state, rest, acts, last)
    return acts[call.thread]![call.step]!.ways(state).some(
      (way) => (isCut || way.result === call.result) && isExplained(way.state, rest, acts, last),
    )
  })
}

const BOTH: State = { a: '5', b: '5' }
const NONE: State = {}
const PLAYS: Readonly<Record<string, Play>> = {
  'get, get': {
    about: 'a reader',
    first: BOTH,
    acts: [[write('9', 'a', 'b')], [get('a'), get('b')]],
  },
  'get, get back': {
    about: 'a reader the other way round',
    first: BOTH,
    acts: [[write('9', 'a', 'b')], [get('b'), get('a')]],
  },
  'get, get, absent': {
    about: 'a reader of keys that were absent',
    first: NONE,
    acts: [[write('9', 'a', 'b')], [get('b'), get('a')]],
  },
  write: {
    about: 'another transaction over the same keys',
    first: BOTH,
    acts: [[write('9', 'a', 'b')], [write('8', 'b', 'a')]],
  },
  'write, absent': {
    about: 'another transaction over the same absent keys',
    first: NONE,
    acts: [[write('9', 'a', 'b')], [write('8', 'a', 'b')]],
  },
  set: { about: 'a writer', first: BOTH, acts: [[write('9', 'a', 'b')], [set('a', '1')]] },
  'set, absent': {
    about: 'a writer',
    first: NONE,
    acts: [[write('9', 'a', 'b')], [set('b', '1')]],
  },
  add: { about: 'a creator', first: NONE, acts: [[write('9', 'a', 'b')], [add('a', '1')]] },
  delete: { about: 'a deleter', first: BOTH, acts: [[write('9', 'a', 'b')], [remove('a')]] },
  incr: { about: 'a counter', first: BOTH, acts: [[write('9', 'a', 'b')], [increment('b')]] },
  flush: {
    about: 'a flush',
    first: BOTH,
    acts: [[write('9', 'a', 'b')], [flush, get('a'), get('b')]],
  },
  keys: { about: 'a walk', first: NONE, acts: [[write('9', 'a')], [listing('a')]] },
  evict: { about: 'an eviction', first: BOTH, acts: [[write('9', 'a', 'b')], [evict]] },
  move: { about: 'a page move', first: BOTH, acts: [[write('9', 'a', 'b')], [move]] },
  'transfer x transfer': {
    about: 'two that read what they change',
    first: BOTH,
    acts: [[transfer('a', 'b')], [transfer('b', 'a')]],
  },
  'transfer x incr': {
    about: 'a counter under it',
    first: BOTH,
    acts: [[transfer('a', 'b')], [increment('a')]],
  },
  'transfer x get, get': {
    about: 'the sum is always the same',
    first: BOTH,
    acts: [[transfer('a', 'b')], [get('a'), get('b')]],
  },
  'transfer x delete, add': {
    about: 'a key comes and goes',
    first: BOTH,
    acts: [[transfer('a', 'b')], [remove('b'), add('b', '1')]],
  },
  'rename x get, get': {
    about: 'the value is never missing',
    first: { a: '5' },
    acts: [[rename('a', 'b')], [get('b'), get('a')]],
  },
  'rename x set': {
    about: 'the value is written meanwhile',
    first: { a: '5' },
    acts: [[rename('a', 'b')], [set('a', '1')]],
  },
  'rename x delete': {
    about: 'the value is deleted meanwhile',
    first: { a: '5' },
    acts: [[rename('a', 'b')], [remove('a')]],
  },
  'rename x rename': {
    about: 'two of one key',
    first: { a: '5' },
    acts: [[rename('a', 'b')], [rename('a', 'c')]],
  },
  'rename x flush': {
    about: 'a flush between',
    first: { a: '5' },
    acts: [[rename('a', 'b')], [flush, get('b')]],
  },
  'watch x set': {
    about: 'a watched key is written',
    first: BOTH,
    acts: [watched('a', 'b', '9'), [touching(set('a', '1'), 'a')]],
  },
  'watch absent x add, delete': {
    about: 'a watched key comes and goes',
    first: { b: '5' },
    acts: [watched('a', 'b', '9'), [touching(add('a', '1'), 'a'), touching(remove('a'), 'a')]],
  },
  'watch absent x write, delete': {
    about: 'a watched key comes by a transaction, and goes',
    first: { b: '5' },
    acts: [watched('a', 'b', '9'), [touching(write('1', 'a'), 'a'), touching(remove('a'), 'a')]],
  },
  'watch x delete, add': {
    about: 'a watched key goes and comes',
    first: BOTH,
    acts: [watched('a', 'b', '9'), [touching(remove('a'), 'a'), touching(add('a', '5'), 'a')]],
  },
  'one home': {
    about: 'keys of one home, and a creation there',
    first: NONE,
    acts: [[write('9', 'a', 'b')], [add('c', '1'), get('a')]],
    isOneHome: true,
  },
  'write x write x get, get': {
    about: 'two transactions and a reader',
    first: BOTH,
    acts: [[write('9', 'a', 'b')], [write('8', 'a', 'b')], [get('a'), get('b')]],
  },
  'transfer x transfer x set': {
    about: 'two transactions and a writer',
    first: BOTH,
    acts: [[transfer('a', 'b')], [transfer('b', 'a')], [set('a', '1')]],
  },
}

const MORTAL: Readonly<Record<string, Play>> = {
  write: { about: 'it dies', first: BOTH, acts: [[write('9', 'a', 'b')], [recover, get('a')]] },
  'write, absent': {
    about: 'it dies among absent keys',
    first: NONE,
    acts: [[write('9', 'a', 'b')], [recover, add('a', '1')]],
  },
  rename: {
    about: 'it dies between the one key and the other',
    first: { a: '5' },
    acts: [[rename('a', 'b')], [get('b'), get('a')]],
  },
  'transfer x set': {
    about: 'it or a writer dies',
    first: BOTH,
    acts: [[transfer('a', 'b')], [set('b', '1')]],
  },
  'transfer x transfer': {
    about: 'one of two dies',
    first: BOTH,
    acts: [[transfer('a', 'b')], [transfer('b', 'a')]],
  },
  'write x evict': { about: 'with an eviction', first: BOTH, acts: [[write('9', 'a')], [evict]] },
}
const RECOVERED: Readonly<Record<string, Play>> = {
  'write x recover x set': {
    about: 'it and who recovers it',
    first: BOTH,
    acts: [[write('9', 'a', 'b')], [recover], [recover, set('a', '1')]],
  },
  'rename x recover x get': {
    about: 'it and who recovers it',
    first: { a: '5' },
    acts: [[rename('a', 'b')], [recover], [get('b'), get('a')]],
  },
}

function all(plays: Readonly<Record<string, Play>>, prefix: string, full?: Bounds): Program[] {
  return Object.entries(plays).map(([name, play]) => playProgram(`${prefix}: ${name}`, play, full))
}

export const TRANSACTIONS: readonly Program[] = [
  ...all(PLAYS, 'transaction'),
  ...all(MORTAL, 'death: transaction', { deaths: 1 }),
  ...all(RECOVERED, 'death: transaction', { deaths: 2 }),
]
