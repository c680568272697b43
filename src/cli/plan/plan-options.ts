/**
 * The command line of `heddle plan`: where the uses of keys come from, what is wanted, and what a
 * node is and costs. Every refusal names the flag, what was given and what is allowed.
 */
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util'
import { closestOption } from '../../engine/option-names.ts'
import { resolveOptions } from '../../engine/options.ts'
import { parseSize } from '../../engine/sizes.ts'
import { TRACE_FORMATS, type TraceFormat } from '../../load/trace-reader.ts'
import { PLANNED_POLICIES, type Policy } from '../../plan/miniature.ts'
import type { Prices } from '../../plan/purchase.ts'
import { DOOR_FLAGS, type DoorAddress, doorsOf } from '../watch/address.ts'

const NUMBERS = {
  seconds: { standard: 10, least: 1, most: 3600, isWhole: false },
  keys: { least: 1, most: 1e12, isWhole: true },
  zipf: { standard: 0.99, least: 0, most: 3, isWhole: false },
  'key-size': { standard: 24, least: 1, most: 65_535, isWhole: true },
  'value-size': { least: 0, most: 2 ** 27, isWhole: true },
  rate: { least: 0, most: 1e9, isWhole: false },
  'sample-keys': { standard: 16_384, least: 100, most: 10_000_000, isWhole: true },
  'worker-rate': { standard: 50_000, least: 1, most: 1e8, isWhole: false },
  'node-cores': { standard: 4, least: 1, most: 1024, isWhole: true },
  'node-price': { standard: 100, least: 0, most: 1e9, isWhole: false },
} as const
type NumberName = keyof typeof NUMBERS

const FLAGS = {
  ...DOOR_FLAGS,
  ...(Object.fromEntries(Object.keys(NUMBERS).map((name) => [name, { type: 'string' }])) as Record<
    NumberName,
    { type: 'string' }
  >),
  help: { type: 'boolean', short: 'h', default: false },
  json: { type: 'boolean', default: false },
  trace: { type: 'string' },
  format: { type: 'string' },
  policy: { type: 'string' },
  expires: { type: 'boolean', default: false },
  warm: { type: 'boolean', default: false },
  'hit-ratio': { type: 'string', default: '80,90,95,99' },
  memory: { type: 'string' },
  'node-memory': { type: 'string', default: '8gb' },
} as const satisfies ParseArgsOptionsConfig

export const PLAN_USAGE = `heddle plan: how much memory for which hit ratio, and what to buy

Where the uses of keys come from, one of:
  --trace FILE            a trace, gzipped or not
  --format NAME           its form: ${TRACE_FORMATS.join(', ')}; by its name if it is
                          known, else sized: lines of a key and the bytes of its value, if known
  --redis-port N          a running server, heddle or Redis: what MONITOR shows
  --memcached-port N      a running server, heddle or memcached: what watch shows
  --seconds N             for so long (10)
                          with --host, --user, --tls ... as of heddle top; needs an administrator
  --keys N --zipf S       neither: N keys, popular by Zipf's law with exponent S (0.99)
  --key-size N            bytes of a key then (24)
  --value-size N          bytes of values whose size nothing tells

What is wanted:
  --hit-ratio P[,P...]    in percent: how much memory for it (80,90,95,99)
  --memory SIZE[,SIZE...] what hit ratio with it
  --policy NAME           of eviction (${resolveOptions({}).eviction})
  --expires               entries have a TTL
  --warm                  leave the first read of each key out, as if the cache had been warm
  --rate N                requests a second (a server's own, else unknown)

What there is to buy; the numbers without a flag are assumptions and are printed as such:
  --worker-rate N         requests a second that one worker serves (50000); measure: heddle bench
  --node-memory SIZE      memory of a node (8gb)
  --node-cores N          its cores: one worker each (4)
  --node-price N          its price a month, in any currency (100)

  --sample-keys N         keys of the sample at most (16384)
  --json                  one JSON object
  --help                  this text

heddle plan --trace requests.txt --hit-ratio 95      a line for each request: key and bytes
heddle plan --redis-port 6379 --seconds 60           a server that runs
heddle plan --keys 5000000 --value-size 800 --rate 120000
`

export type Source =
  | { readonly kind: 'trace'; readonly file: string; readonly format: TraceFormat | undefined }
  | { readonly kind: 'server'; readonly address: DoorAddress; readonly seconds: number }
  | { readonly kind: 'hand'; readonly keys: number; readonly exponent: number }

export interface PlanOptions {
  readonly help: boolean
  readonly json: boolean
  readonly source: Source
  readonly keyBytes: number
  /** Undefined: not said. */
  readonly valueBytes: number | undefined
  readonly policy: Policy
  readonly expires: boolean
  readonly isWarm: boolean
  /** 0 to 1. */
  readonly wanted: readonly number[]
  readonly memories: readonly number[]
  readonly sampleKeys: number
  readonly prices: Prices
  /** Flags that were not given, so that their values are assumptions. */
  readonly assumed: ReadonlySet<string>
}

