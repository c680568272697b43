/**
 * What a run of the harness measures: its command line, its three forms and the parts they
 * contain.
 *
 *   npm run bench                       default form, all parts but some, under 90 seconds
 *   npm run bench -- --full             long form: 4 million keys, lmdb, every trace, several rates
 *   npm run bench -- --only=micro       some parts, comma separated, in the form asked for
 *   npm run bench -- --smoke            tiny sizes, a few seconds: what the tests run
 *
 * The forms differ in sizes only. Each suite keeps its own table of sizes, indexed by the form,
 * so that a reader finds the numbers next to the code that uses them.
 */
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { AXES } from './matrix/axes.ts'
import type { Axis } from './matrix/axes.ts'

export const PARTS = [
  'micro',
  'near',
  'large',
  'traces',
  'hitratio',
  'plan',
  'eviction',
  'footprint',
  'memory',
  'latency',
  'load',
  'redis',
  'clients',
  'monitoring',
  'matrix',
  'curve',
  'disturbed',
  'scaling',
  'profile',
  'drift',
  'expiry',
] as const

export type Part = (typeof PARTS)[number]
export type Form = 'smoke' | 'default' | 'full'

export interface RunOptions {
  readonly form: Form
  readonly parts: readonly Part[]
  /** True when the parts were named by `--only`. */
  readonly chosen: boolean
  /** N of "1 and N threads". */
  readonly threads: number
  readonly seed: number
  /** The axes of the matrix that are walked; undefined: those of the form. */
  readonly axes: readonly Axis[] | undefined
  readonly resultsFolder: string
  /** The folder named by HEDDLE_TRACES; undefined: only the trace in bench/data. */
  readonly tracesFolder: string | undefined
}

/** These take a minute or more each, and are asked for by name. */
const APART: readonly Part[] = [
  'near',
  'large',
  'plan',
  'eviction',
  'footprint',
  'clients',
  'monitoring',
  'matrix',
  'curve',
  'disturbed',
  'scaling',
  'profile',
  'drift',
  'expiry',
]

export const USAGE: string = `
npm run bench -- [options]: heddle beside Map, lru-cache, a lock, memcached and Redis

  --only=A,B        some of ${PARTS.join(', ')};
                    without it all but ${APART.join(', ')},
                    which take a minute or more each
  --axis=A,B        of the part matrix some of its axes, in full:
                    ${AXES.join(', ')}
  --full            the long form: 4 million keys, lmdb, every trace, several rates; all parts
  --smoke           tiny sizes, a few seconds: what the tests run
  --threads N       N of "1 and N threads", 1 to 8 (2, or the processors if there are fewer)
  --seed N          of keys, values and their order (20261121)
  --results FOLDER  where lines, tables and reports are written (results/)

HEDDLE_TRACES names a folder of traces, beside the one in bench/data.
Exit code: 0, 1 when a part fails, 2 for wrong options.`

const DEFAULT_SEED = 20_261_121
export const DEFAULT_RESULTS: string = fileURLToPath(new URL('../results/', import.meta.url))
const MOST_THREADS = 8

export function readOptions(argv: readonly string[], environment: NodeJS.ProcessEnv): RunOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      full: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      only: { type: 'string' },
      threads: { type: 'string' },
      seed: { type: 'string' },
      axis: { type: 'string' },
      results: { type: 'string' },
    },
  })
  if (values.full && values.smoke) throw new Error('--full and --smoke exclude each other')
  const folder = environment['HEDDLE_TRACES']
  return {
    form: values.full ? 'full' : values.smoke ? 'smoke' : 'default',
    ...partsOf(values.only, values.axis, values.full),
    threads: readInteger('threads', values.threads, defaultThreads(), MOST_THREADS),
    seed: readInteger('seed', values.seed, DEFAULT_SEED, 2 ** 31 - 1),
    resultsFolder: values.results === undefined ? DEFAULT_RESULTS : resolve(values.results),
    tracesFolder: folder === undefined || folder === '' ? undefined : resolve(folder),
  }
}

/** Axes are those of the matrix, and ask for it. */
function partsOf(only: string | undefined, axis: string | undefined, isFull: boolean) {
  const axes = axis === undefined ? undefined : readAxes(axis)
  const parts = only === undefined ? (axes ? MATRIX : wholeRun(isFull)) : readParts(only)
  if (axes !== undefined && !parts.includes('matrix')) {
    throw new Error(`--axis=${axis}: it is of the part matrix, and --only=${only} leaves that out`)
  }
  return { parts, axes, chosen: only !== undefined || axes !== undefined }
}

function readAxes(list: string): Axis[] {
  const named = list.split(',').map((name) => name.trim())
  const wrong = named.find((name) => !AXES.includes(name as Axis))
  if (wrong === undefined) return AXES.filter((axis) => named.includes(axis))
  throw new Error(`--axis=${list}: no axis "${wrong}"; the axes are ${AXES.join(', ')}`)
}

const MATRIX: readonly Part[] = ['matrix']

function wholeRun(isFull: boolean): readonly Part[] {
  return isFull ? PARTS : PARTS.filter((part) => !APART.includes(part))
}

/** Two threads by default: the smallest number that shows sharing, on a machine of any size. */
function defaultThreads(): number {
  return Math.min(2, Math.max(1, availableParallelism()))
}

function readParts(list: string): Part[] {
  const named = list.split(',').map((name) => name.trim())
  for (const name of named) {
    if (!PARTS.includes(name as Part)) {
      throw new Error(`--only=${list}: no part "${name}"; the parts are ${PARTS.join(', ')}`)
    }
  }
  return PARTS.filter((part) => named.includes(part))
}

function readInteger(name: string, text: string | undefined, otherwise: number, most: number) {
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1 || value > most) {
    throw new Error(`--${name}=${text}: expected an integer from 1 to ${most}`)
  }
  return value
}
