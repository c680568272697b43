/**
 * The command line of `heddle bench`: which server, which load. Every refusal names the option,
 * what was given and what is allowed.
 */
import { parseArgs } from 'node:util'
import type { ParseArgsOptionsConfig } from 'node:util'
import type { Target } from './connection.ts'
import { integer, list, oneOf, refuseUnknown, seconds } from './flag-readers.ts'
import type { Texts } from './flag-readers.ts'
import { LOAD_FLAGS, MOST_CONNECTIONS, MOST_RATE, loadOf } from './load-options.ts'
import type { LoadOptions } from './load-options.ts'
import { KEY_CHOICES, MIXES } from './request-plan.ts'
import type { KeyChoice } from './request-plan.ts'
import { TARGET_FLAGS, TARGET_USAGE, targetOf } from './target-options.ts'
import { LARGEST_VALUE, SMALLEST_VALUE } from './workload.ts'

export interface BenchOptions extends LoadOptions {
  readonly help: boolean
  readonly target: Target
  readonly pid: number | undefined
  readonly depth: number
  readonly choice: KeyChoice
  readonly traceFile: string | undefined
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Open loop at each of these; empty: closed loop. */
  readonly rates: readonly number[]
  readonly preload: boolean
  readonly floor: boolean
  /** It was asked for: where it cannot be measured, that is said. */
  readonly isFloorAsked: boolean
  readonly json: boolean
  readonly hgrm: string | undefined
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  ...TARGET_FLAGS,
  ...LOAD_FLAGS,
  pid: { type: 'string' },
  depth: { type: 'string', default: '1' },
  trace: { type: 'string' },
  seconds: { type: 'string', default: '5' },
  rate: { type: 'string' },
  floor: { type: 'boolean', default: false },
  'no-floor': { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  hgrm: { type: 'string' },
} satisfies ParseArgsOptionsConfig

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

export function readBenchOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): BenchOptions {
  refuseUnknown(argv, OPTIONS)
  const { values } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: false })
  const texts: Texts = values
  if (values.floor && values['no-floor']) {
    throw new Error('--floor and --no-floor exclude each other')
  }
  const choice = choiceOf(texts)
  return {
    ...{ help: values.help, json: values.json, hgrm: values.hgrm, traceFile: values.trace },
    target: targetOf(texts, environment),
    pid: values.pid === undefined ? undefined : integer(texts, 'pid', 1, 2 ** 31 - 1),
    ...{ ...loadOf(texts), choice },
    depth: integer(texts, 'depth', 1, 64),
    seconds: seconds(texts, 'seconds', 0.1),
    warmUpSeconds: seconds(texts, 'warm-up', 0),
    rates: list(texts, 'rate', 1, MOST_RATE),
    preload: !values['no-preload'] && choice !== 'trace',
    ...{ floor: !values['no-floor'], isFloorAsked: values.floor },
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
