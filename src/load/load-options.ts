/** The flags that say which load: connections, what is asked for, keys and values. */
import type { ParseArgsOptionsConfig } from 'node:util'
import { integer, oneOf } from './flag-readers.ts'
import type { Texts } from './flag-readers.ts'
import { MIXES } from './request-plan.ts'
import type { Mix } from './request-plan.ts'
import { LARGEST_VALUE, MOST_KEYS, SMALLEST_VALUE } from './workload.ts'
import type { ValueSizes } from './workload.ts'

export const MOST_CONNECTIONS = 10_000
/** Requests per second. */
export const MOST_RATE = 10_000_000

export const LOAD_FLAGS = {
  threads: { type: 'string', default: '1' },
  connections: { type: 'string', default: '50' },
  mix: { type: 'string', default: '90/10' },
  'key-choice': { type: 'string' },
  keys: { type: 'string', default: '100000' },
  'value-size': { type: 'string', default: '32' },
  'warm-up': { type: 'string', default: '1' },
  'no-preload': { type: 'boolean', default: false },
  'allow-misses': { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
} as const satisfies ParseArgsOptionsConfig

export interface LoadOptions {
  readonly threads: number
  readonly connections: number
  readonly mix: Mix
  readonly keys: number
  readonly values: ValueSizes
  readonly allowMisses: boolean
  readonly seed: number
}

export function loadOf(texts: Texts): LoadOptions {
  const connections = integer(texts, 'connections', 1, MOST_CONNECTIONS)
  const threads = integer(texts, 'threads', 1, 64)
  if (threads > connections) {
    throw new Error(`--threads ${threads}: more than --connections ${connections}`)
  }
  return {
    ...{ threads, connections },
    mix: oneOf(texts, 'mix', MIXES) as Mix,
    keys: integer(texts, 'keys', 1, MOST_KEYS),
    values: readValueSizes(String(texts['value-size'])),
    allowMisses: texts['allow-misses'] === true,
    seed: integer(texts, 'seed', 1, 2 ** 31 - 1),
  }
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
