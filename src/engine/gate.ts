/**
 * Seams that a restore or a cluster needs and a single node leaves open: the write gate, the
 * cluster's epoch, and the one function that says which partition a key belongs to.
 */
import { load, store } from '#atomics'
import { CONTROL } from '../../native-layout/control-block.ts'
import type { MemoryView } from '../memory/view.ts'

/** Closes or opens writes for all threads. A write that has begun is not stopped. */
export function setWriteGate(view: MemoryView, isClosed: boolean): void {
  store(view.control, CONTROL.GATE, isClosed ? 1 : 0)
}

/** The epoch that is stamped into whatever is written out; 0 on a single node. */
export function clusterEpoch(view: MemoryView): number {
  return load(view.control, CONTROL.CLUSTER)
}

/** The partition of the staged key: 16 bits of its digest, 0 to 65,535. */
export function partitionOf(view: MemoryView): number {
  return view.key.digest >>> 16
}
