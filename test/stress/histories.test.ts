/**
 * The short form of the history runs, and that they would notice: broken twins, without any pause
 * put into them, are caught by nothing but what their callers saw. The long form: npm run stress
 */
import { describe, expect, test } from 'vitest'
import { BROKEN_TWINS } from '../broken/twins.ts'
import { historiesInProcess } from './process.ts'
import { makeTwin, type Patch } from './twin.ts'

test.each([
  ['as it is', []],
  ['with pauses and freezes between any two accesses', ['--pauses', '--narrow']],
])('histories of threads that are killed are linearizable: %s', async (_, args) => {
  const { seed, report } = await historiesInProcess(['--seconds', '6', ...args])
  const { problems, undecided, histories = 0, kills, recoveries, overlapping } = report
  expect({ seed, problems, undecided }).toEqual({ seed, problems: [], undecided })
  expect(undecided).toBeLessThan(histories / 2)
  expect(kills).toBeGreaterThan(0)
  expect(recoveries).toBe(kills)
  expect(overlapping).toBeGreaterThan(100)
})

interface LostCalls {
  readonly name: string
  readonly patches: readonly Patch[]
}
const byName = (name: string): LostCalls => BROKEN_TWINS.find((twin) => twin.name === name)!

/** What was made of one entry replaces another: what a change in place amounts to. */
const REPLACES_ANOTHER: LostCalls = {
  name: 'replacesAnother',
  patches: [
    {
      file: 'src/engine/update.ts',
      find: '  return replaceEntry(view, false) === WON ? STORED : 0',
      replace:
        '  if (scan(view) !== FOUND) return 0\n' +
        '  return replaceEntry(view, false) === WON ? STORED : 0',
    },
  ],
}

describe('caught by a history', () => {
  // Whether threads meet in the window is chance: up to four runs, each with another seed.
  test.each([REPLACES_ANOTHER, byName('unvalidatedRead'), byName('uncertifiedCreation')])('$name', {
    retry: 3,
  }, async ({ patches }) => {
    const twin = makeTwin(patches, false)
    try {
      const options = ['--entry', twin.entry, '--seconds', '15', '--threads', '4']
      const { report } = await historiesInProcess(options)
      expect(report.problems.join('\n')).toContain('no order explains')
    } finally {
      twin.remove()
    }
  })
})
