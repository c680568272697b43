/** The pool's side of the planner's suite: forecasts for one trace, then replays of it. */
import { readTrace } from '../../src/load/trace-reader.ts'
import { forecastOf } from '../../src/plan/forecast.ts'
import { riskAt } from '../../src/plan/risk.ts'
import { sampleOf } from '../../src/plan/trace-sample.ts'
import { replayByBytes } from '../hitratio/replay.ts'
import { valueBytes } from '../replay/value.ts'
import { shortened } from '../traces/catalog.ts'
import type { PlanFindings, PlanTask } from './protocol.ts'

const SMALLEST_MEMORY = 4 * 2 ** 20
/** No bound but the rate. */
const ALL = { mostKeys: Number.POSITIVE_INFINITY, mostUses: Number.POSITIVE_INFINITY }

export default function run(task: PlanTask): PlanFindings {
  const trace = shortened(readTrace(task.file), task.mostRequests)
  const sizes = Uint32Array.from(trace.keys, (key) => key.length + valueBytes(key))
  const footprint = sizes.reduce((sum, size) => sum + size, 0)
  const planMs: number[] = []
  const sampledKeys: number[] = []
  const forecasts = task.rates.map((rate) => {
    const begun = process.threadCpuUsage()
    const bytesOf = (key: number) => (sizes[key] as number) - (trace.keys[key] as string).length
    const uses = sampleOf(trace, { rate, ...ALL }, bytesOf).end()
    const options = { policy: task.policy, expires: false, otherwiseBytes: 0, countsFirst: true }
    const forecast = forecastOf(uses, options)
    forecast.hitRatioAt(SMALLEST_MEMORY)
    const { user, system } = process.threadCpuUsage(begun)
    planMs.push((user + system) / 1000)
    sampledKeys.push(uses.keyBytes.length)
    return forecast
  })
  const found = task.percents.map((percent) => {
    const memory = Math.max(SMALLEST_MEMORY, Math.round((footprint * percent) / 100))
    const { hits } = replayByBytes(trace, sizes, memory, task.policy, task.seed)
    const planned = forecasts.map((forecast) => forecast.hitRatioAt(memory))
    const isWarned = forecasts.map((forecast) => riskAt(forecast, memory).reasons.length > 0)
    return { percent, memory, measured: hits / trace.requests.length, planned, isWarned }
  })
  return {
    ...{ trace: trace.name, requests: trace.requests.length, unique: trace.keys.length },
    ...{ sizes: found, sampledKeys, planMs },
  }
}
