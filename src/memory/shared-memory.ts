/**
 * The segments: allocated in one place, described by a handle that any thread can be given.
 *
 * A handle is plain data with SharedArrayBuffers in it: it goes into a message, `workerData` or
 * the environment data of a thread, never into a transfer list.
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
import { LEAD_BYTES, VERSION_STRIPES } from '../../native-layout/limits.ts'
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
  /** Bytes of each segment before its memory. */
  readonly lead: number
}

/** Thrown by `checkHandle`; the engine turns it into its own error. */
export class ForeignLayoutError extends Error {}

/**
 * Where the memory of a segment begins, so that it begins with a cache line: glibc gives out large
 * blocks 16 bytes behind a page's start, where its own header is. Without this a bucket lies in
 * three lines instead of two, and an entry of 64 bytes in two. Elsewhere large blocks begin with a
 * page, as far as is known; a wrong guess costs cache misses and nothing else.
 */
const LEAD = process.platform === 'linux' ? LEAD_BYTES - 16 : 0

/**
 * Allocates and initializes the memory of one engine.
 * @param request the budget and its division, sizes in bytes
 * @param seed 32 bits that seed the hash
 * @param startedAt ms since the epoch
 * @param lead bytes of each segment before its memory
 * @throws PlanError when the division leaves no room; RangeError when the machine refuses
 */
export function createMemory(
  request: PlanRequest,
  seed: number,
  startedAt: number,
  lead = LEAD,
): MemoryHandle {
  const plan = makePlan(request)
  const segments = plan.segments.map((bytes) => new SharedArrayBuffer(lead + bytes))
  const control = new Int32Array(segments[0]!, lead)
  poke(control, CONTROL.SEED, seed)
  // Odd, unguessable, far from the wrap: what a stale reader compares is no small integer.
  poke(control, CONTROL.BASE, (((seed >>> 2) ^ 0x155) & 0x0fffffff) | 1)
  poke(control, CONTROL.FRESH, 1)
  pokeDouble(
    new Float64Array(segments[0]!, lead, CONTROL.STARTED_AT),
    CONTROL.STARTED_AT / 2,
    startedAt,
  )
  poke(control, SPACES_AT + SPACE.HASH, -1) // The default namespace.
  for (let stripe = 0; stripe < VERSION_STRIPES; stripe++) {
    poke(control, STRIPES_AT + stripe * STRIPE.WORDS + STRIPE.LOW, 1)
  }
  poke(control, CONTROL.LAYOUT, LAYOUT_VERSION)
  store(control, CONTROL.MAGIC, MAGIC)
  return { kind: 'heddle', layout: LAYOUT_VERSION, plan, segments, lead }
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
  if (!Number.isInteger(handle.lead)) {
    throw new ForeignLayoutError('the handle does not say where its memory begins')
  }
  const control = new Int32Array(first, handle.lead)
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
