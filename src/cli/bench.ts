/** `heddle bench`: the command line of the load generator (src/load). */
import { BENCH_FLAGS, readBenchOptions, USAGE } from '../load/options.ts'
import { runLoadCommand } from './load-command.ts'

export function benchCommand(argv: readonly string[]): Promise<number> {
  const run = async (...args: Parameters<typeof import('../load/bench.ts').runBench>) => {
    const { runBench } = await import('../load/bench.ts')
    return (await runBench(...args)) === 0 ? 0 : 1
  }
  const command = { name: 'bench', usage: USAGE, flags: BENCH_FLAGS, read: readBenchOptions, run }
  return runLoadCommand(command, argv)
}
