/**
 * Whether the mutation feed told what happened: by version the last record of each key says whether
 * it is there, no record is left open, and each acknowledged change has a record of its own.
 */
import { ROW } from '../../../native-layout/thread-row.ts'
import type { Mutation } from '../../../src/engine/feed.ts'
import type { MemoryView } from '../../../src/memory/view.ts'
import type { Run } from '../program.ts'
import type { Case } from './judge.ts'
import type { World } from './world.ts'

/** Calls that change an entry if they return one of these. */
const CHANGES: Readonly<Record<string, (result: unknown) => boolean>> = {
  set: () => true,
  add: (result) => result === true,
  append: (result) => result === true,
  touch: (result) => result === true,
  cas: (result) => result === 'stored',
  incr: (result) => result !== undefined,
}

/** @param there keys that can be read at the end */
export function feedProblems(of: Case, run: Run, there: ReadonlySet<string>): string[] {
  const { world, keys } = of
  if (world.reader.thread >= 0) return readerProblems(of, run, there)
  if (world.feed === undefined) return []
  const told = world.feed.poll(1 << 20)
  const problems: string[] = []
  for (const { view } of [...world.actors, world.janitor]) {
    const at = view.plan.rowsAt + view.row * view.rowLayout.words
    if (view.control[at + ROW.FEED_HEAD] !== view.control[at + ROW.FEED_TAIL]) {
      problems.push(`row ${view.row} has an open record in its mutation ring`)
    }
    if (view.control[at + ROW.CLAIMED] !== 0) problems.push(`row ${view.row} claims a record`)
  }
  const isLossy = view0(world).plan.ringWords < ROOMY_WORDS
  const asksAnew = told.some(({ kind }) => kind === 'RESYNC')
  if (asksAnew && !isLossy) problems.push('the feed asks to begin anew')
  if (lostRecords(world) > 0) return problems // What was lost is not known.
  const isFlushed = told.some(({ kind }) => kind === 'FLUSH')
  for (const key of keys) problems.push(...keyProblems(of, run, told, key, there, isFlushed))
  return problems
}

/** What a thread of the program was told while others wrote, and what is left in the rings. */
function readerProblems(of: Case, run: Run, there: ReadonlySet<string>): string[] {
  const { feed } = of.world.reader
  if (run.dead.length > 0 || feed === undefined) return []
  const polls = run.calls.filter(({ label }) => label === 'poll')
  const told = [...polls.flatMap(({ result }) => result as Mutation[]), ...feed.poll(1 << 20)]
  const strangers = told.filter(({ kind, key }) => kind !== 'RESYNC' && !of.keys.includes(key))
  const problems = strangers.map(({ kind, key }) => `the feed tells of ${kind} of '${key}'`)
  // What was under way when the thread began to listen, or found no room, is copied anew.
  if (told.some(({ kind }) => kind === 'RESYNC')) return problems
  for (const key of of.keys) {
    const records = told.filter((one) => one.key === key).sort((a, b) => a.version - b.version)
    const versions = new Set(records.map(({ version }) => version))
    if (versions.size < records.length) problems.push(`a record of ${key} is told twice`)
    const last = records.at(-1)
    if (last !== undefined && (last.kind === 'PUT') !== there.has(key)) {
      problems.push(`the last record of ${key} is ${last.kind}, but it is ${said(there.has(key))}`)
    }
  }
  return problems
}

const ROOMY_WORDS = 256

function view0({ janitor }: World): MemoryView {
  return janitor.view
}

/** Records that found no room in their rings. */
function lostRecords(world: World): number {
  const { control, plan, rowLayout } = view0(world)
  const rows = [...world.actors, world.janitor].map((_, row) => plan.rowsAt + row * rowLayout.words)
  return rows.reduce((sum, at) => sum + control[at + ROW.FEED_LOST]!, 0)
}

function keyProblems(
  of: Case,
  run: Run,
  told: readonly Mutation[],
  key: string,
  there: ReadonlySet<string>,
  isFlushed: boolean,
): string[] {
  const problems: string[] = []
  const records = told.filter((one) => one.key === key).sort((a, b) => a.version - b.version)
  const last = records.at(-1)
  if (last !== undefined && !isFlushed && (last.kind === 'PUT') !== there.has(key)) {
    problems.push(`the last record of ${key} is ${last.kind}, but it is ${said(there.has(key))}`)
  }
  const puts = records.filter(({ kind }) => kind === 'PUT').length
  const [least, most] = changesOf(of, run, key)
  if (puts < least || puts > most) {
    problems.push(`${puts} PUTs of ${key} were told, ${least} to ${most} happened`)
  }
  return problems
}

function said(isThere: boolean): string {
  return isThere ? 'there' : 'absent'
}

/** Changes of a key that were acknowledged, and with those of the dead, which may have happened. */
function changesOf({ deeds }: Case, run: Run, key: string): readonly [number, number] {
  let least = 0
  let most = 0
  for (const call of run.calls) {
    for (const action of deeds[call.thread]![call.step]!.actions(call.result)) {
      const isChange = CHANGES[action.operation.name]
      if (action.key !== key || isChange === undefined) continue
      if (call.returned === Number.POSITIVE_INFINITY) most++
      else if (call.error === undefined && isChange(action.result)) {
        least++
        most++
      }
    }
  }
  return [least, most]
}
