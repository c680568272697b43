/** Writes changes slowly at first and then as fast as it can, for change-ring.test.ts. */
import { workerData } from 'node:worker_threads'
import { ChangeRing, ChangeWriter, PUT } from '../../src/server/change-ring.ts'

const { memory, count } = workerData as { memory: SharedArrayBuffer; count: number }
const writer = new ChangeWriter(new ChangeRing(memory))
writer.open()
const nobody = new Int32Array(new SharedArrayBuffer(4))
for (let version = 1; version <= count; version++) {
  const key = Buffer.from(`${version} `.repeat(1 + (version % 9)))
  writer.append(PUT, version % 7, version, key)
  if (version % 5 === 0) writer.publish()
  const isSlow = version < count / 10
  if (isSlow && version % 50 === 0) Atomics.wait(nobody, 0, 0, 1)
}
