/** The flags that `heddle top` and `heddle inspect` share, and how wrong ones are refused. */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { closestOption } from '../../engine/option-names.ts'
import { DOOR_FLAGS, type DoorAddress, doorsOf } from './address.ts'

export interface WatchOptions {
  readonly help: boolean
  readonly json: boolean
  readonly addresses: readonly DoorAddress[]
  readonly intervalMs: number
  /** Looks; Infinity: until it is ended. */
  readonly looks: number
}

const FLAGS = {
  ...DOOR_FLAGS,
  help: { type: 'boolean', short: 'h', default: false },
  json: { type: 'boolean', default: false },
  once: { type: 'boolean', default: false },
  interval: { type: 'string', default: '1' },
  count: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig

const LEAST_SECONDS = 0.1
const MOST_SECONDS = 3600
const MOST_LOOKS = 1_000_000

/** @throws Error naming the flag, its value and what is allowed */
export function readWatchOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): WatchOptions {
  refuseUnknown(argv)
  const { values } = parseArgs({ args: [...argv], options: FLAGS, allowPositionals: false })
  const { help, json, once, interval, count } = values
  if (once && count !== undefined) throw new Error('--once and --count exclude each other')
  const seconds = Number(interval)
  if (interval === '' || !(seconds >= LEAST_SECONDS && seconds <= MOST_SECONDS)) {
    const allowed = `seconds from ${LEAST_SECONDS} to ${MOST_SECONDS}`
    throw new Error(`--interval ${interval}: expected ${allowed}`)
  }
  const asked = once ? 1 : count === undefined ? Number.POSITIVE_INFINITY : Number(count)
  if (count !== undefined && !(Number.isInteger(asked) && asked >= 1 && asked <= MOST_LOOKS)) {
    throw new Error(`--count ${count}: expected an integer from 1 to ${MOST_LOOKS}`)
  }
  const addresses = help ? [] : doorsOf(values, environment)
  return { help, json, addresses, intervalMs: seconds * 1000, looks: asked }
}

function refuseUnknown(argv: readonly string[]): void {
  const { tokens } = parseArgs({ args: [...argv], options: FLAGS, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind === 'positional') throw new Error(`'${token.value}' is no flag`)
    if (token.kind !== 'option' || Object.hasOwn(FLAGS, token.name)) continue
    const closest = closestOption(token.rawName.replace(/^-+/, ''), Object.keys(FLAGS))
    const hint = closest === undefined ? '' : `; did you mean --${closest}?`
    throw new Error(`no such flag: ${token.rawName}${hint}`)
  }
}
