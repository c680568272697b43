/**
 * The stress run finds every broken twin, so its silence about the engine means something.
 */
import { expect, test } from 'vitest'
import { makeTwin } from '../stress/twin.ts'
import { stressInProcess } from '../stress/process.ts'
import { BROKEN_TWINS } from './twins.ts'

/** At most; the run ends with the first thing it finds. */
const SECONDS = 12
/** What is broken may also be that a loop ends. */
const TIMEOUT_MS = 15_000

// Whether threads meet in the window is chance: up to four runs, each with another seed.
test.each(BROKEN_TWINS)('$name is caught: $rule', { retry: 3 }, async ({ patches }) => {
  const twin = makeTwin(patches, true)
  try {
    const options = ['--entry', twin.entry, '--seconds', `${SECONDS}`, '--no-control']
    const output = await stressInProcess(options, TIMEOUT_MS)
    expect(output.ok).toBe(false)
    expect(output.run.problems.length).toBeGreaterThan(0)
  } finally {
    twin.remove()
  }
})

test('a patch that no longer fits the source is refused', () => {
  const patch = { file: 'src/memory/publish.ts', find: 'no such step', replace: '' }
  expect(() => makeTwin([patch], false)).toThrow('not once')
})
