/** The targets of memory, of expiry, and of the hit ratio. */
import { BEYOND_BYTES, FEWEST_KEPT, FORECAST_GOALS, GAIN_GOALS } from '../goals.ts'
import { MOST_DIFFERENCE, MOST_EXPIRY_CPU, MOST_HELD, MOST_ROUNDING } from '../goals.ts'
import { difference, newest, one, ratio, together } from './lines.ts'
import type { Line, Pick, Wanted } from './lines.ts'
import type { Target } from './target.ts'

const MEMORY = 'npm run bench -- --only=memory'
const DRIFT = 'npm run bench -- --only=drift'
const EXPIRY = 'npm run bench -- --only=expiry'
const HIT_RATIO = 'npm run hit-ratio'

const memory = (what: string, limit: number, unit: string, pick: Pick): Target => ({
  ...{ group: 'memory', command: MEMORY, bound: 'at most', what, limit, unit, pick },
})

/** Of the scenes of the part: a million entries of 24 and 100 bytes, and ten million, in full. */
const MILLION = '24 + 100'
const ofMemory = (subject: string, operation: string, scene = MILLION): Wanted => ({
  ...{ suite: 'memory', subject, operation, parameters: { scene } },
})
const beyond = (subject: string, scene?: string) => ofMemory(subject, 'beyond key and value', scene)

/** Table and header: what is beyond key and value, without what size classes round. */
function bare(scene: string): Pick {
  const rounding = ofMemory('heddle', 'rounding to words and size class', scene)
  return difference(beyond('heddle', scene), rounding)
}

const EXPIRED = [
  [
    'memory held by what is over, lifetimes mixed, on average',
    'injected clock, held on average',
    MOST_HELD,
  ],
  ['the same, at most', 'injected clock, held at most', MOST_HELD],
  ['a core, of 100,000 expiring entries a second', 'real time, of one processor', MOST_EXPIRY_CPU],
] as const

function inFull(target: Target): Target {
  return { ...target, command: `${target.command} --full` }
}

function memoryTargets(): Target[] {
  return [
    memory(
      'bytes of an entry beyond key and value, without rounding',
      BEYOND_BYTES.goal,
      'B',
      bare(MILLION),
    ),
    memory('the same, the stretch', BEYOND_BYTES.stretch, 'B', bare(MILLION)),
    inFull(
      memory(
        'the same of ten million entries',
        BEYOND_BYTES.goal,
        'B',
        bare(`${MILLION}, ten million`),
      ),
    ),
    inFull(
      memory(
        'the same of ten million entries of 50 and 500 bytes',
        ...([BEYOND_BYTES.goal, 'B', bare('50 + 500, ten million')] as const),
      ),
    ),
    memory(
      'rounding to size classes, values uniform in 16 to 2,000 bytes',
      ...([
        MOST_ROUNDING,
        '%',
        one(ofMemory('heddle', 'rounding of an entry', '24 + 16 to 2,000')),
      ] as const),
    ),
    ...['memcached -t 1', 'redis', 'lru-cache'].map((peer) =>
      memory(
        `all bytes beyond key and value, beside ${peer}`,
        ...([1, 'times', ratio(beyond('heddle'), beyond(peer))] as const),
      ),
    ),
    {
      ...{ group: 'memory', command: DRIFT, bound: 'at least', limit: FEWEST_KEPT, unit: '%' },
      what: "entries held when values went from 100 B to 1 KB and back, of a fresh cache's",
      pick: together(
        { suite: 'drift', subject: 'heddle', operation: /^[12]: .*, kept of a fresh cache$/ },
        'the worse phase',
        (values) => Math.min(...values),
      ),
    },
    ...EXPIRED.map(
      ([what, operation, limit]): Target => ({
        ...{ group: 'memory', command: EXPIRY, bound: 'at most', limit, unit: '%', what },
        pick: one({ suite: 'expiry', subject: 'heddle', operation }),
      }),
    ),
  ]
}

const POLICIES = ['clock', 's3-fifo', 'sieve', 'lfu', 'random', 'fifo']
const CONTENDER = 's3-fifo'
/** Percent of the unique keys; the smallest counts from so many entries on. */
const JUDGED = [1, 10]
const SMALL = { percent: 0.1, entries: 500 }

function nearness(policy: string): Target {
  return {
    ...{
      group: 'hit ratio',
      command: HIT_RATIO,
      bound: 'at most',
      limit: MOST_DIFFERENCE,
      unit: 'points',
    },
    what: `${policy}: largest difference to its simulation`,
    pick: farthest(policy),
  }
}

