/**
 * The deaths part: workers are terminated all the time; as it is and with pauses by turns, each
 * time with another seed, so that the engines differ. The first run has a control run beside it, in
 * which those that are killed touch no engine: what stalls there, stalls without the engine.
 */
import { stressInProcess } from '../process.ts'
import { type Part, sum, tableOf } from './part.ts'

const FORMS = [
  { name: 'as it is', args: [] },
  { name: 'pauses and freezes, narrow versions', args: ['--pauses', '--narrow'] },
] as const
const SLICE_SECONDS = 20
const KILL_EVERY_MS = 80

export const deaths: Part = async ({ seconds, seed, print }) => {
  const slices = Math.max(3, Math.round(seconds / SLICE_SECONDS)) // One is the control run.
  const length = Math.max(2, Math.round(seconds / slices))
  const runs = []
  for (let n = 0; n < slices - 1; n++) {
    const { name, args } = FORMS[n % FORMS.length]
    const options = ['--seconds', `${length}`, '--seed', `${seed + n}`, ...args]
    const timing = ['--kill-every', `${KILL_EVERY_MS}`, ...(n === 0 ? [] : ['--no-control'])]
    const output = await stressInProcess([...options, ...timing], 3 * length * 1000 + 60_000)
    runs.push({ ...output, name, seed: seed + n })
    if (output.run.problems.length > 0) break
  }
  print(
    tableOf(
      'threads are|seed|kills|recoveries|calls|longest stall ms|processor ms|control ms'.split('|'),
      runs.map(({ name, seed: used, run: r, controlStallMs }) => {
        const control = controlStallMs < 0 ? '-' : controlStallMs
        const stall = [r.longestStallMs, r.longestStepCpuMs, control]
        return [name, used, r.kills, r.recoveries, r.operations, ...stall]
      }),
    ),
  )
  const kills = sum(runs.map(({ run }) => run.kills))
  // With pauses a survivor is made to sleep: that says nothing about stalls.
  const plain = runs.filter(({ name }) => name === 'as it is')
  const longestStallMs = Math.max(0, ...plain.map(({ run }) => run.longestStallMs ?? 0))
  const longestStepCpuMs = Math.max(0, ...plain.map(({ run }) => run.longestStepCpuMs ?? 0))
  const controlStallMs = Math.max(...runs.map((run) => run.controlStallMs))
  const common = { unit: '', threads: 8, parameters: { seconds, killEveryMs: KILL_EVERY_MS } }
  return {
    totals: {
      kills,
      recoveries: sum(runs.map(({ run }) => run.recoveries)),
      longestStallMs,
      longestStepCpuMs,
      controlStallMs,
    },
    figures: [
      { operation: 'kills', value: kills, ...common },
      { operation: 'longest stall of a survivor', value: longestStallMs, ...common, unit: 'ms' },
      { operation: 'longest processor time', value: longestStepCpuMs, ...common, unit: 'ms' },
      { operation: 'longest stall, control', value: controlStallMs, ...common, unit: 'ms' },
    ],
    problems: runs.flatMap(({ seed: used, run }) => {
      return run.problems.map((problem) => `deaths, seed ${used}: ${problem}`)
    }),
  }
}
