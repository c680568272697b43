/** PFADD PFCOUNT PFMERGE: how many different elements there were, in 12 KiB. */
import { type Draft, EXISTS, MISSING, type Outcome, STORED } from '../../../engine/raw-access.ts'
import type { Args } from '../args.ts'
import { atomically } from '../atomic.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import {
  cacheCount,
  cachedCount,
  CHANGED,
  CORRUPT,
  emptyRegisters,
  estimate,
  isSketch,
  mergeInto,
  Sketch,
} from '../values/hyperloglog.ts'
import { ABSENT, apply, Edit, isRefused, keepBytes, putBytes, readString, REFUSED } from './edit.ts'

const NOT_A_SKETCH = 'WRONGTYPE Key is not a valid HyperLogLog string value.'
const CORRUPT_SKETCH = 'INVALIDOBJ Corrupted HLL object detected'

export const HYPERLOGLOG_HANDLERS: Handlers = { pfadd, pfcount, pfmerge: atomically(pfmerge) }

class AddEdit extends Edit {
  readonly #args: Args

  constructor(args: Args) {
    super()
    this.#args = args
  }

  protected edit(old: Uint8Array, draft: Draft, isNew: boolean): Outcome {
    if (!isNew && !isSketch(old)) return this.unfit(NOT_A_SKETCH)
    const args = this.#args
    const sketch = new Sketch(isNew ? undefined : old)
    let isChanged = isNew
    for (let i = 2; i < args.count; i++) {
      const added = sketch.add(args.bytes, args.from(i), args.to(i))
      if (added === CORRUPT) return this.unfit(CORRUPT_SKETCH)
      if (added === CHANGED) isChanged = true
    }
    if (!isChanged) return EXISTS
    sketch.forgetCount()
    return putBytes(draft, sketch.bytes)
  }
}

function pfadd(client: RedisClient, args: Args): void {
  if (!client.stage(args, 1)) return
  const edit = new AddEdit(args)
  const outcome = apply(client, edit)
  if (!isRefused(client, outcome, edit)) client.reply.integer(outcome === STORED ? 1 : 0)
}

/** Counts, and writes the count down in the header. */
class CountEdit extends Edit {
  result = 0n

  protected edit(old: Uint8Array, draft: Draft, isNew: boolean): Outcome {
    if (isNew) return MISSING
    if (!isSketch(old)) return this.unfit(NOT_A_SKETCH)
    const cached = cachedCount(old)
    if (cached >= 0n) {
      this.result = cached
      return EXISTS
    }
    const registers = emptyRegisters()
    if (!mergeInto(registers, old)) return this.unfit(CORRUPT_SKETCH)
    this.result = estimate(registers)
    cacheCount(old, this.result)
    return keepBytes(draft, old)
  }
}

const countTogether = atomically((client, args) => {
  const registers = emptyRegisters()
  if (mergeKeys(client, args, 1, registers) !== REFUSED) client.reply.integer(estimate(registers))
})

function pfcount(client: RedisClient, args: Args): void {
  if (args.count > 2) {
    countTogether(client, args)
    return
  }
  if (!client.stage(args, 1)) return
  const value = readString(client)
  if (value === REFUSED) return
  // What needs no counting is not written.
  const cached = value !== ABSENT && isSketch(value) ? cachedCount(value) : -1n
  if (value === ABSENT) client.reply.integer(0)
  else if (cached >= 0n) client.reply.integer(cached)
  else {
    const edit = new CountEdit()
    if (!isRefused(client, apply(client, edit), edit)) client.reply.integer(edit.result)
  }
}

const ALL_SPARSE = 1
const SOME_DENSE = 2

/** Raises registers to those of keys; REFUSED when one of them is none, and that was replied. */
function mergeKeys(
  client: RedisClient,
  args: Args,
  first: number,
  registers: Uint8Array,
): typeof REFUSED | typeof ALL_SPARSE | typeof SOME_DENSE {
  let form: typeof ALL_SPARSE | typeof SOME_DENSE = ALL_SPARSE
  for (let i = first; i < args.count; i++) {
    if (!client.stage(args, i)) return REFUSED
    const value = readString(client)
    if (value === REFUSED) return REFUSED
    if (value === ABSENT) continue
    if (!isSketch(value)) {
      client.reply.error(NOT_A_SKETCH)
      return REFUSED
    }
    if (new Sketch(value).isDense) form = SOME_DENSE
    if (!mergeInto(registers, value)) {
      client.reply.error(CORRUPT_SKETCH)
      return REFUSED
    }
  }
  return form
}

/** Raises the registers of the first key to those of all others: what it counts by then stays. */
class MergeEdit extends Edit {
  readonly #registers: Uint8Array
  readonly #becomesDense: boolean

  constructor(registers: Uint8Array, becomesDense: boolean) {
    super()
    this.#registers = registers
    this.#becomesDense = becomesDense
  }

  protected edit(old: Uint8Array, draft: Draft, isNew: boolean): Outcome {
    if (!isNew && !isSketch(old)) return this.unfit(NOT_A_SKETCH)
    const sketch = new Sketch(isNew ? undefined : old)
    if (this.#becomesDense && !sketch.makeDense()) return this.unfit(CORRUPT_SKETCH)
    const registers = this.#registers
    for (let i = 0; i < registers.length; i++) {
      const value = registers[i]!
      if (value > 0 && sketch.raise(i, value) === CORRUPT) return this.unfit(CORRUPT_SKETCH)
    }
    sketch.forgetCount()
    return putBytes(draft, sketch.bytes)
  }
}

function pfmerge(client: RedisClient, args: Args): void {
  const registers = emptyRegisters()
  const form = mergeKeys(client, args, 1, registers)
  if (form === REFUSED || !client.stage(args, 1)) return
  const edit = new MergeEdit(registers, form === SOME_DENSE)
  if (!isRefused(client, apply(client, edit), edit)) client.reply.ok()
}