/** The cell in which a policy is farthest from its simulation, above or below. */
function farthest(policy: string): Pick {
  const wanted = {
    suite: 'hitratio',
    subject: `heddle ${policy}`,
    operation: 'minus simulation',
  }
  return (lines) => {
    const judged = newest(lines, wanted).filter((cell) => isJudged(cell) || isSmallEnough(cell))
    const [first, ...others] = judged
    if (first === undefined) return undefined
    const from = others.reduce(
      (far, cell) => (Math.abs(cell.value) > Math.abs(far.value) ? cell : far),
      first,
    )
    const { trace, percent } = from.parameters
    const signed = `${from.value < 0 ? '-' : '+'}${Math.abs(from.value).toFixed(2)}`
    const note = `${signed} in ${trace} at ${percent} %, of ${judged.length} cells`
    return { value: Math.abs(from.value), spread: undefined, note, from }
  }
}

/** Gains of the contender over LRU, in points, cell by cell of the newest run that has it. */
function gains(lines: readonly Line[]): { cell: Line; gain: number }[] {
  const suite = 'hitratio'
  const subject = `heddle ${CONTENDER}`
  const cells = newest(lines, { suite, subject, operation: 'hit ratio', unit: '%' }).filter(
    ({ parameters }) => parameters['bound'] === 'entries',
  )
  const same = ['trace', 'bound', 'percent']
  return cells.flatMap((cell) => {
    const lru = lines.find(
      (line) =>
        line.suite === suite &&
        line.at === cell.at &&
        line.subject === 'lru' &&
        line.operation === 'hit ratio' &&
        same.every((name) => line.parameters[name] === cell.parameters[name]),
    )
    return lru === undefined ? [] : [{ cell, gain: cell.value - lru.value }]
  })
}

const isJudged = ({ parameters }: Line) => JUDGED.includes(Number(parameters['percent']))
const isSmallEnough = ({ parameters }: Line) =>
  Number(parameters['percent']) === SMALL.percent &&
  Number(parameters['maxEntries']) >= SMALL.entries

function overLru(of: (gains: readonly number[]) => number, among: (cell: Line) => boolean): Pick {
  return (lines) => {
    const found = gains(lines).filter(({ cell }) => among(cell))
    if (found.length === 0) return undefined
    const value = of(found.map(({ gain }) => gain))
    return { value, spread: undefined, note: `${found.length} cells`, from: found[0]!.cell }
  }
}

const mean = (values: readonly number[]) =>
  values.reduce((sum, value) => sum + value, 0) / values.length

function forecastError(rate: number): Pick {
  return (lines) => {
    const forecasts = newest(lines, { suite: 'plan', operation: 'forecast', parameters: { rate } })
    const errors = forecasts.flatMap((forecast) => {
      const played = lines.find(
        (line) =>
          line.suite === 'plan' &&
          line.at === forecast.at &&
          line.operation === 'hit ratio' &&
          line.subject === forecast.subject &&
          ['trace', 'percent', 'memory'].every(
            (name) => line.parameters[name] === forecast.parameters[name],
          ),
      )
      return played === undefined ? [] : [Math.abs(forecast.value - played.value)]
    })
    if (errors.length === 0) return undefined
    const note = `${errors.length} replays`
    return { value: mean(errors), spread: undefined, note, from: forecasts[0]! }
  }
}

function hitRatioTargets(): Target[] {
  const common = { group: 'hit ratio', command: HIT_RATIO, bound: 'at least' } as const
  return [
    ...POLICIES.map(nearness),
    {
      ...{ ...common, limit: GAIN_GOALS.mean, unit: 'points' },
      what: 's3-fifo above LRU, mean of all traces at 1 % and 10 %',
      pick: overLru(mean, isJudged),
    },
    {
      ...{ ...common, limit: GAIN_GOALS.least, unit: 'points' },
      what: 's3-fifo beside LRU, the worst of all traces',
      pick: overLru(
        (all) => Math.min(...all),
        (cell) => isJudged(cell) || isSmallEnough(cell),
      ),
    },
    ...FORECAST_GOALS.map(
      ([rate, limit]): Target => ({
        ...{ group: 'hit ratio', command: 'npm run bench -- --only=plan', bound: 'at most', limit },
        ...{ unit: 'points', pick: forecastError(rate) },
        what: `the planner's forecast from ${rate * 100} % of the keys: mean error beside replays`,
      }),
    ),
    {
      ...{ ...common, command: 'npm run bench -- --only=footprint', limit: 0, unit: 'points' },
      what: 'hit ratio minus that of the best of memcached and Redis, RSS grown alike, worst',
      pick: together(
        { suite: 'footprint', operation: 'minus the best of the others' },
        'of all budgets',
        (values) => Math.min(...values),
      ),
    },
  ]
}

export const SPACE: readonly Target[] = [...memoryTargets(), ...hitRatioTargets()]
