/**
 * The seam to shared words, wrapped so that a test acts before any single access of an operation:
 * `vi.mock(import('../../src/memory/atomics.ts'), watched)` in the test file. Two rows in one
 * thread; where the first is interrupted, the second does whole operations, or the first ends.
 */

type Seam = typeof import('../../src/memory/atomics.ts')

/** One access: the function of the seam, the words it reaches into, the index. */
export interface Access {
  readonly kind: keyof Seam
  readonly words: ArrayBufferView
  readonly at: number
}

/** What the test does before an access, and after it; not called for what it does itself. */
export const watcher: { before?: (access: Access) => void; after?: (access: Access) => void } = {}
let isActing = false

function tell(act: ((access: Access) => void) | undefined, access: Access): void {
  if (act === undefined || isActing) return
  isActing = true
  try {
    act(access)
  } finally {
    isActing = false
  }
}

/** The factory for `vi.mock`. */
export async function watched(original: () => Promise<Seam>): Promise<Partial<Seam>> {
  const seam = await original()
  const wrap = ([kind, access]: [string, unknown]): [string, unknown] => {
    const call = access as (...given: unknown[]) => unknown
    const wrapped = (words: ArrayBufferView, at: number, ...rest: unknown[]): unknown => {
      if (watcher.before === undefined && watcher.after === undefined)
        return call(words, at, ...rest)
      const seen = { kind: kind as keyof Seam, words, at }
      tell(watcher.before, seen)
      const result = call(words, at, ...rest)
      tell(watcher.after, seen)
      return result
    }
    return [kind, wrapped]
  }
  return Object.fromEntries(Object.entries(seam).map(wrap)) as Partial<Seam>
}

/** Runs `call` and, before its access of this number, `act`; whether it had so many accesses. */
export function interruptAt(number: number, call: () => void, act: () => void): boolean {
  let accesses = 0
  watcher.before = () => {
    if (accesses++ === number) act()
  }
  try {
    call()
  } finally {
    delete watcher.before
  }
  return accesses > number
}

/** All accesses of a call. */
export function accessesOf(call: () => void): Access[] {
  const seen: Access[] = []
  watcher.before = (access) => void seen.push(access)
  try {
    call()
  } finally {
    delete watcher.before
  }
  return seen
}
