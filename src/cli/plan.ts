/**
 * `heddle plan`: the capacity planner. It takes the uses of keys from a trace, from a running
 * server or from a few numbers, forecasts the hit ratio for each size of memory (src/plan), and
 * says what memory, workers and nodes a wanted hit ratio takes.
 */
import { basename } from 'node:path'
import { formatOf, readTrace } from '../load/trace-reader.ts'
import { type Forecast, forecastOf } from '../plan/forecast.ts'
import type { Sample, SampledUses } from '../plan/sample.ts'
import { boundsFor, sampleOf } from '../plan/trace-sample.ts'
import { forecastByHand } from '../plan/zipf.ts'
import { PLAN_USAGE, type PlanOptions, readPlanOptions, type Source } from './plan/plan-options.ts'
import { type PlanFacts, planJson, planOf, planText } from './plan/plan-report.ts'
import { sampleServer } from './plan/server-sample.ts'
import { placeOf } from './watch/address.ts'

/** The exit code: 0, 1 when there is nothing to plan from, 2 for wrong arguments. */
export async function planCommand(argv: readonly string[]): Promise<number> {
  let options: PlanOptions
  try {
    options = readPlanOptions(argv, process.env)
  } catch (error) {
    const message = (error as Error).message.replaceAll('\n', ' ')
    process.stderr.write(`heddle plan: ${message}; see heddle plan --help\n`)
    return 2
  }
  if (options.help) {
    process.stdout.write(PLAN_USAGE)
    return 0
  }
  try {
    const { forecast, facts } = await forecastFrom(options.source, options)
    const plan = planOf(forecast, facts, options)
    process.stdout.write(options.json ? planJson(plan, options) : planText(plan, options))
    return 0
  } catch (error) {
    process.stderr.write(`heddle plan: ${(error as Error).message}\n`)
    return 1
  }
}

interface Found {
  readonly forecast: Forecast
  readonly facts: PlanFacts
}

function forecastFrom(source: Source, options: PlanOptions): Promise<Found> | Found {
  switch (source.kind) {
    case 'trace':
      return fromTrace(source, options)
    case 'server':
      return fromServer(source, options)
    case 'hand':
      return byHand(source, options)
  }
}

function fromTrace(source: Source & { kind: 'trace' }, options: PlanOptions): Found {
  const format = source.format ?? formatOf(source.file) ?? 'sized'
  const trace = readTrace(source.file, format)
  const name = `${basename(source.file)}, read as ${format}`
  const sample = sampleOf(trace, boundsFor(options.sampleKeys))
  return found(name, sample, options.prices.rate, [], options)
}

async function fromServer(
  source: Source & { kind: 'server' },
  options: PlanOptions,
): Promise<Found> {
  const bounds = boundsFor(options.sampleKeys)
  const taken = await sampleServer(source.address, source.seconds, bounds)
  const { sample, seconds, strange, isCut } = taken
  const { reads, writes } = sample.seen
  const rate = options.prices.rate ?? (reads + writes) / seconds
  const notes = [
    `it was listened to for ${seconds.toFixed(1)} s: what is used again after longer is not ` +
      'seen, so a longer sample finds a higher hit ratio',
  ]
  if (isCut) notes.push('the server closed the connection early: it told more than was read')
  if (strange > 0) notes.push(`${strange} lines were not understood`)
  return found(placeOf(source.address), sample, rate, notes, options)
}

function found(
  name: string,
  sample: Sample,
  rate: number | undefined,
  notes: readonly string[],
  options: PlanOptions,
): Found {
  const { reads } = sample.seen
  if (reads === 0) throw new Error(`${name}: no key was read, so there is nothing to plan from`)
  const uses = sample.end()
  const sizes = sizesOf(uses, options.valueBytes)
  const forecast = forecastOf(uses, {
    ...{ policy: options.policy, expires: options.expires, countsFirst: !options.isWarm },
    otherwiseBytes: sizes.otherwiseBytes,
  })
  const keys = Math.round(forecast.keys).toLocaleString('en-US')
  const share = uses.rate === 1 ? 'all of them' : `a sample of ${(uses.rate * 100).toFixed(1)} %`
  const source = `${name}: ${reads.toLocaleString('en-US')} reads of ${keys} keys (${share})`
  return { forecast, facts: { source, notes: [...notes, sizes.note], rate } }
}

/** What stands in for the sizes that nothing told. */
function sizesOf(
  { valueBytes }: SampledUses,
  given: number | undefined,
): { otherwiseBytes: number; note: string } {
  const known = valueBytes.filter((bytes) => bytes >= 0)
  const unknown = valueBytes.length - known.length
  const mean = known.length === 0 ? undefined : known.reduce((a, b) => a + b, 0) / known.length
  const otherwiseBytes = given ?? (mean === undefined ? undefined : Math.round(mean))
  if (otherwiseBytes === undefined) {
    throw new Error('nothing tells how large values are: --value-size N')
  }
  const share = `${((known.length / valueBytes.length) * 100).toFixed(0)} % of the values`
  const note =
    unknown === 0
      ? `values have ${Math.round(mean!)} bytes on average`
      : `the size of ${share} is known; the others are taken as ${otherwiseBytes} bytes`
  return { otherwiseBytes, note }
}

function byHand(source: Source & { kind: 'hand' }, options: PlanOptions): Found {
  const { keys, exponent } = source
  const valueBytes = options.valueBytes!
  const { keyBytes, expires, policy } = options
  const forecast = forecastByHand({ keys, exponent, keyBytes, valueBytes, expires, policy })
  const shape = exponent === 0 ? 'all alike' : `popular by Zipf's law with exponent ${exponent}`
  return {
    forecast,
    facts: {
      source: `by hand: ${keys.toLocaleString('en-US')} keys of ${keyBytes} bytes, ${shape}`,
      notes: [
        `values of ${valueBytes} bytes`,
        "requests are independent of each other; the hit ratio is that of LRU by Che's " +
          'approximation; no first read is counted',
      ],
      rate: options.prices.rate,
    },
  }
}