type Texts = Readonly<Record<string, string | boolean | undefined>>

/** @throws Error naming the flag, its value and what is allowed */
export function readPlanOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): PlanOptions {
  refuseUnknown(argv)
  const { values } = parseArgs({ args: [...argv], options: FLAGS, allowPositionals: false })
  const texts: Texts = values
  const { help, json, expires, warm } = values
  const source = help
    ? ({ kind: 'hand', keys: 1, exponent: 0 } as const)
    : sourceOf(texts, environment)
  const valueBytes = numberOf(texts, 'value-size')
  if (source.kind === 'hand' && valueBytes === undefined && !help) {
    throw new Error('--keys goes with --value-size: how large values are')
  }
  return {
    ...{ help, json, expires, source, valueBytes, isWarm: warm },
    keyBytes: numberOf(texts, 'key-size')!,
    policy: policyOf(values.policy),
    wanted: wantedOf(values['hit-ratio']),
    memories: values.memory?.split(',').map((size) => memoryOf('--memory', size)) ?? [],
    sampleKeys: numberOf(texts, 'sample-keys')!,
    prices: {
      rate: numberOf(texts, 'rate'),
      workerRate: numberOf(texts, 'worker-rate')!,
      nodeMemory: memoryOf('--node-memory', values['node-memory']),
      nodeCores: numberOf(texts, 'node-cores')!,
      nodePrice: numberOf(texts, 'node-price')!,
    },
    assumed: new Set(Object.keys(FLAGS).filter((name) => !argv.some((word) => isFlag(word, name)))),
  }
}

function isFlag(word: string, name: string): boolean {
  return word === `--${name}` || word.startsWith(`--${name}=`)
}

function sourceOf(texts: Texts, environment: Readonly<Record<string, string | undefined>>): Source {
  const doors = ['redis-port', 'memcached-port', 'redis-socket', 'unix-socket']
  const given = ['trace', 'keys', ...doors].filter((name) => texts[name] !== undefined)
  const [first, second] = given
  if (first === undefined) {
    throw new Error('say where uses come from: --trace FILE, --redis-port N, or --keys N')
  }
  if (second !== undefined) throw new Error(`--${first} and --${second} exclude each other`)
  if (texts['http-port'] !== undefined) {
    throw new Error('--http-port: HTTP shows no keys; --redis-port and --memcached-port do')
  }
  const format = texts['format'] as TraceFormat | undefined
  if (format !== undefined && first !== 'trace') throw new Error('--format goes with --trace')
  if (format !== undefined && !TRACE_FORMATS.includes(format)) {
    throw new Error(`--format ${format}: expected one of ${TRACE_FORMATS.join(', ')}`)
  }
  if (first === 'trace') return { kind: 'trace', file: String(texts['trace']), format }
  if (first === 'keys') {
    const exponent = numberOf(texts, 'zipf')!
    return { kind: 'hand', keys: numberOf(texts, 'keys')!, exponent }
  }
  const [address] = doorsOf(texts, environment)
  return { kind: 'server', address: address!, seconds: numberOf(texts, 'seconds')! }
}

function numberOf(texts: Texts, name: NumberName): number | undefined {
  const { least, most, isWhole, ...rest } = NUMBERS[name]
  const text = texts[name]
  if (text === undefined) return 'standard' in rest ? rest.standard : undefined
  const value = Number(text)
  const isGood = text !== '' && value >= least && value <= most
  if (isGood && (!isWhole || Number.isInteger(value))) return value
  const kind = isWhole ? 'a whole number' : 'a number'
  throw new Error(`--${name} ${text}: expected ${kind} from ${least} to ${most}`)
}

function policyOf(policy: string | undefined): Policy {
  if (policy === undefined) return resolveOptions({}).eviction as Policy
  const found = PLANNED_POLICIES.find((name) => name === policy)
  if (found !== undefined) return found
  throw new Error(`--policy ${policy}: expected one of ${PLANNED_POLICIES.join(', ')}`)
}

function wantedOf(text: string): number[] {
  return text.split(',').map((one) => {
    const percent = Number(one)
    if (one.trim() !== '' && percent > 0 && percent <= 100) return percent / 100
    throw new Error(`--hit-ratio ${text}: expected percent above 0 and at most 100, not '${one}'`)
  })
}

function memoryOf(flag: string, text: string): number {
  const size = /^[0-9]+$/.test(text) ? Number(text) : text
  const bytes = parseSize(flag, size)
  if (bytes >= 2 * 2 ** 20) return bytes
  throw new Error(`${flag} ${text}: expected 2mb or more`)
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
