/**
 * Freezing what a codec made, so that a thread may hand out the same object again and again. Both
 * go by a list, not by recursion: a value may be nested as deep as it likes.
 */

/** Freezes what JSON.parse returned: arrays and plain objects, none of them met twice. */
export function freezeTree(value: object): void {
  const waiting = [value]
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    for (const inner of Object.values(one)) if (isObject(inner)) waiting.push(inner)
    Object.freeze(one)
  }
}

/**
 * Freezes any value and all that it holds, cycles included. Only arrays and plain objects can be
 * frozen: a `Map`, a `Date`, a typed array stays changeable whatever is frozen of it.
 * @returns false when it holds something else: then nothing of it is frozen
 */
export function freezeGraph(value: object): boolean {
  const met = new Set([value])
  for (const one of met) {
    if (!isPlain(one)) return false
    for (const inner of Object.values(one)) if (isObject(inner)) met.add(inner)
  }
  for (const one of met) Object.freeze(one)
  return true
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function isPlain(value: object): boolean {
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype
}
