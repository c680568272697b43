/**
 * Random histories that are linearizable because they were made so: each call takes effect at one
 * moment between its invocation and its return, on a plain cache that only one call is at.
 */
import { type Call, CUT, type Operation, type Outcome, returned } from './history.ts'

export type Random = (below: number) => number

export function randomFrom(seed: number): Random {
  let state = (Math.imul(seed, 2654435761) ^ 0x5bd1e995) | 1
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

export type Kind = Operation['name']

export interface Shape {
  readonly threads: number
  readonly calls: number
  readonly keys: readonly string[]
  readonly kinds: readonly Kind[]
  /** One in so many calls loses an entry before it, 0 none; one in so many dies, 0 none. */
  readonly loses: number
  readonly dies: number
  /** Called for each entry that is lost. */
  readonly onLoss?: () => void
}

interface Entry {
  readonly value: string | number
  readonly version: number
}

/** A cache for one caller: what the calls are about, and nothing of how they are checked. */
class PlainCache {
  readonly #entries = new Map<string, Entry>()
  #version = 0

  lose(key: string): boolean {
    return this.#entries.delete(key)
  }
  #put(key: string, value: string | number): void {
    this.#entries.set(key, { value, version: ++this.#version })
  }
  do(key: string, operation: Operation): unknown {
    const entry = this.#entries.get(key)
    switch (operation.name) {
      case 'get':
        return entry?.value
      case 'gets':
        return entry && { ...entry }
      case 'has':
      case 'touch':
        return entry !== undefined
      case 'delete':
        return this.#entries.delete(key)
      case 'flush':
        return this.#entries.clear()
      case 'set':
        return this.#put(key, operation.value)
      case 'cas':
        if (entry === undefined) return 'missing'
        if (entry.version !== operation.version) return 'exists'
        this.#put(key, operation.value)
        return 'stored'
      case 'incr':
      case 'decr':
        return this.#count(key, entry, operation.name === 'incr' ? 1 : -1)
      default:
        return this.#putIf(key, entry, operation)
    }
  }
  #putIf(
    key: string,
    entry: Entry | undefined,
    operation: Operation & { value: unknown },
  ): boolean {
    const { name, value } = operation as { name: Kind; value: string }
    if ((entry === undefined) !== (name === 'add')) return false
    if (name === 'append') this.#put(key, `${entry?.value}${value}`)
    else if (name === 'prepend') this.#put(key, `${value}${entry?.value}`)
    else this.#put(key, value)
    return true
  }
  #count(key: string, entry: Entry | undefined, by: number): unknown {
    if (entry === undefined && by < 0) return undefined
    const fresh = entry === undefined ? by : Math.max(0, Number(entry.value) + by)
    this.#put(key, fresh)
    return fresh
  }
}

/** A call under way; `phase`: 0 invoked, 1 has taken effect. */
interface Running {
  readonly invoked: number
  readonly key: string
  readonly operation: Operation
  phase: number
  value: unknown
}

export function randomHistory(random: Random, shape: Shape): Call[] {
  const { keys, kinds } = shape
  const cache = new PlainCache()
  const running: (Running | undefined)[] = Array.from({ length: shape.threads })
  const alive = new Set(running.keys())
  const versions = new Map<string, number>()
  const calls: Call[] = []
  let now = 0
  let begun = 0
  const end = (thread: number, { invoked, key, operation }: Running, outcome: Outcome): void => {
    calls.push({ thread, invoked, returned: now, key, operation, outcome })
    running[thread] = undefined
  }
  while (begun < shape.calls || running.some((one) => one !== undefined)) {
    now++
    const candidates = [...alive].filter((one) => begun < shape.calls || running[one])
    if (candidates.length === 0) break
    const thread = candidates[random(candidates.length)]
    const call = running[thread]
    if (call === undefined) {
      const key = keys[random(keys.length)]
      const operation = randomOperation(random, kinds, begun++, versions.get(key) ?? 0)
      running[thread] = { invoked: now, key, operation, phase: 0, value: undefined }
    } else if (shape.dies > 0 && alive.size > 1 && random(shape.dies) === 0) {
      end(thread, call, CUT)
      alive.delete(thread)
    } else if (call.phase === 0) {
      if (shape.loses > 0 && random(shape.loses) === 0) {
        if (cache.lose(keys[random(keys.length)])) shape.onLoss?.()
      }
      call.value = cache.do(call.key, call.operation)
      call.phase = 1
    } else {
      if (call.operation.name === 'gets' && call.value !== undefined) {
        versions.set(call.key, (call.value as Entry).version)
      }
      end(thread, call, returned(call.value))
    }
  }
  return calls
}

function randomOperation(
  random: Random,
  kinds: readonly Kind[],
  serial: number,
  version: number,
): Operation {
  const name = kinds[random(kinds.length)]
  if (name === 'set' || name === 'add' || name === 'replace') return { name, value: `v${serial}` }
  if (name === 'cas') return { name, value: `v${serial}`, version }
  if (name === 'append' || name === 'prepend') return { name, value: `+${serial}` }
  return { name }
}
