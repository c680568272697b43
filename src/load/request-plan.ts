/**
 * What the load asks for, decided before the clock runs: a plan is an array of packed requests
 * (verb and key id in 32 bits) that a thread works through and begins anew. Nothing is drawn at
 * random while latency is measured, and the same seed gives the same requests to every server.
 *
 *   request   bits 31-30 verb (GET, SET, GET_ABSENT, SET_EXPIRING), bits 29-0 id
 *
 * Zipf draws use the closed form of Gray et al. (SIGMOD 1994), as YCSB does; rank is id.
 */
import { ABSENT_IDS_FROM } from './workload.ts'

export const GET = 0
export const SET = 1
/** A get of a key that nobody ever stores: anything but a miss is an error. */
export const GET_ABSENT = 2
/** A set of what lives for EXPIRING_SECONDS. */
export const SET_EXPIRING = 3
export type Verb = typeof GET | typeof SET | typeof GET_ABSENT | typeof SET_EXPIRING

export const MIXES = ['90/10', '50/50', 'hit-only', 'miss-heavy', 'write-only', 'expiring'] as const
export type Mix = (typeof MIXES)[number]
export const KEY_CHOICES = ['uniform', 'zipf', 'hot', 'trace'] as const
export type KeyChoice = (typeof KEY_CHOICES)[number]

export const ZIPF_EXPONENT = 0.99
const VERB_SHIFT = 30
const ID_MASK = 2 ** VERB_SHIFT - 1
const LEAST_PLAN = 1 << 18
const MOST_PLAN = 1 << 22

interface Shares {
  readonly gets: number
  /** Among the gets, of what was never stored. */
  readonly absent: number
  /** What is set lives for a while only, so gets may miss. */
  readonly expires?: boolean
}

const SHARES: Readonly<Record<Mix, Shares>> = {
  '90/10': { gets: 0.9, absent: 0 },
  '50/50': { gets: 0.5, absent: 0 },
  'hit-only': { gets: 1, absent: 0 },
  'miss-heavy': { gets: 1, absent: 0.9 },
  'write-only': { gets: 0, absent: 0 },
  expiring: { gets: 0.5, absent: 0, expires: true },
}

export function packRequest(verb: Verb, id: number): number {
  return ((verb << VERB_SHIFT) | id) >>> 0
}

export function verbOf(request: number): Verb {
  return (request >>> VERB_SHIFT) as Verb
}

export function idOf(request: number): number {
  return request & ID_MASK
}

export interface PlanOrder {
  readonly mix: Mix
  readonly choice: Exclude<KeyChoice, 'trace'>
  readonly keys: number
  readonly seed: number
}

export function planRequests(order: PlanOrder): Uint32Array {
  const { gets, absent, expires } = SHARES[order.mix]
  const set = expires === true ? SET_EXPIRING : SET
  const next = randomUnit(order.seed)
  const drawId = idDrawer(order, next)
  const plan = new Uint32Array(planRequestsFor(order.keys))
  for (let i = 0; i < plan.length; i++) {
    const isGet = next() < gets
    const isAbsent = isGet && next() < absent
    const id = drawId()
    plan[i] = isAbsent
      ? packRequest(GET_ABSENT, ABSENT_IDS_FROM + id)
      : packRequest(isGet ? GET : set, id)
  }
  return plan
}

/** As many as there are keys, so that many keys are not a small working set. */
function planRequestsFor(keys: number): number {
  let requests = LEAST_PLAN
  while (requests < keys && requests < MOST_PLAN) requests *= 2
  return requests
}

/** Whether gets of stored keys may miss. */
export function mayMiss(mix: Mix): boolean {
  return SHARES[mix].expires === true
}

export function isSet(request: number): boolean {
  const verb = verbOf(request)
  return verb === SET || verb === SET_EXPIRING
}

/** A thread's share of a trace: gets of every step-th request, from its own place on. */
export function planTrace(requests: Uint32Array, from: number, step: number): Uint32Array {
  const plan = new Uint32Array(Math.ceil((requests.length - from) / step))
  for (let i = 0; i < plan.length; i++) plan[i] = packRequest(GET, requests[from + i * step])
  return plan
}

/** A thread's share of the preload: a set of every step-th id. */
export function planPreload(keys: number, from: number, step: number): Uint32Array {
  const plan = new Uint32Array(Math.max(0, Math.ceil((keys - from) / step)))
  for (let i = 0; i < plan.length; i++) plan[i] = packRequest(SET, from + i * step)
  return plan
}

function idDrawer({ choice, keys }: PlanOrder, next: () => number): () => number {
  switch (choice) {
    case 'hot':
      return () => 0
    case 'uniform':
      return () => Math.floor(next() * keys)
    case 'zipf':
      return zipfDrawer(keys, next)
  }
}

function zipfDrawer(keys: number, next: () => number): () => number {
  let zeta = 0
  for (let rank = 1; rank <= keys; rank++) zeta += 1 / rank ** ZIPF_EXPONENT
  const zetaOfTwo = 1 + 0.5 ** ZIPF_EXPONENT
  const alpha = 1 / (1 - ZIPF_EXPONENT)
  const eta = (1 - (2 / keys) ** (1 - ZIPF_EXPONENT)) / (1 - zetaOfTwo / zeta)
  return () => {
    const u = next()
    if (u * zeta < 1) return 0
    if (u * zeta < zetaOfTwo) return Math.min(1, keys - 1)
    return Math.min(keys - 1, Math.floor(keys * (eta * u - eta + 1) ** alpha))
  }
}

/** Seeded numbers from 0 to below 1 (mulberry32). */
function randomUnit(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}
