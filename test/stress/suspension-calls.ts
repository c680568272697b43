/** The calls in which a thread is suspended, and what the threads of that run tell each other. */
import type { Engine } from '../../src/index.ts'

export const OPERATIONS = [
  'get',
  'getBytes',
  'set new',
  'set over',
  'add',
  'replace',
  'compareAndSet',
  'delete',
  'increment',
  'append',
  'touch',
  'clear',
  'iterate',
  'set of many chunks', // Last: it has the most steps, and takes what time is left.
] as const
/** They write nothing to shared memory but a bit and counters. */
export const READERS: readonly string[] = ['get', 'getBytes', 'iterate']
export type OperationName = (typeof OPERATIONS)[number]

/** To the subject: make this call, park at that access. */
export interface ParkOrder {
  readonly operation: OperationName
  readonly step: number
}
export interface ParkAnswer {
  readonly isReached: boolean
  /** The function of the seam at which it was. */
  readonly access: string
}

/** Counts of a worker, doubles: calls, the longest time between two in ms, writes without room. */
export const CALLS = 0
export const LONGEST_GAP = 1
export const REFUSED = 2
export const COUNTS = 3

/** The key of the subject, which the others use, too. */
export const HOT = 'hot'
const LONG = 'l'.repeat(30_000)

/** One call of the subject, and what has to be before it. */
export function callOf(engine: Engine, name: OperationName): { prepare(): void; call(): void } {
  const target = new Uint8Array(LONG.length)
  const is = (prepare: () => void, call: () => unknown) => ({ prepare, call: () => void call() })
  const there = (): void => engine.set(HOT, 'value')
  const gone = (): void => void engine.delete(HOT)
  let version = 1
  switch (name) {
    case 'get':
      return is(there, () => engine.get(HOT))
    case 'getBytes':
      return is(there, () => engine.getBytes(HOT, target))
    case 'set new':
      return is(gone, () => engine.set(HOT, 'new'))
    case 'set over':
      return is(there, () => engine.set(HOT, 'over'))
    case 'set of many chunks':
      return is(there, () => engine.set(HOT, LONG))
    case 'add':
      return is(gone, () => engine.add(HOT, 'added'))
    case 'replace':
      return is(there, () => engine.replace(HOT, 'replaced'))
    case 'compareAndSet':
      return is(
        () => {
          there()
          version = engine.gets(HOT)?.version ?? 1
        },
        () => engine.compareAndSet(HOT, 'swapped', version),
      )
    case 'delete':
      return is(there, () => engine.delete(HOT))
    case 'increment':
      return is(
        () => engine.set(HOT, 5),
        () => engine.increment(HOT),
      )
    case 'append':
      return is(there, () => engine.append(HOT, '+'))
    case 'touch':
      return is(there, () => engine.touch(HOT, 60_000))
    case 'clear':
      return is(there, () => engine.clear())
    case 'iterate':
      return is(there, () => engine.keys().next())
  }
}
