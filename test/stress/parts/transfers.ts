/** The transfers part: transactions of threads that are killed, with pauses by turns. */
import { runTransfers } from '../transfers.ts'
import { makeTwin, NARROW_VERSIONS } from '../twin.ts'
import { type Part, sum, tableOf } from './part.ts'

const SLICE_SECONDS = 15
const THREADS = 4

export const transfers: Part = async ({ seconds, seed, print }) => {
  const slices = Math.max(2, Math.round(seconds / SLICE_SECONDS))
  const each = Math.max(2, Math.round(seconds / slices))
  const twin = makeTwin([NARROW_VERSIONS], true)
  const runs = []
  try {
    for (let n = 0; n < slices; n++) {
      const hasPauses = n % 2 === 1
      const options = { seconds: each, threads: THREADS, seed: seed + n, killEveryMs: 80 }
      const more = hasPauses ? { hasPauses, entry: twin.entry } : {}
      runs.push({ ...(await runTransfers({ ...options, ...more })), hasPauses, seed: seed + n })
    }
  } finally {
    twin.remove()
  }
  print(
    tableOf(
      'threads are|seed|kills|committed|conflicts|looks'.split('|'),
      runs.map(({ hasPauses, seed: used, kills, commits, conflicts, snapshots }) => {
        const form = hasPauses ? 'pausing and freezing' : 'as it is'
        return [form, used, kills, commits, conflicts, snapshots]
      }),
    ),
  )
  const commits = sum(runs.map((run) => run.commits))
  const kills = sum(runs.map((run) => run.kills))
  const common = { unit: '', threads: THREADS, parameters: { seconds: each } }
  return {
    totals: { kills, transfers: commits },
    figures: [
      { operation: 'kills', value: kills, ...common },
      { operation: 'transactions committed', value: commits, ...common },
    ],
    problems: runs.flatMap(({ seed: used, problems }) => {
      return problems.map((problem) => `transfers, seed ${used}: ${problem}`)
    }),
  }
}
