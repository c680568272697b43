/**
 * What the commands of the load generator (src/load) have in common. It needs piscina and
 * hdr-histogram-js, optional peers of the package, since a cache that is embedded in a program
 * should bring nothing along; here they are looked for, and asked for in one line.
 */
import { closestOption } from '../engine/option-names.ts'
import { UnknownFlagError } from '../load/flag-readers.ts'

export type Print = (text: string) => void

export interface LoadCommand<Options extends { readonly help: boolean }> {
  readonly name: string
  readonly usage: string
  /** What flags there are, without dashes. */
  readonly flags: readonly string[]
  readonly read: (argv: readonly string[]) => Options
  /** Its packages are there. @returns the exit code */
  readonly run: (options: Options, print: Print, warn: Print) => Promise<number>
}

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
export async function runLoadCommand<Options extends { readonly help: boolean }>(
  command: LoadCommand<Options>,
  argv: readonly string[],
): Promise<number> {
  const print = (text: string) => process.stdout.write(text)
  const warn = (text: string) => process.stderr.write(text)
  const name = `heddle ${command.name}`
  let options: Options
  try {
    options = command.read(argv)
  } catch (error) {
    warn(`${name}: ${usageError(error as Error, command.flags)}; see ${name} --help\n`)
    return 2
  }
  if (options.help) {
    print(command.usage)
    return 0
  }
  const missing = PEERS.filter((peer) => !isInstalled(peer))
  if (missing.length > 0) {
    warn(`${name} needs ${missing.join(' and ')}: npm install ${missing.join(' ')}\n`)
    return 1
  }
  try {
    return await command.run(options, print, warn)
  } catch (error) {
    warn(`${name}: ${(error as Error).message}\n`)
    return 1
  }
}

function usageError(error: Error, flags: readonly string[]): string {
  const message = error.message.replaceAll('\n', ' ')
  if (!(error instanceof UnknownFlagError)) return message
  const name = error.flag.replace(/^-+/, '')
  const foreign = Object.hasOwn(FOREIGN_FLAGS, name) ? FOREIGN_FLAGS[name] : undefined
  const known = foreign !== undefined && flags.includes(foreign) ? foreign : undefined
  const closest = known ?? closestOption(name, flags)
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
