/**
 * What must hold when a program has ended, whoever died: the dead are recovered, every chunk is
 * accounted for, the counts are those of the table, some order of the calls explains all that they
 * returned and all that is left, and the mutation feed has told what happened.
 */
import { checkHistory, describeWitness } from '../../linearize/check.ts'
import { type Call as Recorded, CUT, returned, threw } from '../../linearize/history.ts'
import type { KeyState } from '../../linearize/model.ts'
import { WAYS } from '../../../native-layout/limits.ts'
import { PAGE } from '../../../native-layout/page.ts'
import { BUCKET, BUCKET_SHIFT, isLive } from '../../../native-layout/table-slot.ts'
import { HeddleError } from '../../../src/engine/errors.ts'
import { checkIntegrity } from '../../../src/memory/check-integrity.ts'
import { expiryIn } from '../../../src/memory/entry.ts'
import { recoverDead } from '../../../src/memory/lease.ts'
import { chunkAddress, handleIn, pageAddress, pageOf, segmentOf } from '../../../src/memory/view.ts'
import { tickOf } from '../../../src/memory/complete-entry.ts'
import { presenceAt } from '../../../src/memory/write-entry.ts'
import type { Call, Run } from '../program.ts'
import { newcomerProblems } from './newcomer-check.ts'
import { feedProblems } from './feed-check.ts'
import type { Action, Deed } from './operations.ts'
import { listedBy, readBy, type World } from './world.ts'

/** What a program's steps mean, and where they began. */
export interface Case {
  readonly world: World
  /** The steps of each thread. */
  readonly deeds: readonly (readonly Deed[])[]
  readonly initial: Readonly<Record<string, KeyState>>
  /** All keys that the program touches. */
  readonly keys: readonly string[]
  /** What the program asks itself, once nothing else is wrong. */
  check(run: Run): readonly string[]
}

const RECOVERIES = 4

export function judge(of: Case, run: Run, verdicts: Map<string, readonly string[]>): string[] {
  const { world } = of
  const problems = run.calls.flatMap(crashOf)
  const view = world.janitor.view
  for (const thread of run.dead) world.mourn(thread)
  let left = 0
  for (let tries = 0; tries < RECOVERIES; tries++) if ((left = recoverDead(view)) === 0) break
  if (left > 0) problems.push(`${left} dead rows could not be recovered`)
  problems.push(...checkIntegrity(view).problems, ...boundProblems(world))
  if (run.dead.length === 0) problems.push(...newcomerProblems(view))
  if (problems.length > 0) return problems
  const evictions = world.evictions - world.evictionsBefore
  // Who dies between an eviction and its count leaves one uncounted.
  const losses = evictions + (world.mayEvict ? run.dead.length : 0)
  const final = finalState(of)
  problems.push(...final.problems, ...feedProblems(of, run, final.there))
  const calls = [...run.calls.flatMap((call) => recorded(of, call, run)), ...final.calls]
  problems.push(...explained(calls, of, losses, verdicts))
  return problems.length > 0 ? problems : [...of.check(run)]
}

/** A page's bound is no later than what is over first in it, or a sweep would never come. */
function boundProblems({ janitor: { view } }: World): string[] {
  const problems: string[] = []
  for (let bucket = 0; bucket < view.buckets; bucket++) {
    const table = view.tables[bucket >>> view.tableShift]!
    for (let way = 0; way < WAYS; way++) {
      const word = table[((bucket & view.tableMask) << BUCKET_SHIFT) + BUCKET.A + way]!
      if (!isLive(word)) continue
      const handle = handleIn(view, word)
      const page = pageOf(view, handle)
      const segment = segmentOf(view, page)
      const at = chunkAddress(view, handle)
      const presence = presenceAt(view.data[segment]!, at)
      const expiry = expiryIn(view.dataDoubles[segment]!, at, presence)
      const bound = view.control[pageAddress(view, page) + PAGE.EXPIRY]!
      if (expiry !== 0 && bound > tickOf(view, expiry)) {
        problems.push(`page ${page} is not swept before ${bound}, but an entry is over earlier`)
      }
    }
  }
  return problems
}

