/**
 * Writes changes for change-ring.test.ts: slowly until the reader has seen some, however busy the
 * machine is, and then as fast as it can.
 */
import { workerData } from 'node:worker_threads'
import { ChangeRing, ChangeWriter, PUT } from '../../src/server/change-ring.ts'

/** How long it pauses for the reader after each fifty, at first. */
const PAUSE_MS = 1

const { memory, enough, count } = workerData as {
  memory: SharedArrayBuffer
  /** Zero until the reader has seen enough. */
  enough: Int32Array
  /** So many are written without a pause. */
  count: number
}
const writer = new ChangeWriter(new ChangeRing(memory))
writer.open()
for (let version = 1, left = count; left > 0; version++) {
  const key = Buffer.from(`${version} `.repeat(1 + (version % 9)))
  writer.append(PUT, version % 7, version, key)
  if (version % 5 === 0) writer.publish()
  if (Atomics.load(enough, 0) !== 0) left--
  else if (version % 50 === 0) Atomics.wait(enough, 0, 0, PAUSE_MS)
}
