/**
 * Client and server on known cores: the server on core 0, the generator on core 1, by taskset.
 * Where there is no taskset or one core, both run where the system puts them, and it is said.
 */
import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

export const SERVER_CORE = 0
const GENERATOR_CORE = 1
const PIN = 'taskset'

export interface Cores {
  /** What the server's command is put behind. */
  readonly prefix: readonly string[]
  /** Where both run, for the report. */
  readonly note: string
  /** The generator may run anywhere again. */
  release(): void
}

/** Pins all threads of this process, and what they start, until it is released. */
export function takeCores(): Cores {
  const before = affinityOfSelf()
  const isPossible = before !== undefined && availableParallelism() > GENERATOR_CORE
  if (!isPossible || !pinSelf(String(GENERATOR_CORE))) {
    const why = before === undefined ? `${PIN} is not here` : 'there is one core'
    const note = `Server and generator run where the system puts them: ${why}.`
    return { prefix: [], note, release: () => {} }
  }
  return {
    prefix: [PIN, '-c', String(SERVER_CORE)],
    note: `Servers run on core ${SERVER_CORE}, the generator on core ${GENERATOR_CORE}.`,
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