/** A step may be refused; it may not crash. */
function crashOf({ label, error }: Call): string[] {
  if (error === undefined || error instanceof HeddleError) return []
  return [`${label} crashed: ${error instanceof Error ? error.stack : String(error)}`]
}

interface Final {
  readonly calls: Recorded[]
  readonly there: ReadonlySet<string>
  readonly problems: string[]
}

/** What the keys hold at the end, as calls that come after all others. */
function finalState({ world, keys }: Case): Final {
  const { janitor } = world
  const clock = clockAt(world, world.now())
  const there = new Set<string>()
  const calls = keys.map((key, n): Recorded => {
    const value = readBy(janitor, key)
    if (value !== undefined) there.add(key)
    const at = END + 2 * n
    const outcome = returned(value)
    return {
      thread: -1,
      invoked: at,
      returned: at + 1,
      key,
      operation: { name: 'get' },
      outcome,
      ...clock,
    }
  })
  const problems: string[] = []
  const listed = listedBy(janitor)
    .filter((key) => keys.includes(key))
    .sort()
  if (listed.join() !== [...there].sort().join()) {
    problems.push(`iterating meets the keys ${listed.join()}, reading finds ${[...there].join()}`)
  }
  return { calls, there, problems }
}
const END = 1e12

/** A call as the checker of histories takes it; an iteration is a look at each key. */
function recorded(of: Case, call: Call, run: Run): Recorded[] {
  const deed = of.deeds[call.thread]![call.step]!
  const isCut = call.returned === Number.POSITIVE_INFINITY
  const { invoked } = call
  const span = {
    thread: call.thread,
    invoked,
    // It returned before the access of that number: what begins there came after it.
    returned: isCut ? END - 1 : call.returned - 0.5,
    ...clockDuring(of, call, run),
  }
  return deed.actions(call.result).map((action: Action): Recorded => {
    const outcome = isCut
      ? CUT
      : call.error instanceof HeddleError
        ? threw(call.error.code)
        : returned(action.result)
    return { ...span, key: action.key, operation: action.operation, outcome }
  })
}

function clockAt({ clockMoves }: World, now: number): Pick<Recorded, 'clock'> {
  return clockMoves ? { clock: [now, now] } : {}
}

/** The clock before and after a call: what earlier and overlapping steps made of it. */
function clockDuring({ world, deeds }: Case, call: Call, run: Run): Pick<Recorded, 'clock'> {
  if (!world.clockMoves) return {}
  let before = world.clockBefore
  let after = before
  for (const other of run.calls) {
    const { ticks } = deeds[other.thread]![other.step]!
    if (other.returned <= call.invoked) before += ticks
    if (other.invoked < call.returned) after += ticks
  }
  return { clock: [before, after] }
}

/** Asks the checker, once for each history of a program. */
function explained(
  calls: readonly Recorded[],
  { initial }: Case,
  losses: number,
  verdicts: Map<string, readonly string[]>,
): readonly string[] {
  const name = nameOf(calls, losses)
  const known = verdicts.get(name)
  if (known !== undefined) return known
  const verdict = checkHistory(calls, { initial, losses })
  const problems =
    verdict.ok === true
      ? []
      : [verdict.ok === false ? describeWitness(verdict.witness) : 'the history is undecided']
  verdicts.set(name, problems)
  return problems
}

/** Histories are equal if the same events come in the same order. */
function nameOf(calls: readonly Recorded[], losses: number): string {
  const times = [...new Set(calls.flatMap(({ invoked, returned }) => [invoked, returned]))]
  const rank = new Map(times.sort((a, b) => a - b).map((time, at) => [time, at]))
  const parts = calls.map((call) => [
    call.thread,
    rank.get(call.invoked),
    rank.get(call.returned),
    call.key,
    call.operation,
    call.outcome,
    call.clock,
  ])
  return JSON.stringify([losses, parts])
}
