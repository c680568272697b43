/**
 * The segments: allocated in one place, described by a handle that any thread can be given.
 *
 * A handle is plain data with SharedArrayBuffers in it: it goes into a message, `workerData` or
 * the environment data of a thread, never into a transfer list. `allocateSegment` is the one
 * function that would return the buffer of a shared WebAssembly memory instead.
 */
import { load, pokeDouble, poke, store } from '#atomics'
import {
  CONTROL,
  LAYOUT_VERSION,
  MAGIC,
  SPACES_AT,
  SPACE,
  STRIPE,
  STRIPES_AT,
} from '../../native-layout/control-block.ts'
import { VERSION_STRIPES } from '../../native-layout/limits.ts'
import { makePlan, type Plan, type PlanRequest } from '../../native-layout/region-map.ts'

/**
 * What another thread needs to attach. Structured-cloneable, except that it is never transferred.
 */
export interface MemoryHandle {
  /** 'heddle', so that a stray object is recognized. */
  readonly kind: 'heddle'
  readonly layout: number
  readonly plan: Plan
  readonly segments: readonly SharedArrayBuffer[]
}

/** Thrown by `checkHandle`; the engine turns it into its own error. */
export class ForeignLayoutError extends Error {}

function allocateSegment(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes)
}

/**
 * Allocates and initializes the memory of one engine.
 * @param request the budget and its division, sizes in bytes
 * @param seed 32 bits that seed the hash
 * @param startedAt ms since the epoch
 * @throws PlanError when the division leaves no room; RangeError when the machine refuses
 */
export function createMemory(request: PlanRequest, seed: number, startedAt: number): MemoryHandle {
  const plan = makePlan(request)
  const segments = plan.segments.map(allocateSegment)
  const control = new Int32Array(segments[0]!)
  poke(control, CONTROL.SEED, seed)
  // Odd, unguessable, far from the wrap: what a stale reader compares is no small integer.
  poke(control, CONTROL.BASE, (((seed >>> 2) ^ 0x155) & 0x0fffffff) | 1)
  poke(control, CONTROL.FRESH, 1)
  pokeDouble(new Float64Array(segments[0]!), CONTROL.STARTED_AT / 2, startedAt)
  poke(control, SPACES_AT + SPACE.HASH, -1) // The default namespace.
  for (let stripe = 0; stripe < VERSION_STRIPES; stripe++) {
    poke(control, STRIPES_AT + stripe * STRIPE.WORDS + STRIPE.LOW, 1)
  }
  poke(control, CONTROL.LAYOUT, LAYOUT_VERSION)
  store(control, CONTROL.MAGIC, MAGIC)
  return { kind: 'heddle', layout: LAYOUT_VERSION, plan, segments }
}

/**
 * Refuses a handle that this copy of the library cannot use.
 * @throws ForeignLayoutError naming what differs
 */
export function checkHandle(handle: MemoryHandle): void {
  if (typeof handle !== 'object' || handle === null || handle.kind !== 'heddle') {
    throw new ForeignLayoutError('the handle is not the handle of a heddle engine')
  }
  const first = handle.segments?.[0]
  if (!(first instanceof SharedArrayBuffer)) {
    throw new ForeignLayoutError('the handle carries no shared memory')
  }
  const control = new Int32Array(first)
  if (load(control, CONTROL.MAGIC) !== MAGIC) {
    throw new ForeignLayoutError('the memory does not start with the magic of heddle')
  }
  const layout = load(control, CONTROL.LAYOUT)
  if (layout !== LAYOUT_VERSION || handle.layout !== LAYOUT_VERSION) {
    throw new ForeignLayoutError(
      `the memory has layout version ${layout}, this copy of heddle knows ${LAYOUT_VERSION}: ` +
        'the process has loaded two versions of the package',
    )
  }
}
