/**
 * The short form: no amount is lost or doubled, whoever dies; and that it would be noticed. The
 * long one: npm run stress -- --parts transfers
 */
import { expect, test } from 'vitest'
import { runTransfers } from './transfers.ts'
import { makeTwin, NARROW_VERSIONS, type Patch } from './twin.ts'

test('threads that move amounts, and are killed', async () => {
  const report = await runTransfers({
    seconds: 3,
    threads: 3,
    seed: 1,
    killEveryMs: 60,
    leastKills: 6,
  })
  expect(report.problems).toEqual([])
  expect(report.kills).toBeGreaterThan(1)
  expect(report.commits).toBeGreaterThan(40)
  expect(report.snapshots).toBeGreaterThan(10)
})

test('threads that pause, and freeze in the midst of it', async () => {
  const twin = makeTwin([NARROW_VERSIONS], true)
  try {
    const options = {
      seconds: 4,
      threads: 4,
      seed: 2,
      killEveryMs: 100,
      leastKills: 3,
      hasPauses: true,
    }
    const report = await runTransfers({ ...options, entry: twin.entry })
    expect(report.problems).toEqual([])
    expect(report.commits).toBeGreaterThan(20)
  } finally {
    twin.remove()
  }
})

/** The explorer catches all twins of transactions (test/broken); this one meets it by chance. */
const PASSES_BY: Patch = {
  file: 'src/memory/intent.ts',
  find: 'if (state === PENDING) return abortHolder(view, entry, entryAt, presence)',
  replace: 'if (state === PENDING) return true',
}

test('noticed: a writer passes by an open transaction', {
  retry: 3,
  timeout: 120_000,
}, async () => {
  const twin = makeTwin([PASSES_BY], true)
  try {
    const options = { seconds: 20, threads: 4, seed: 3, killEveryMs: 100, hasPauses: true }
    const { problems } = await runTransfers({ ...options, entry: twin.entry })
    expect(problems.length).toBeGreaterThan(0)
  } finally {
    twin.remove()
  }
})
