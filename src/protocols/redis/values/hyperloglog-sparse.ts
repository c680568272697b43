/**
 * The sparse form of a HyperLogLog: runs of registers, in opcodes.
 *
 *   00nnnnnn            n + 1 registers of 0
 *   01nnnnnn nnnnnnnn   n + 1 registers of 0
 *   1vvvvvnn            n + 1 registers of value v + 1
 *
 * One addition splits the run it falls in, and then joins equal neighbours, by the very steps that
 * Redis takes: the bytes are the same.
 */

const REGISTERS = 16_384
const AT_FIRST = 16
const LONG_ZERO = 0x40
const VALUE = 0x80
const SHORT_ZEROS = 64
const LONGEST_VALUE_RUN = 4
/** So many opcodes from the one before the change on are looked at for equal neighbours. */
const OPCODES_TO_JOIN = 5

function isValue(opcode: number): boolean {
  return (opcode & VALUE) !== 0
}
function isLongZero(opcode: number): boolean {
  return (opcode & (VALUE | LONG_ZERO)) === LONG_ZERO
}
function runLength(bytes: Uint8Array, at: number): number {
  const opcode = bytes[at]!
  if (isValue(opcode)) return (opcode & 3) + 1
  if (isLongZero(opcode)) return (((opcode & 63) << 8) | (bytes[at + 1] ?? 0)) + 1
  return (opcode & 63) + 1
}
function registerOf(opcode: number): number {
  return isValue(opcode) ? ((opcode >>> 2) & 31) + 1 : 0
}
function valueRun(value: number, length: number): number {
  return VALUE | ((value - 1) << 2) | (length - 1)
}

/**
 * Calls back for each run.
 * @returns the number of registers that there are: not 16,384 when the bytes are corrupt
 */
export function eachSparseRun(
  bytes: Uint8Array,
  seen: (first: number, length: number, value: number) => void,
): number {
  let first = 0
  for (let at = AT_FIRST; at < bytes.length; ) {
    const opcode = bytes[at]!
    const length = runLength(bytes, at)
    if (first + length > REGISTERS) return -1
    seen(first, length, registerOf(opcode))
    first += length
    at += isLongZero(opcode) ? 2 : 1
  }
  return first
}

/**
 * Raises a register.
 * @returns the same array when it is that high already, a new one, 'promote' when the dense form
 * is due, undefined when the bytes are corrupt
 */
export function addSparse(
  bytes: Uint8Array,
  index: number,
  value: number,
  mostBytes: number,
): Uint8Array | 'promote' | undefined {
  let at = AT_FIRST
  let before = AT_FIRST
  let first = 0
  let length = 0
  while (at < bytes.length) {
    length = runLength(bytes, at)
    if (index < first + length) break
    before = at
    at += isLongZero(bytes[at]!) ? 2 : 1
    first += length
  }
  if (at >= bytes.length) return undefined
  const opcode = bytes[at]!
  const oldBytes = isLongZero(opcode) ? 2 : 1
  if (at + oldBytes > bytes.length) return undefined // A long run without its second byte.
  if (isValue(opcode) && registerOf(opcode) >= value) return bytes
  const sequence = split(opcode, index - first, first + length - 1 - index, value)
  const grown = bytes.length + sequence.length - oldBytes
  if (sequence.length > oldBytes && grown > mostBytes) return 'promote'
  const changed = new Uint8Array(grown)
  changed.set(bytes.subarray(0, at))
  changed.set(sequence, at)
  changed.set(bytes.subarray(at + oldBytes), at + sequence.length)
  return join(changed, before)
}

/** The opcodes that replace one run: what is before the register, it, what is behind. */
function split(opcode: number, before: number, behind: number, value: number): number[] {
  const sequence: number[] = []
  const old = registerOf(opcode)
  const add = (length: number): void => {
    if (length === 0) return
    if (old > 0) sequence.push(valueRun(old, length))
    else if (length <= SHORT_ZEROS) sequence.push(length - 1)
    else sequence.push(LONG_ZERO | ((length - 1) >>> 8), (length - 1) & 0xff)
  }
  add(before)
  sequence.push(valueRun(value, 1))
  add(behind)
  return sequence
}

/** Joins neighbours of one value as far as an opcode holds them. */
function join(bytes: Uint8Array, from: number): Uint8Array {
  let at = from
  let end = bytes.length
  for (let left = OPCODES_TO_JOIN; left > 0 && at < end; left--) {
    const opcode = bytes[at]!
    const next = at + 1 < end ? bytes[at + 1]! : 0
    const both = (opcode & 3) + (next & 3) + 2
    const isPair = isValue(opcode) && isValue(next) && registerOf(opcode) === registerOf(next)
    if (isPair && both <= LONGEST_VALUE_RUN) {
      bytes[at + 1] = valueRun(registerOf(opcode), both)
      bytes.copyWithin(at, at + 1, end)
      end--
    } else at += isLongZero(opcode) ? 2 : 1
  }
  return end === bytes.length ? bytes : bytes.slice(0, end)
}
