/**
 * The timed loops of the micro suite. One batch is a thousand operations on keys in random order;
 * each read is checked while it is timed (its length and the digit that tells its id), so no
 * subject can win by answering wrong.
 *
 * Each subject gets a copy of this module of its own (imported with its name as a query), so that
 * V8 specialises the loops for that subject, as it does in a program that uses one cache. With
 * one shared copy all calls would go through the same megamorphic call site.
 */
import type { Subject } from '../subjects/subject.ts'
import {
  KEY_PREFIX,
  LAST_DIGIT_AT,
  NEW_IDS_PER_THREAD,
  VALUE_BYTES,
  keyOf,
  missId,
  newId,
  valueFor,
} from '../workload.ts'
import type { KeyShape } from '../workload.ts'

export const BATCH = 1000
const MANY = 100
const DIGIT_ZERO = 48
const WRITE_EVERY = 10

export type OperationName =
  | 'build key'
  | 'get hit, new key'
  | 'get hit, reused key'
  | 'getBytes hit, new key'
  | 'getBytes hit, reused key'
  | 'get miss'
  | 'set new'
  | 'overwrite'
  | '90/10 mix'
  | 'getMany 100'
  | 'getManyBytes 100'

/** What a thread measures on: the keys and values it inserted, the order it asks in. */
export interface Dataset {
  readonly shape: KeyShape
  readonly keys: number
  readonly threadIndex: number
  /** The very key objects that were inserted, by id. */
  readonly keyObjects: readonly string[]
  /** Values to overwrite with, by id: generation 1. */
  readonly freshValues: readonly string[]
  /** Ids in random order; the length is a multiple of the batch. */
  readonly order: Uint32Array
}

export interface Batch {
  run(): void
  /** Undoes what a batch left behind, outside the timed section. */
  undo(): void
}

/** A cursor over the order, in steps of a batch. */
function cursorOver(order: Uint32Array): () => number {
  let next = 0
  return () => {
    const at = next
    next = next + BATCH >= order.length ? 0 : next + BATCH
    return at
  }
}

function check(value: string | undefined, id: number): void {
  if (value === undefined || value.length !== VALUE_BYTES) throw wrong(value, id)
  if (value.charCodeAt(LAST_DIGIT_AT) !== DIGIT_ZERO + (id % 10)) throw wrong(value, id)
}

function wrong(value: unknown, id: number): Error {
  return new Error(`wrong value for id ${id}: ${String(value)}`)
}

function nothing(): void {}

export function makeBatch(operation: OperationName, subject: Subject, data: Dataset): Batch {
  const { order, keyObjects, freshValues, keys } = data
  const prefix = KEY_PREFIX[data.shape]
  const step = cursorOver(order)
  const target = new Uint8Array(VALUE_BYTES * 2)
  const of: Record<OperationName, () => Batch> = {
    'build key': () => buildKeys(prefix, order, step),
    'get hit, new key': () => getNewKeys(subject, prefix, order, step),
    'get hit, reused key': () => getReusedKeys(subject, keyObjects, order, step),
    'getBytes hit, new key': () => getBytesNewKeys(subject, prefix, order, step, target),
    'getBytes hit, reused key': () => getBytesReused(subject, keyObjects, order, step, target),
    'get miss': () => missKeys(subject, prefix, keys, order, step),
    'set new': () => setNew(subject, prefix, data.threadIndex),
    overwrite: () => overwriteKeys(subject, prefix, freshValues, order, step),
    '90/10 mix': () => mixKeys(subject, prefix, freshValues, order, step),
    'getMany 100': () => getManyKeys(subject, prefix, order, step),
    'getManyBytes 100': () => getManyBytes(subject, prefix, order, step),
  }
  return of[operation]()
}

type Step = () => number

/** What building the keys costs alone; the last character is read, so the string is really made. */
function buildKeys(prefix: string, order: Uint32Array, step: Step): Batch {
  let sum = 0
  function run(): void {
    const from = step()
    for (let i = from; i < from + BATCH; i++) {
      const key = keyOf(prefix, order[i] as number)
      sum = (sum + key.charCodeAt(key.length - 1)) | 0
    }
    if (sum === Number.MIN_SAFE_INTEGER) throw new Error('unreachable')
  }
  return { run, undo: nothing }
}

function getNewKeys(subject: Subject, prefix: string, order: Uint32Array, step: Step): Batch {
  function run(): void {
    const from = step()
    for (let i = from; i < from + BATCH; i++) {
      const id = order[i] as number
      check(subject.get(keyOf(prefix, id)), id)
    }
  }
  return { run, undo: nothing }
}

function getReusedKeys(
  subject: Subject,
  keyObjects: readonly string[],
  order: Uint32Array,
  step: Step,
): Batch {
  function run(): void {
    const from = step()
    for (let i = from; i < from + BATCH; i++) {
      const id = order[i] as number
      check(subject.get(keyObjects[id] as string), id)
    }
  }
  return { run, undo: nothing }
}

