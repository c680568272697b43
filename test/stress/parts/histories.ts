/**
 * The histories part: runs as it is, with pauses, and with pauses and narrow versions, by turns.
 */
import { historiesInProcess } from '../process.ts'
import { type Part, sum, tableOf } from './part.ts'

const FORMS = [
  { name: 'as it is', args: ['--threads', '16'] },
  { name: 'pauses and freezes', args: ['--threads', '12', '--pauses'] },
  { name: 'as it is, few threads', args: ['--threads', '4'] },
  { name: 'the same, narrow versions', args: ['--threads', '8', '--pauses', '--narrow'] },
] as const
const SLICE_SECONDS = 30

export const histories: Part = async ({ seconds, seed, print }) => {
  const slices = Math.max(FORMS.length, Math.round(seconds / SLICE_SECONDS))
  const runs = []
  for (let n = 0; n < slices; n++) {
    const { name, args } = FORMS[n % FORMS.length]
    const length = Math.max(2, Math.round(seconds / slices))
    const options = ['--seconds', `${length}`, '--seed', `${seed + n}`, ...args]
    const { report } = await historiesInProcess(options, length * 1000 + 60_000)
    runs.push({ name, seed: seed + n, report })
    if (report.problems.length > 0) break
  }
  print(
    tableOf(
      'threads are|seed|histories|undecided|calls|overlapping|cut|kills|evictions|checked/s'.split(
        '|',
      ),
      runs.map(({ name, seed: used, report: r }) => {
        const counts = [
          r.histories,
          r.undecided,
          r.calls,
          r.overlapping,
          r.cut,
          r.kills,
          r.evictions,
        ]
        return [name, used, ...counts, r.checkedPerSecond]
      }),
    ),
  )
  const reports = runs.map(({ report }) => report)
  const totals = {
    histories: sum(reports.map((report) => report.histories)),
    undecided: sum(reports.map((report) => report.undecided)),
    calls: sum(reports.map((report) => report.calls)),
    overlapping: sum(reports.map((report) => report.overlapping)),
    kills: sum(reports.map((report) => report.kills)),
    recoveries: sum(reports.map((report) => report.recoveries)),
  }
  const plain = runs.filter(({ name }) => name.startsWith('as it is'))
  const rate = Math.max(0, ...plain.map(({ report }) => report.checkedPerSecond ?? 0))
  const common = { unit: '', threads: 16, parameters: { seconds } }
  return {
    totals,
    figures: [
      { operation: 'histories checked', value: totals.histories, ...common },
      { operation: 'undecided', value: totals.undecided, ...common },
      { operation: 'calls checked', value: totals.calls, ...common },
      { operation: 'calls that overlap another', value: totals.overlapping, ...common },
      { operation: 'kills', value: totals.kills, ...common },
      { operation: 'checking rate', value: rate, ...common, unit: 'calls/s' },
    ],
    problems: runs.flatMap(({ seed: used, report }) => {
      return report.problems.map((problem) => `histories, seed ${used}: ${problem}`)
    }),
  }
}
