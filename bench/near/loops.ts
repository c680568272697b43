/**
 * The timed loops of the near suite. Each subject imports a copy of this module of its own, with
 * its name as a query, so that V8 specialises the loops for it, as in a program with one cache.
 * Every value is looked at while it is timed: no subject can win by answering wrong.
 */
import { keyOf, LAST_DIGIT_AT } from '../workload.ts'
import type { KeyKind, ValueKind } from './protocol.ts'

export interface Cache {
  get(key: string): unknown
}

export interface User {
  readonly id: number
  readonly name: string
  readonly roles: readonly string[]
}

const DIGIT_ZERO = 48

/** Gets the keys of `ids`; the sum of what was seen is its checksum. */
export type Loop = (ids: Uint32Array, from: number, to: number) => number

export function makeLoop(
  cache: Cache,
  values: ValueKind,
  key: KeyKind,
  prefix: string,
  keyObjects: readonly string[],
): Loop {
  const isText = values === 'string'
  if (key === 'new key') return isText ? newText : newObjects
  return isText ? reusedText : reusedObjects

  function newText(ids: Uint32Array, from: number, to: number): number {
    let sum = 0
    for (let i = from; i < to; i++) sum += ofText(cache.get(keyOf(prefix, ids[i]!)), ids[i]!)
    return sum
  }
  function reusedText(ids: Uint32Array, from: number, to: number): number {
    let sum = 0
    for (let i = from; i < to; i++) sum += ofText(cache.get(keyObjects[ids[i]!]!), ids[i]!)
    return sum
  }
  function newObjects(ids: Uint32Array, from: number, to: number): number {
    let sum = 0
    for (let i = from; i < to; i++) sum += ofObject(cache.get(keyOf(prefix, ids[i]!)), ids[i]!)
    return sum
  }
  function reusedObjects(ids: Uint32Array, from: number, to: number): number {
    let sum = 0
    for (let i = from; i < to; i++) sum += ofObject(cache.get(keyObjects[ids[i]!]!), ids[i]!)
    return sum
  }
}

function ofText(value: unknown, id: number): number {
  const text = value as string
  if (text.charCodeAt(LAST_DIGIT_AT) !== DIGIT_ZERO + (id % 10)) throw wrong(value, id)
  return text.length
}

function ofObject(value: unknown, id: number): number {
  const user = value as User
  if (user.id !== id) throw wrong(value, id)
  return user.name.length
}

function wrong(value: unknown, id: number): Error {
  return new Error(`wrong value for id ${id}: ${String(value)}`)
}
