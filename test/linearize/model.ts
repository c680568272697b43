/**
 * The sequential model of one key: what each operation makes of its state, one after the other.
 *
 * What the cache may do by itself is part of it: an entry may be lost when it is over, and so many
 * times at any moment (eviction); nothing is ever found again. A refused call changes nothing. The
 * version of an entry is unknown until a `gets` has seen it, and larger than any seen before.
 */
import type { Call, Operation, Value } from './history.ts'

export interface KeyState {
  /** `undefined`: the key is absent. */
  readonly value: Value | undefined
  /** Of the entry; 0 unknown. */
  readonly version: number
  /** The largest version that anybody has seen under this key. */
  readonly newest: number
  /** Versions above `newest` that the entry does not have, as a cas has found; few, in order. */
  readonly excluded: readonly number[]
  /** The entry may be over from here on, by the wall clock in ms; Infinity: never. */
  readonly mayEnd: number
  /** The entry is over from here on. */
  readonly mustEnd: number
  /** Entries that were lost so far though they were not over; not counted if any number may be. */
  readonly losses: number
}

const NEVER = Number.POSITIVE_INFINITY
const NONE: readonly number[] = []
/** More are forgotten: then the model allows more than can be. */
const MOST_EXCLUDED = 8
export const ABSENT: KeyState = {
  value: undefined,
  version: 0,
  newest: 0,
  excluded: NONE,
  mayEnd: NEVER,
  mustEnd: NEVER,
  losses: 0,
}

export function present(value: Value, version = 0, newest = version): KeyState {
  return { ...ABSENT, value, version, newest }
}

/** Refusals that say nothing of the state and leave it alone. */
const REFUSALS = ['HEDDLE_FULL', 'HEDDLE_CONTENDED', 'HEDDLE_GATE_CLOSED', 'HEDDLE_VALUE_TOO_LARGE']

/** All states in which the key may be after a call in `state`; none: the outcome is impossible. */
export function statesAfter(state: KeyState, call: Call, mostLosses: number): KeyState[] {
  const { outcome } = call
  const before = statesMet(state, call, mostLosses)
  if (outcome.kind === 'cut') return before.flatMap((one) => [one, ...after(one, call, ANY)])
  if (outcome.kind === 'threw') return before.filter((one) => isRefusal(one, call, outcome.code))
  return before.flatMap((one) => after(one, call, outcome.value))
}

/**
 * Whether a call has, by its outcome, changed nothing. If it fits where it changes no state it may
 * as well take effect there: it can only rule states out later, or lose an entry that the next
 * call can lose as well (that time does not run backwards is taken for granted).
 */
export function hasChangedNothing({ operation: { name }, outcome }: Call): boolean {
  if (name === 'get' || name === 'gets' || name === 'has') return true
  if (outcome.kind !== 'returned') return outcome.kind === 'threw'
  const { value } = outcome
  if (name === 'cas') return value !== 'stored'
  return value === false || (name === 'decr' && value === undefined)
}

/** The states in which a call may meet the key: as it is, or lost meanwhile. */
function statesMet(state: KeyState, { clock }: Call, mostLosses: number): KeyState[] {
  if (state.value === undefined) return [state]
  if (clock !== undefined && clock[0] >= state.mustEnd) return [lost(state)]
  const mayBeOver = state.mayEnd < NEVER && (clock === undefined || clock[1] >= state.mayEnd)
  if (mayBeOver || mostLosses === NEVER) return [state, lost(state)]
  return state.losses < mostLosses ? [state, lost(state, 1)] : [state]
}

function lost({ newest, losses }: KeyState, more = 0): KeyState {
  return { ...ABSENT, newest, losses: losses + more }
}

function isRefusal(state: KeyState, { operation }: Call, code: string): boolean {
  if (REFUSALS.includes(code)) return true
  const { value } = state
  if (code === 'HEDDLE_NOT_A_NUMBER') {
    return /^(in|de)cr$/.test(operation.name) && value !== undefined && !isCounter(value)
  }
  const isConcat = operation.name === 'append' || operation.name === 'prepend'
  return code === 'HEDDLE_BAD_VALUE' && isConcat && typeof value === 'number'
}

function isCounter(value: Value): boolean {
  return typeof value === 'number' || /^\d{1,15}$/.test(value)
}

/** Any result will do: the caller is dead. */
const ANY = Symbol('any')

function after(state: KeyState, call: Call, result: unknown): KeyState[] {
  const next = effect(state, call, result)
  return next === undefined ? [] : [next]
}

