/** The option `hotKeys` of `createEngine`: whether threads note their keys, and how. */
import { checkOptions } from '../call-options.ts'
import { count } from '../describe.ts'
import { badOption, badType } from '../errors.ts'
import { whole } from '../option-checks.ts'
import type { HotKeysMemory } from './rows.ts'

/** How hot keys are noted. */
export interface HotKeysOptions {
  /** One use in so many is looked at, on average: 1 to 1,000,000. @defaultValue 128 */
  readonly sample?: number | undefined
  /**
   * Keys that each thread keeps, 8 to 4,096: a key with a larger share of its uses than one in so
   * many is among them.
   * @defaultValue 128
   */
  readonly keys?: number | undefined
  /**
   * Milliseconds after which a use counts half: 1,000 or more; `Infinity`: uses count for ever.
   * @defaultValue 60,000
   */
  readonly halfLife?: number | undefined
}

const NAMES: readonly string[] = ['sample', 'keys', 'halfLife']
const DEFAULTS = { sample: 128, keys: 128, halfLife: 60_000 }
const MOST_SAMPLE = 1_000_000
const LEAST_KEYS = 8
const MOST_KEYS = 4096
const LEAST_HALF_LIFE_MS = 1000

/** @throws HeddleError HEDDLE_BAD_OPTION, HEDDLE_BAD_TYPE */
export function resolveHotKeys(given: unknown): Omit<HotKeysMemory, 'memory'> | undefined {
  if (given === false) return undefined
  if (given !== true) {
    if (typeof given !== 'object') throw badType('hotKeys', given, 'true, false or an object')
    checkOptions(given, NAMES)
  }
  const set = Object.entries(given === true ? {} : (given as object))
  const known = set.filter(([, value]) => value !== undefined)
  const options = { ...DEFAULTS, ...Object.fromEntries(known) }
  return {
    perSample: whole(options, 'sample', 1, MOST_SAMPLE),
    keys: whole(options, 'keys', LEAST_KEYS, MOST_KEYS),
    halfLifeMs: halfLifeOf(options.halfLife),
  }
}

function halfLifeOf(halfLife: unknown): number {
  if (typeof halfLife !== 'number') throw badType('halfLife', halfLife, 'a number of milliseconds')
  if (halfLife >= LEAST_HALF_LIFE_MS) return halfLife
  const why = `it must be ${count(LEAST_HALF_LIFE_MS)} milliseconds or more, or Infinity`
  throw badOption('halfLife', halfLife, why, LEAST_HALF_LIFE_MS)
}
