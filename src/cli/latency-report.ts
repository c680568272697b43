/** `heddle latency-report`: the command line of src/load/latency-report.ts. */
import { LATENCY_FLAGS, LATENCY_USAGE, readLatencyOptions } from '../load/latency-options.ts'
import { runLoadCommand } from './load-command.ts'

export function latencyReportCommand(argv: readonly string[]): Promise<number> {
  const command = {
    ...{ name: 'latency-report', usage: LATENCY_USAGE, flags: LATENCY_FLAGS },
    read: readLatencyOptions,
    run: async (...args: Parameters<typeof import('../load/latency-report.ts').runLatencyReport>) =>
      (await import('../load/latency-report.ts')).runLatencyReport(...args),
  }
  return runLoadCommand(command, argv)
}
