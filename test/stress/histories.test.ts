/**
 * The short form of the history runs, and that they would notice: broken twins are caught by
 * nothing but what their callers saw. The long form: npm run stress
 */
import { describe, expect, test } from 'vitest'
import { BROKEN_TWINS } from '../broken/twins.ts'
import { historiesInProcess } from './process.ts'
import { makeTwin, type Patch } from './twin.ts'

/**
 * Of all histories. None is, as a rule; one is always allowed, for the worst of overlaps on a busy
 * machine.
 */
const MOST_UNDECIDED = 0.02

test.each([
  ['as it is', []],
  ['with pauses and freezes between any two accesses', ['--pauses', '--narrow']],
])(
  'histories of threads that are killed are linearizable: %s',
  { timeout: 200_000 },
  async (_, args) => {
    let run = await historiesInProcess(['--seconds', '6', ...args])
    for (let more = 0; more < 2 && isOnlySlow(run.report.problems); more++) {
      run = await historiesInProcess(['--seconds', '6', ...args])
    }
    const { seed, report } = run
    const { problems, undecided, histories = 0, kills, recoveries, overlapping } = report
    expect({ seed, problems, undecided }).toEqual({ seed, problems: [], undecided })
    expect(undecided).toBeLessThanOrEqual(Math.max(1, histories * MOST_UNDECIDED))
    expect(kills).toBeGreaterThan(0)
    expect(recoveries).toBe(kills)
    expect(overlapping).toBeGreaterThan(30)
  },
)

/**
 * A write of many chunks looks through much memory before it is refused, if a frozen thread has
 * parked nearly all of it: with a pause between accesses that takes longer than a round may.
 */
function isOnlySlow(problems: readonly string[]): boolean {
  return problems.length > 0 && problems.every((one) => /does not end round.* < walk:/.test(one))
}

interface HistoryTwin {
  readonly name: string
  readonly patches: readonly Patch[]
}
const byName = (name: string): HistoryTwin => BROKEN_TWINS.find((twin) => twin.name === name)!

/** What was made of one entry replaces another: what a change in place amounts to. */
const REPLACES_ANOTHER: HistoryTwin = {
  name: 'replacesAnother',
  patches: [
    {
      file: 'src/engine/update.ts',
      find: '  return replaceEntry(view, draft) === WON ? STORED : 0',
      replace:
        '  if (scan(view) !== FOUND) return 0\n' +
        '  return replaceEntry(view, draft) === WON ? STORED : 0',
    },
  ],
}

/**
 * A number that keeps its length is counted where it lies: cheaper, and lost to who replaces it.
 */
const COUNTS_IN_PLACE: HistoryTwin = {
  name: 'countsInPlace',
  patches: [
    {
      file: 'src/engine/update.ts',
      find: '  draft.codec = reading.codec\n',
      replace:
        "  const isDone = 'result' in change && change.make(old, reading, draft) === STORED\n" +
        '  if (isDone && draft.length === old.length) {\n' +
        '    view.dataBytes[view.entrySegment]!.set(draft.bytes, look(view, reading))\n' +
        '    return STORED\n' +
        '  }\n' +
        '  draft.codec = reading.codec\n',
    },
  ],
}

describe('caught by a history', () => {
  // Whether threads meet in the window is chance: up to four runs, each with another seed.
  test.each([
    { ...REPLACES_ANOTHER, pauses: false },
    { ...COUNTS_IN_PLACE, pauses: false },
    { ...byName('unvalidatedRead'), pauses: false },
    { ...byName('uncertifiedCreation'), pauses: true },
  ])('$name', { retry: 3 }, async ({ patches, pauses }) => {
    const twin = makeTwin(patches, pauses)
    try {
      const options = ['--entry', twin.entry, '--seconds', '15', '--threads', '4']
      const { report } = await historiesInProcess(pauses ? [...options, '--pauses'] : options)
      expect(report.problems.join('\n')).toContain('no order explains')
    } finally {
      twin.remove()
    }
  })
})
