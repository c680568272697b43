/**
 * The command line of `heddle bench`: which server, which load. Every refusal names the option,
 * what was given and what is allowed.
 */
import { parseArgs } from 'node:util'
import type { ParseArgsOptionsConfig } from 'node:util'
import type { Target } from './connection.ts'
import { KEY_CHOICES, MIXES } from './request-plan.ts'
import type { KeyChoice, Mix } from './request-plan.ts'
import { TARGET_FLAGS, TARGET_USAGE, targetOf } from './target-options.ts'
import { LARGEST_VALUE, MOST_KEYS, SMALLEST_VALUE } from './workload.ts'
import type { ValueSizes } from './workload.ts'

export interface BenchOptions {
  readonly help: boolean
  readonly target: Target
  readonly pid: number | undefined
  readonly threads: number
  readonly connections: number
  readonly depth: number
  readonly mix: Mix
  readonly choice: KeyChoice
  readonly traceFile: string | undefined
  readonly keys: number
  readonly values: ValueSizes
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Open loop at each of these; empty: closed loop. */
  readonly rates: readonly number[]
  readonly preload: boolean
  readonly allowMisses: boolean
  readonly floor: boolean
  /** It was asked for: where it cannot be measured, that is said. */
  readonly isFloorAsked: boolean
  readonly json: boolean
  readonly hgrm: string | undefined
  readonly seed: number
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  ...TARGET_FLAGS,
  pid: { type: 'string' },
  threads: { type: 'string', default: '1' },
  connections: { type: 'string', default: '50' },
  depth: { type: 'string', default: '1' },
  mix: { type: 'string', default: '90/10' },
  'key-choice': { type: 'string' },
  trace: { type: 'string' },
  keys: { type: 'string', default: '100000' },
  'value-size': { type: 'string', default: '32' },
  seconds: { type: 'string', default: '5' },
  'warm-up': { type: 'string', default: '1' },
  rate: { type: 'string' },
  'no-preload': { type: 'boolean', default: false },
  'allow-misses': { type: 'boolean', default: false },
  floor: { type: 'boolean', default: false },
  'no-floor': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  hgrm: { type: 'string' },
  seed: { type: 'string', default: '1' },
} satisfies ParseArgsOptionsConfig

const MOST_CONNECTIONS = 10_000

export const USAGE = `heddle bench: load on a memcached, Redis or heddle server, and its latency

${TARGET_USAGE}  --pid N                 the server's process here: CPU per operation, RSS
  --threads N             client threads (1)
  --connections N         1 to ${MOST_CONNECTIONS} (50)
  --depth N               requests under way on each connection, 1 to 64 (1)
  --mix NAME              ${MIXES.join(', ')}: gets/sets (90/10);
                          expiring: 50/50, what is set lives for a second
  --key-choice NAME       ${KEY_CHOICES.join(', ')} (uniform; zipf has exponent 0.99)
  --trace FILE            replay a trace, cache aside: a get, after a miss a set
  --keys N                keys stored before the load (100000)
  --value-size N|LOW-HIGH ${SMALLEST_VALUE} to ${LARGEST_VALUE} bytes; LOW-HIGH: log-uniform (32)
  --seconds N             time of each load (5)
  --warm-up N             seconds before it that do not count (1)
  --rate N[,N...]         open loop: requests per second of all connections, latency from the
                          intended time; without it closed loop
  --no-preload            the keys are there already
  --allow-misses          the server may evict: a miss of a stored key is no error
  --floor                 measure what this generator reaches at most, or say why not (done
                          without asking where the source of heddle and a C compiler are)
  --no-floor              do not measure it
  --json                  one line of JSON for each load
  --hgrm FILE             write the percentile distribution (of the last load)
  --seed N                of the choice of keys (1)

heddle bench --redis-port 6379 --depth 16            throughput: 16 requests under way each
heddle bench --memcached-port 11211 --rate 20000     latency: 20,000 a second come what may
heddle bench --http-port 8080 --rate 1000,2000,4000  a line for each rate
`

/** What flags there are, without dashes. */
export const BENCH_FLAGS: readonly string[] = Object.keys(OPTIONS)

