/**
 * Client and server on known cores: the server on the first core that this process may run on, the
 * generator on the second, by taskset. Where there is no taskset or one core, both run where the
 * system puts them, and it is said.
 */
import { execFileSync } from 'node:child_process'
import { coresIn } from '../../src/load/server-process.ts'

const PIN = 'taskset'

export interface Cores {
  /** What the server's command is put behind. */
  readonly prefix: readonly string[]
  /** The same for a server that may run on all cores that there are. */
  readonly everywhere: readonly string[]
  /** Where both run, for the report. */
  readonly note: string
  /** The generator may run anywhere again. */
  release(): void
}

/** Pins all threads of this process, and what they start, until it is released. */
export function takeCores(): Cores {
  const before = affinityOfSelf()
  const [server, generator] = before === undefined ? [] : coresIn(before)
  if (before === undefined || generator === undefined || !pinSelf(String(generator))) {
    const why = before === undefined ? `${PIN} is not here` : 'it allows one core'
    const note = `Server and generator run where the system puts them: ${why}.`
    return { prefix: [], everywhere: [], note, release: () => {} }
  }
  return {
    prefix: [PIN, '-c', String(server)],
    everywhere: [PIN, '-c', before],
    note: `Servers run on core ${server}, the generator on core ${generator}.`,
    release: () => void pinSelf(before),
  }
}

/** The list of cores of this process, undefined where it cannot be told. */
function affinityOfSelf(): string | undefined {
  try {
    const words = execFileSync(PIN, ['-c', '-p', String(process.pid)], { encoding: 'utf8' })
    return /: ([\d,-]+)\s*$/.exec(words)?.[1]
  } catch {
    return undefined
  }
}

function pinSelf(cores: string): boolean {
  try {
    execFileSync(PIN, ['-a', '-c', '-p', cores, String(process.pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