/** The state after a call that took effect, or undefined if it cannot have returned `result`. */
function effect(state: KeyState, call: Call, result: unknown): KeyState | undefined {
  const { operation } = call
  const isThere = state.value !== undefined
  const when = (fits: boolean, next: KeyState): KeyState | undefined => (fits ? next : undefined)
  const is = (wanted: unknown): boolean => result === ANY || result === wanted
  switch (operation.name) {
    case 'get':
      return when(is(state.value), state)
    case 'has':
      return when(is(isThere), state)
    case 'gets':
      return afterGets(state, result)
    case 'flush':
      return lost(state)
    case 'delete':
      return when(is(isThere), isThere ? lost(state) : state)
    case 'set':
      return stored(state, operation, call)
    case 'add':
      return when(is(!isThere), isThere ? state : stored(state, operation, call))
    case 'replace':
      return when(is(isThere), isThere ? stored(state, operation, call) : state)
    case 'cas':
      return afterCas(state, operation, call, result)
    case 'touch':
      return when(is(isThere), isThere ? { ...state, ...expiry(operation.ttl, call) } : state)
    case 'append':
    case 'prepend':
      return afterConcat(state, operation, result)
    default:
      return afterCount(state, operation, call, result)
  }
}

function stored(
  state: KeyState,
  operation: { readonly value: Value; readonly ttl?: number },
  call: Call,
): KeyState {
  const { newest, losses } = state
  return { ...present(operation.value, 0, newest), losses, ...expiry(operation.ttl, call) }
}

/** A value made of the old one keeps the time it has left. */
function changed(state: KeyState, value: Value): KeyState {
  return { ...state, value, version: 0, excluded: NONE }
}

function expiry(ttl: number | undefined, { clock }: Call): { mayEnd: number; mustEnd: number } {
  if (ttl === undefined || ttl === NEVER) return { mayEnd: NEVER, mustEnd: NEVER }
  if (clock === undefined) return { mayEnd: Number.NEGATIVE_INFINITY, mustEnd: NEVER }
  return { mayEnd: clock[0] + ttl, mustEnd: clock[1] + ttl }
}

function afterGets(state: KeyState, result: unknown): KeyState | undefined {
  if (result === ANY) return state
  if (result === undefined) return state.value === undefined ? state : undefined
  const { value, version } = result as { value: unknown; version: number }
  if (state.value === undefined || value !== state.value) return undefined
  if (state.version !== 0) return version === state.version ? state : undefined
  if (!mayHave(state, version)) return undefined
  return { ...state, version, newest: version, excluded: NONE }
}

/** An entry whose version nobody has seen may have any larger one that no cas has ruled out. */
function mayHave({ newest, excluded }: KeyState, version: number): boolean {
  return version > newest && !excluded.includes(version)
}

/** The state without a version that it might have had; undefined: it is known to have that one. */
function without(state: KeyState, version: number): KeyState | undefined {
  if (state.version !== 0) return undefined
  const excluded = [...state.excluded, version].sort((a, b) => a - b).slice(-MOST_EXCLUDED)
  return { ...state, excluded }
}

function afterCas(
  state: KeyState,
  operation: Operation & { readonly name: 'cas' },
  call: Call,
  result: unknown,
): KeyState | undefined {
  const { version } = operation
  if (state.value === undefined) return result === ANY || result === 'missing' ? state : undefined
  const mayMatch = state.version === 0 ? mayHave(state, version) : version === state.version
  if (result === 'exists') return mayMatch ? without(state, version) : state
  if (result === 'missing' || !mayMatch) return undefined
  return { ...stored(state, operation, call), newest: Math.max(state.newest, version) }
}

function afterConcat(
  state: KeyState,
  operation: Operation & { readonly name: 'append' | 'prepend' },
  result: unknown,
): KeyState | undefined {
  const old = state.value
  if (typeof old === 'number') return undefined
  if (result !== ANY && result !== (old !== undefined)) return undefined
  if (old === undefined) return state
  const { name, value } = operation
  return changed(state, name === 'append' ? old + value : value + old)
}

function afterCount(
  state: KeyState,
  operation: Operation & { readonly name: 'incr' | 'decr' },
  call: Call,
  result: unknown,
): KeyState | undefined {
  const { name, by = 1, ttl } = operation
  const initial = operation.initial ?? (name === 'incr' ? by : undefined)
  if (state.value === undefined) {
    if (initial === undefined) return result === ANY || result === undefined ? state : undefined
    if (result !== ANY && result !== initial) return undefined
    return stored(state, { value: initial, ...(ttl === undefined ? {} : { ttl }) }, call)
  }
  if (!isCounter(state.value)) return undefined
  const before = Number(state.value)
  const next = name === 'incr' ? before + by : Math.max(0, before - by)
  if (!Number.isSafeInteger(next)) throw new Error(`counters beyond 2^53 are not modelled: ${next}`)
  if (result !== ANY && result !== next) return undefined
  return changed(state, typeof state.value === 'number' ? next : String(next))
}
