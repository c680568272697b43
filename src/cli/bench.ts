/**
 * `heddle bench`: the command line of the load generator (src/load). The generator needs piscina
 * and hdr-histogram-js, optional peers of the package, since a cache that is embedded in a program
 * should bring nothing along; here they are looked for, and asked for in one line.
 */
import { USAGE, readBenchOptions } from '../load/options.ts'

const PEERS = ['piscina', 'hdr-histogram-js']

/** The exit code: 0, 1 when a reply was wrong or the load could not run, 2 for wrong arguments. */
export async function benchCommand(argv: readonly string[]): Promise<number> {
  const print = (text: string) => process.stdout.write(text)
  const warn = (text: string) => process.stderr.write(text)
  let options: ReturnType<typeof readBenchOptions>
  try {
    options = readBenchOptions(argv)
  } catch (error) {
    warn(`heddle bench: ${(error as Error).message}\n`)
    return 2
  }
  if (options.help) {
    print(USAGE)
    return 0
  }
  const missing = PEERS.filter((name) => !isInstalled(name))
  if (missing.length > 0) {
    warn(`heddle bench needs ${missing.join(' and ')}: npm install ${missing.join(' ')}\n`)
    return 1
  }
  try {
    const { runBench } = await import('../load/bench.ts')
    return (await runBench(options, print, warn)) === 0 ? 0 : 1
  } catch (error) {
    warn(`heddle bench: ${(error as Error).message}\n`)
    return 1
  }
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name)
    return true
  } catch {
    return false
  }
}
