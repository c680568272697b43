/**
 * What a broken cache might have answered: each mutation turns a good history into one that no
 * order explains, whatever overlaps, or finds no place for itself.
 */
import { type Call, returned } from './history.ts'
import type { Kind, Random } from './random-history.ts'

export interface Mutation {
  readonly name: string
  readonly kinds: readonly Kind[]
  readonly loses: number
  mutate(calls: readonly Call[], random: Random): Call[] | undefined
}

const resultOf = (call: Call): unknown => {
  return call.outcome.kind === 'returned' ? call.outcome.value : undefined
}
const precedes = (first: Call, second: Call): boolean => first.returned < second.invoked
const isGet = (call: Call): boolean => call.operation.name === 'get'
const isSet = (call: Call): boolean => call.operation.name === 'set'

/** The history with another result of one call. */
function withResult(calls: readonly Call[], call: Call, value: unknown): Call[] {
  return calls.map((other) => (other === call ? { ...call, outcome: returned(value) } : other))
}

function pick<T>(from: readonly T[], random: Random): T | undefined {
  return from[random(Math.max(1, from.length))]
}

/** A get returns what a later set had replaced before it began. */
function staleRead(calls: readonly Call[], random: Random): Call[] | undefined {
  const read = pick(calls.filter(isGet), random)
  const sets = calls.filter((call) => isSet(call) && call.key === read?.key)
  const old = sets.find((first) => {
    return sets.some((second) => precedes(first, second) && precedes(second, read!))
  })
  if (read === undefined || old === undefined) return undefined
  return withResult(calls, read, (old.operation as { value: string }).value)
}

/** An increment is counted by nobody after it: the next one returns the same number. */
function lostIncrement(calls: readonly Call[], random: Random): Call[] | undefined {
  const counts = calls.filter((call) => call.operation.name === 'incr')
  const lost = pick(counts, random)!
  const from = Number(resultOf(lost))
  const isHit = (call: Call): boolean => call.key === lost.key && Number(resultOf(call)) > from
  if (!counts.some(isHit)) return undefined
  return calls.map((call) => {
    return isHit(call) ? { ...call, outcome: returned(Number(resultOf(call)) - 1) } : call
  })
}

/** An entry that a get had missed is read again. */
function resurrection(calls: readonly Call[], random: Random): Call[] | undefined {
  const gets = calls.filter(isGet)
  const last = pick(gets, random)!
  for (const missed of gets) {
    if (missed.key !== last.key || resultOf(missed) !== undefined || !precedes(missed, last))
      continue
    const dead = calls.find((call) => {
      return isSet(call) && call.key === last.key && precedes(call, missed)
    })
    if (dead !== undefined) {
      return withResult(calls, last, (dead.operation as { value: string }).value)
    }
  }
  return undefined
}

/** Two adds won, and nothing ever went. */
function secondAdd(calls: readonly Call[], random: Random): Call[] | undefined {
  const losers = calls.filter((call) => call.operation.name === 'add' && resultOf(call) === false)
  const loser = pick(losers, random)
  return loser && withResult(calls, loser, true)
}

/** A cas wins on a version although a later one had been read before it began. */
function oldVersion(calls: readonly Call[], random: Random): Call[] | undefined {
  const losers = calls.filter(({ key, invoked, operation, outcome }) => {
    if (operation.name !== 'cas' || outcome.kind !== 'returned') return false
    return calls.some((call) => {
      const read = call.operation.name === 'gets' ? (resultOf(call) as Version) : undefined
      return call.key === key && call.returned < invoked && (read?.version ?? 0) > operation.version
    })
  })
  const loser = pick(losers, random)
  return loser && withResult(calls, loser, 'stored')
}
type Version = { readonly version: number } | undefined

/** A get returns what two adds wrote one after the other, as if one had been an append. */
function tornRead(calls: readonly Call[], random: Random): Call[] | undefined {
  const read = pick(
    calls.filter((call) => isGet(call) && resultOf(call) !== undefined),
    random,
  )
  return read && withResult(calls, read, `${resultOf(read)}${resultOf(read)}`)
}

export const MUTATIONS: readonly Mutation[] = [
  { name: 'a stale read', kinds: ['get', 'set', 'delete'], loses: 0, mutate: staleRead },
  { name: 'a lost increment', kinds: ['get', 'incr'], loses: 0, mutate: lostIncrement },
  { name: 'a resurrected entry', kinds: ['get', 'set'], loses: 6, mutate: resurrection },
  { name: 'a second add', kinds: ['get', 'add'], loses: 0, mutate: secondAdd },
  {
    name: 'a cas on an old version',
    kinds: ['gets', 'cas', 'set', 'delete'],
    loses: 0,
    mutate: oldVersion,
  },
  { name: 'a torn read', kinds: ['get', 'set'], loses: 8, mutate: tornRead },
]
