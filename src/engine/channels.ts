/**
 * What a program may listen to by `node:diagnostics_channel`, in the thread in which it happens.
 *
 *   heddle:evictions          { engine, memory, slots, entries, pages }: entries evicted since the
 *                             last message, by all threads. At every 64th write of this thread that
 *                             finds some; a thread that does not write tells nothing.
 *   heddle:death              { engine, row, threadId }: this thread noticed that another one died.
 *   tracing:heddle:getOrSet   start and end of a miss of `getOrSet`: the function that makes the
 *                             value, and its storing. { engine, space, key }, `result`, `error`.
 *
 * Without a subscriber each costs one look at a field, at places that are not hot. Single reads and
 * writes have no channel: a look at the clock would cost them a tenth of their time, and whoever
 * wants it can take it around the call. What subscribers do comes after the operation, not within.
 */
import { channel, type Channel, tracingChannel } from 'node:diagnostics_channel'
import { total } from '../memory/row.ts'
import type { MemoryView } from '../memory/view.ts'

const EVICTIONS: Channel = channel('heddle:evictions')
const DEATH: Channel = channel('heddle:death')
const GET_OR_SET = tracingChannel('heddle:getOrSet')

/** What `heddle:evictions` tells. */
export interface EvictionsMessage {
  readonly engine: string
  readonly memory: number
  readonly slots: number
  readonly entries: number
  readonly pages: number
}

/** What `heddle:death` tells. */
export interface DeathMessage {
  readonly engine: string
  readonly row: number
  readonly threadId: number
}

/** What is told of a miss of `getOrSet`. */
export interface GetOrSetContext {
  readonly engine: string
  /** The number of the namespace. */
  readonly space: number
  readonly key: string | Uint8Array
}

/** Remembers what a thread has told of evictions. */
export class EvictionTeller {
  #told: EvictionsMessage | undefined

  /** Between operations. The first look only remembers. */
  look(view: MemoryView, engine: string): void {
    if (!EVICTIONS.hasSubscribers) {
      this.#told = undefined
      return
    }
    const now: EvictionsMessage = {
      engine,
      memory: total(view, 'evictedForMemory'),
      slots: total(view, 'evictedForSlots'),
      entries: total(view, 'evictedForEntries'),
      pages: total(view, 'evictedForPages'),
    }
    const before = this.#told
    this.#told = now
    if (before === undefined) return
    const message: EvictionsMessage = {
      engine,
      memory: now.memory - before.memory,
      slots: now.slots - before.slots,
      entries: now.entries - before.entries,
      pages: now.pages - before.pages,
    }
    const { memory, slots, entries, pages } = message
    if (memory + slots + entries + pages > 0) tellSoon(EVICTIONS, message)
  }
}

export function tellDeath(message: DeathMessage): void {
  if (DEATH.hasSubscribers) tellSoon(DEATH, message)
}

/** Whether somebody listens to `getOrSet`. */
export function isTraced(): boolean {
  return GET_OR_SET.hasSubscribers
}

/** Runs `make`, and tells of it. */
export function traceGetOrSet<T>(context: GetOrSetContext, make: () => T): T {
  return GET_OR_SET.traceSync(make, { ...context })
}

/** Subscribers may call the engine: not while it is at work. */
function tellSoon(to: Channel, message: object): void {
  queueMicrotask(() => to.publish(message))
}
