/** The command line of `heddle latency-report`: which server, which load, which rates. */
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

/** All but `trace`: a trace has its own order, whatever the rate. */
type Choice = Exclude<KeyChoice, 'trace'>
const CHOICES = KEY_CHOICES.filter((choice) => choice !== 'trace')
const STANDARD_PERCENT = '10,25,50,75,90,95'
const MOST_PERCENT = 200

export interface LatencyOptions extends LoadOptions {
  readonly help: boolean
  readonly target: Target
  readonly choice: Choice
  readonly depth: number
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Requests per second; empty: `percent` of what the server sustains. */
  readonly rates: readonly number[]
  readonly percent: readonly number[]
  readonly preload: boolean
  readonly html: string
  readonly json: string | undefined
}

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  ...TARGET_FLAGS,
  ...LOAD_FLAGS,
  depth: { type: 'string', default: '64' },
  seconds: { type: 'string', default: '10' },
  rate: { type: 'string' },
  percent: { type: 'string' },
  html: { type: 'string', default: 'latency-report.html' },
  json: { type: 'string' },
} satisfies ParseArgsOptionsConfig

export const LATENCY_FLAGS: readonly string[] = Object.keys(OPTIONS)

export const LATENCY_USAGE = `heddle latency-report: how long a server's clients wait, rate by rate

${TARGET_USAGE}  --percent N[,N...]      rates as shares of the highest that it sustains, which is
                          looked for first (${STANDARD_PERCENT})
  --rate N[,N...]         instead: requests per second of all connections
  --seconds N             time at each rate (10)
  --warm-up N             seconds before it that do not count (1)
  --connections N         1 to ${MOST_CONNECTIONS} (50)
  --depth N               requests that may be under way on each, 1 to 64 (64)
  --threads N             client threads; each needs a core (1)
  --mix NAME              ${MIXES.join(', ')}: gets/sets (90/10)
  --key-choice NAME       ${CHOICES.join(', ')} (uniform; zipf has exponent 0.99)
  --keys N                keys stored before the load (100000)
  --value-size N|LOW-HIGH ${SMALLEST_VALUE} to ${LARGEST_VALUE} bytes; LOW-HIGH: log-uniform (32)
  --no-preload            the keys are there already
  --allow-misses          the server may evict: a miss of a stored key is no error
  --seed N                of the choice of keys (1)
  --html FILE             the report, a page that stands alone (latency-report.html)
  --json FILE             the same numbers, and the whole distributions

Latency counts from when a request was due, not from when it could be sent. Ctrl-C ends the
measurement, and the report is made of what there is.

heddle latency-report --memcached-port 11211
heddle latency-report --redis-port 6379 --rate 5000,10000,20000 --value-size 1024
`

export function readLatencyOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = process.env,
): LatencyOptions {
  refuseUnknown(argv, OPTIONS)
  const { values } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: false })
  const texts: Texts = values
  if (values.rate !== undefined && values.percent !== undefined) {
    throw new Error('--rate and --percent exclude each other')
  }
  if (values.html === '') throw new Error('--html : expected the name of a file')
  if (values.json === '') throw new Error('--json : expected the name of a file')
  const percent = { percent: values.percent ?? STANDARD_PERCENT }
  return {
    ...{ help: values.help, html: values.html, json: values.json },
    target: targetOf(texts, environment),
    ...loadOf(texts),
    choice: oneOf({ 'key-choice': 'uniform', ...texts }, 'key-choice', CHOICES) as Choice,
    depth: integer(texts, 'depth', 1, 64),
    seconds: seconds(texts, 'seconds', 0.1),
    warmUpSeconds: seconds(texts, 'warm-up', 0),
    rates: ascending(list(texts, 'rate', 1, MOST_RATE)),
    percent: ascending(list(percent, 'percent', 1, MOST_PERCENT)),
    preload: !values['no-preload'],
  }
}

/** Each once; the gentle ones first, so that what breaks at the end has hurt no other. */
function ascending(values: readonly number[]): number[] {
  return [...new Set(values)].sort((a, b) => a - b)
}
