/**
 * `heddle bench`: the command line of the load generator (src/load). The generator needs piscina
 * and hdr-histogram-js, optional peers of the package, since a cache that is embedded in a program
 * should bring nothing along; here they are looked for, and asked for in one line.
 */
import { closestOption } from '../engine/option-names.ts'
import { BENCH_FLAGS, readBenchOptions, UnknownFlagError, USAGE } from '../load/options.ts'

const PEERS = ['piscina', 'hdr-histogram-js']
/** What other load generators call the same thing. */
const FOREIGN_FLAGS: Readonly<Record<string, string>> = {
  clients: 'connections',
  pipeline: 'depth',
  duration: 'seconds',
  'test-time': 'seconds',
  'data-size': 'value-size',
  ratio: 'mix',
  server: 'host',
}

/** The exit code: 0, 1 when a reply was wrong or the load could not run, 2 for wrong arguments. */
export async function benchCommand(argv: readonly string[]): Promise<number> {
  const print = (text: string) => process.stdout.write(text)
  const warn = (text: string) => process.stderr.write(text)
  let options: ReturnType<typeof readBenchOptions>
  try {
    options = readBenchOptions(argv)
  } catch (error) {
    warn(`heddle bench: ${usageError(error as Error)}; see heddle bench --help\n`)
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

function usageError(error: Error): string {
  const message = error.message.replaceAll('\n', ' ')
  if (!(error instanceof UnknownFlagError)) return message
  const name = error.flag.replace(/^-+/, '')
  const foreign = Object.hasOwn(FOREIGN_FLAGS, name) ? FOREIGN_FLAGS[name] : undefined
  const closest = foreign ?? closestOption(name, BENCH_FLAGS)
  return closest === undefined ? message : `${message}; did you mean --${closest}`
}

function isInstalled(name: string): boolean {
  try {
    import.meta.resolve(name)
    return true
  } catch {
    return false
  }
}
