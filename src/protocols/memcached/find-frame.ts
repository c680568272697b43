/**
 * get, getk, set and their quiet forms of the binary protocol in their plain form, as rows of
 * found.ts: frames that are all there, and whose lengths are right. Anything else is left to
 * binary-commands.ts.
 */
import { HEADER_BYTES, REQUEST_MAGIC } from './binary-frame.ts'
import * as found from './found.ts'
import { MAX_KEY_BYTES } from './line.ts'

// Constants: an import is looked up at each use (docs/performance.md).
const { BINARY_GET, BINARY_SET, END, KEY_FROM, KEY_TO, KIND } = found
const LONGEST_KEY = MAX_KEY_BYTES
const HEADER = HEADER_BYTES
const MAGIC = REQUEST_MAGIC

const SET_EXTRA_BYTES = 8
const OF_OTHERS = 0
const OF_GET = 1
const OF_SET = 2
const kinds = new Uint8Array(256)
for (const opcode of [0x00, 0x09, 0x0c, 0x0d]) kinds[opcode] = OF_GET
for (const opcode of [0x01, 0x11]) kinds[opcode] = OF_SET

/** Reads the frame that begins at `from`. @returns where it ends, or -1 */
export function findFrame(
  view: DataView,
  from: number,
  to: number,
  rows: Int32Array,
  row: number,
  mostValueBytes: number,
): number {
  if (to - from < HEADER || view.getUint8(from) !== MAGIC) return -1
  const kind = kinds[view.getUint8(from + 1)]!
  const keyBytes = view.getUint16(from + 2)
  if (kind === OF_OTHERS || keyBytes === 0 || keyBytes > LONGEST_KEY) return -1
  const extraBytes = kind === OF_SET ? SET_EXTRA_BYTES : 0
  const bodyBytes = view.getUint32(from + 8)
  const end = from + HEADER + bodyBytes
  if (view.getUint8(from + 4) !== extraBytes || end > to) return -1
  const valueBytes = bodyBytes - extraBytes - keyBytes
  const keyFrom = from + HEADER + extraBytes
  rows[row + KEY_FROM] = keyFrom
  rows[row + KEY_TO] = keyFrom + keyBytes
  rows[row + END] = end
  if (kind === OF_GET) {
    rows[row + KIND] = BINARY_GET
    return valueBytes === 0 ? end : -1
  }
  if (valueBytes < 0 || valueBytes > mostValueBytes) return -1
  rows[row + KIND] = BINARY_SET
  return end
}