/** A flag that does not exist. */
export class UnknownFlagError extends Error {
  /** As it was given. */
  readonly flag: string

  constructor(flag: string) {
    super(`no such flag: ${flag}`)
    this.flag = flag
  }
}

type Texts = Readonly<Record<string, string | boolean | undefined>>

export function readBenchOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): BenchOptions {
  refuseUnknown(argv)
  const { values } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: false })
  const texts: Texts = values
  if (values.floor && values['no-floor']) {
    throw new Error('--floor and --no-floor exclude each other')
  }
  const choice = choiceOf(texts)
  const connections = integer(texts, 'connections', 1, MOST_CONNECTIONS)
  const threads = integer(texts, 'threads', 1, 64)
  if (threads > connections) {
    throw new Error(`--threads ${threads}: more than --connections ${connections}`)
  }
  return {
    ...{ help: values.help, json: values.json, hgrm: values.hgrm, traceFile: values.trace },
    target: targetOf(texts, environment),
    pid: values.pid === undefined ? undefined : integer(texts, 'pid', 1, 2 ** 31 - 1),
    ...{ threads, connections, choice },
    depth: integer(texts, 'depth', 1, 64),
    mix: oneOf(texts, 'mix', MIXES) as Mix,
    keys: integer(texts, 'keys', 1, MOST_KEYS),
    values: readValueSizes(values['value-size']),
    seconds: seconds(texts, 'seconds', 0.1),
    warmUpSeconds: seconds(texts, 'warm-up', 0),
    rates: ratesOf(values.rate),
    preload: !values['no-preload'] && choice !== 'trace',
    allowMisses: values['allow-misses'],
    ...{ floor: !values['no-floor'], isFloorAsked: values.floor },
    seed: integer(texts, 'seed', 1, 2 ** 31 - 1),
  }
}

function refuseUnknown(argv: readonly string[]): void {
  const { tokens } = parseArgs({ args: [...argv], options: OPTIONS, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind === 'positional') throw new Error(`'${token.value}' is no flag`)
    if (token.kind === 'option' && !Object.hasOwn(OPTIONS, token.name)) {
      throw new UnknownFlagError(token.rawName)
    }
  }
}

function choiceOf(texts: Texts): KeyChoice {
  const hasTrace = texts['trace'] !== undefined
  if (texts['key-choice'] === undefined) return hasTrace ? 'trace' : 'uniform'
  const choice = oneOf(texts, 'key-choice', KEY_CHOICES) as KeyChoice
  if ((choice === 'trace') !== hasTrace) {
    throw new Error(`--key-choice ${choice}: --key-choice trace and --trace FILE go together`)
  }
  return choice
}

/** `100` or `32-16384`. */
export function readValueSizes(text: string): ValueSizes {
  const [low, high = low] = text.split('-', 2).map(Number)
  const isRange = Number.isInteger(low) && Number.isInteger(high)
  if (!isRange || low < SMALLEST_VALUE || high > LARGEST_VALUE || high < low) {
    const allowed = `N or LOW-HIGH, from ${SMALLEST_VALUE} to ${LARGEST_VALUE} bytes`
    throw new Error(`--value-size ${text}: expected ${allowed}`)
  }
  return { low, high }
}

function ratesOf(text: string | undefined): number[] {
  if (text === undefined) return []
  return text.split(',').map((rate) => integer({ rate }, 'rate', 1, 10_000_000))
}

function integer(texts: Texts, name: string, least: number, most: number): number {
  const text = texts[name]
  const value = Number(text)
  if (text === '' || !Number.isInteger(value) || value < least || value > most) {
    throw new Error(`--${name} ${text}: expected an integer from ${least} to ${most}`)
  }
  return value
}

function seconds(texts: Texts, name: string, least: number): number {
  const text = texts[name]
  const value = Number(text)
  if (text === '' || !(value >= least && value <= 86_400)) {
    throw new Error(`--${name} ${text}: expected seconds from ${least} to 86400`)
  }
  return value
}

function oneOf(texts: Texts, name: string, allowed: readonly string[]): string {
  const text = String(texts[name])
  if (allowed.includes(text)) return text
  throw new Error(`--${name} ${text}: expected one of ${allowed.join(', ')}`)
}
