/**
 * The benchmark's command: `npm run bench`, with the options of options.ts. It runs the parts one
 * after the other, shows how far it is, prints each part's tables and seconds, and writes
 * everything down (report/write.ts).
 */
import { commandLine } from './command-line.ts'
import { machineFacts } from './machine.ts'
import type { SuiteResult } from './measurement.ts'
import { readOptions, USAGE } from './options.ts'
import type { Part, RunOptions } from './options.ts'
import { startProgress } from './progress.ts'
import type { Progress } from './progress.ts'
import { markdownTable, writeRun } from './report/write.ts'
import type { FinishedPart } from './report/write.ts'
import { runClients } from './suites/clients.ts'
import { runCurve } from './suites/curve.ts'
import { runDisturbed } from './suites/disturbed.ts'
import { runDrift } from './suites/drift.ts'
import { runEviction } from './suites/eviction.ts'
import { runExpiry } from './suites/expiry.ts'
import { runFootprint } from './suites/footprint.ts'
import { runHitRatio } from './suites/hit-ratio.ts'
import { runLarge } from './suites/large.ts'
import { runLatency } from './suites/latency.ts'
import { runLoad } from './suites/load.ts'
import { runMatrix } from './suites/matrix.ts'
import { runMemory } from './suites/memory.ts'
import { runMonitoring } from './suites/monitoring.ts'
import { runMicro } from './suites/micro.ts'
import { runNear } from './suites/near.ts'
import { runPlan } from './suites/plan.ts'
import { runProfile } from './suites/profile.ts'
import { runRedis } from './suites/redis.ts'
import { runScaling } from './suites/scaling.ts'
import { runTraces } from './suites/traces.ts'

type Suite = (options: RunOptions, progress: Progress) => Promise<SuiteResult>

const SUITES: Readonly<Record<Part, Suite>> = {
  micro: runMicro,
  near: runNear,
  large: runLarge,
  traces: runTraces,
  hitratio: runHitRatio,
  plan: runPlan,
  eviction: runEviction,
  footprint: runFootprint,
  memory: runMemory,
  latency: runLatency,
  load: runLoad,
  redis: runRedis,
  clients: runClients,
  monitoring: runMonitoring,
  matrix: runMatrix,
  profile: runProfile,
  curve: runCurve,
  disturbed: runDisturbed,
  scaling: runScaling,
  drift: runDrift,
  expiry: runExpiry,
}

async function main(): Promise<void> {
  const options = commandLine(USAGE, (argv) => readOptions(argv, process.env))
  const startedAt = new Date().toISOString()
  const machine = machineFacts()
  const progress = startProgress()
  const parts: FinishedPart[] = []
  for (const name of options.parts) {
    progress.begin(name)
    const result = await SUITES[name](options, progress)
    const part = { ...result, seconds: progress.end() }
    parts.push(part)
    process.stdout.write(`\n# ${name} (${part.seconds.toFixed(1)} s)\n\n`)
    for (const sentence of part.about) process.stdout.write(`- ${sentence}\n`)
    for (const table of part.tables) process.stdout.write(`\n${markdownTable(table)}`)
  }
  const written = writeRun({ startedAt, machine, options, parts })
  const seconds = parts.map((part) => `${part.part} ${part.seconds.toFixed(1)} s`)
  const total = parts.reduce((sum, part) => sum + part.seconds, 0)
  process.stdout.write(`\nSeconds: ${seconds.join(', ')}; ${total.toFixed(1)} s in all\n`)
  process.stdout.write(`Measurements: ${written.lines}\nTables: ${written.tables.join(', ')}\n`)
  process.stdout.write(`Report: ${written.report}\n`)
}

await main()
