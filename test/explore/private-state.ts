/**
 * A deep snapshot of private objects, and putting them back: own data properties, arrays, Map, Set,
 * and typed arrays over private memory, as far as references lead. Functions, `#fields` and shared
 * memory are left alone.
 */

type Field = readonly [target: Record<PropertyKey, unknown>, key: PropertyKey, value: unknown]
type Bytes = readonly [target: Uint8Array, copy: Uint8Array]

export class PrivateState {
  readonly #fields: Field[] = []
  readonly #shapes: [target: object, keys: readonly PropertyKey[]][] = []
  readonly #bytes: Bytes[] = []
  readonly #arrays: [target: unknown[], copy: readonly unknown[]][] = []
  readonly #maps: [target: Map<unknown, unknown>, copy: readonly [unknown, unknown][]][] = []
  readonly #sets: [target: Set<unknown>, copy: readonly unknown[]][] = []

  constructor(roots: readonly object[]) {
    const met = new Set<object>()
    const waiting: unknown[] = [...roots]
    while (waiting.length > 0) {
      const next = waiting.pop()
      if (typeof next !== 'object' || next === null || met.has(next)) continue
      met.add(next)
      this.#take(next, waiting)
    }
  }

  /** Puts everything back to what it was. */
  restore(): void {
    for (const [target, key, value] of this.#fields) {
      if (target[key] !== value) target[key] = value
    }
    for (const [target, keys] of this.#shapes) restoreShape(target, keys)
    for (const [target, copy] of this.#bytes) target.set(copy)
    for (const [target, copy] of this.#arrays) {
      target.length = copy.length
      for (let at = 0; at < copy.length; at++) target[at] = copy[at]
    }
    for (const [target, copy] of this.#maps) {
      target.clear()
      for (const [key, value] of copy) target.set(key, value)
    }
    for (const [target, copy] of this.#sets) {
      target.clear()
      for (const value of copy) target.add(value)
    }
  }

  #take(target: object, waiting: unknown[]): void {
    if (ArrayBuffer.isView(target)) {
      if (!(target.buffer instanceof ArrayBuffer)) return
      const bytes = new Uint8Array(target.buffer, target.byteOffset, target.byteLength)
      if (!this.#bytes.some(([known]) => sameRange(known, bytes))) {
        this.#bytes.push([bytes, Uint8Array.from(bytes)])
      }
      return
    }
    if (target instanceof ArrayBuffer || target instanceof SharedArrayBuffer) return
    if (target instanceof Map) {
      this.#maps.push([target, [...target]])
      for (const [key, value] of target) waiting.push(key, value)
      return
    }
    if (target instanceof Set) {
      this.#sets.push([target, [...target]])
      waiting.push(...target)
      return
    }
    if (Array.isArray(target)) {
      if (!Object.isFrozen(target)) this.#arrays.push([target, [...target]])
      waiting.push(...target)
      return
    }
    this.#takeFields(target, waiting)
  }

  #takeFields(target: object, waiting: unknown[]): void {
    const fields = Object.getOwnPropertyDescriptors(target) as Record<
      PropertyKey,
      PropertyDescriptor
    >
    for (const key of Reflect.ownKeys(fields)) {
      const field = fields[key]!
      if (!('value' in field)) continue
      if (field.writable === true) {
        this.#fields.push([target as Record<PropertyKey, unknown>, key, field.value])
      }
      waiting.push(field.value)
    }
    const isPlain = Object.getPrototypeOf(target) === Object.prototype
    if (isPlain && Object.isExtensible(target)) this.#shapes.push([target, Reflect.ownKeys(target)])
  }
}

/** A plain object may have got fields that it did not have. */
function restoreShape(target: object, keys: readonly PropertyKey[]): void {
  if (Reflect.ownKeys(target).length === keys.length) return
  for (const key of Reflect.ownKeys(target)) {
    if (!keys.includes(key)) Reflect.deleteProperty(target, key)
  }
}

function sameRange(a: Uint8Array, b: Uint8Array): boolean {
  return a.buffer === b.buffer && a.byteOffset === b.byteOffset && a.length === b.length
}