function checkBytes(copied: number, target: Uint8Array, id: number): void {
  if (copied !== VALUE_BYTES) throw wrong(copied, id)
  if (target[LAST_DIGIT_AT] !== DIGIT_ZERO + (id % 10)) throw wrong(target, id)
}

function getBytesNewKeys(
  subject: Subject,
  prefix: string,
  order: Uint32Array,
  step: Step,
  target: Uint8Array,
): Batch {
  function run(): void {
    const from = step()
    for (let i = from; i < from + BATCH; i++) {
      const id = order[i] as number
      checkBytes(subject.getBytes(keyOf(prefix, id), target), target, id)
    }
  }
  return { run, undo: nothing }
}

function getBytesReused(
  subject: Subject,
  keyObjects: readonly string[],
  order: Uint32Array,
  step: Step,
  target: Uint8Array,
): Batch {
  function run(): void {
    const from = step()
    for (let i = from; i < from + BATCH; i++) {
      const id = order[i] as number
      checkBytes(subject.getBytes(keyObjects[id] as string, target), target, id)
    }
  }
  return { run, undo: nothing }
}

function missKeys(
  subject: Subject,
  prefix: string,
  keys: number,
  order: Uint32Array,
  step: Step,
): Batch {
  function run(): void {
    const from = step()
    for (let i = from; i < from + BATCH; i++) {
      const id = missId(keys, order[i] as number)
      const value = subject.get(keyOf(prefix, id))
      if (value !== undefined) throw wrong(value, id)
    }
  }
  return { run, undo: nothing }
}

/** Creates keys that nobody has; undo removes them again, so that the number of entries stays. */
function setNew(subject: Subject, prefix: string, threadIndex: number): Batch {
  const values: string[] = []
  for (let n = 0; n < NEW_IDS_PER_THREAD; n++) values.push(valueFor(newId(threadIndex, n), 0))
  let next = 0
  function run(): void {
    for (let n = next; n < next + BATCH; n++) {
      subject.set(keyOf(prefix, newId(threadIndex, n)), values[n] as string)
    }
  }
  function undo(): void {
    for (let n = next; n < next + BATCH; n++) {
      const id = newId(threadIndex, n)
      const key = keyOf(prefix, id)
      check(subject.get(key), id)
      subject.delete(key)
    }
    next = (next + BATCH) % NEW_IDS_PER_THREAD
  }
  return { run, undo }
}

function overwriteKeys(
  subject: Subject,
  prefix: string,
  values: readonly string[],
  order: Uint32Array,
  step: Step,
): Batch {
  function run(): void {
    const from = step()
    for (let i = from; i < from + BATCH; i++) {
      const id = order[i] as number
      subject.set(keyOf(prefix, id), values[id] as string)
    }
  }
  return { run, undo: nothing }
}

/** Nine reads and a write, keys built anew. */
function mixKeys(
  subject: Subject,
  prefix: string,
  values: readonly string[],
  order: Uint32Array,
  step: Step,
): Batch {
  function run(): void {
    const from = step()
    for (let i = from; i < from + BATCH; i++) {
      const id = order[i] as number
      if (i % WRITE_EVERY === 0) subject.set(keyOf(prefix, id), values[id] as string)
      else check(subject.get(keyOf(prefix, id)), id)
    }
  }
  return { run, undo: nothing }
}

/** Ten calls of a hundred keys; the time is stated per key. */
function getManyKeys(subject: Subject, prefix: string, order: Uint32Array, step: Step): Batch {
  function run(): void {
    const from = step()
    for (let first = from; first < from + BATCH; first += MANY) {
      const wanted: string[] = []
      for (let i = first; i < first + MANY; i++) wanted.push(keyOf(prefix, order[i] as number))
      const values = subject.getMany(wanted)
      for (let i = 0; i < MANY; i++) check(values[i], order[first + i] as number)
    }
  }
  return { run, undo: nothing }
}

/** The same as bytes, into one target. */
function getManyBytes(subject: Subject, prefix: string, order: Uint32Array, step: Step): Batch {
  const target = new Uint8Array(MANY * VALUE_BYTES)
  const lengths = new Int32Array(MANY)
  function run(): void {
    const from = step()
    for (let first = from; first < from + BATCH; first += MANY) {
      const wanted: string[] = []
      for (let i = first; i < first + MANY; i++) wanted.push(keyOf(prefix, order[i] as number))
      subject.getManyBytes(wanted, target, lengths)
      for (let i = 0; i < MANY; i++) {
        const id = order[first + i] as number
        const digit = target[i * VALUE_BYTES + LAST_DIGIT_AT]
        if (lengths[i] !== VALUE_BYTES || digit !== DIGIT_ZERO + (id % 10)) throw wrong(target, id)
      }
    }
  }
  return { run, undo: nothing }
}
