/** A part of a value: `Range: bytes=`, one range; several are answered with the whole. */
import { Problem } from './problem.ts'

export interface Part {
  readonly from: number
  /** The first byte behind it. */
  readonly to: number
}

const ONE_RANGE = /^bytes=\s*(?:([0-9]{1,15})-([0-9]{0,15})|-([0-9]{1,15}))\s*$/i

/**
 * @returns undefined: the whole, as a range that is not understood is passed over
 * @throws Problem 416
 */
export function partOf(range: string | undefined, length: number): Part | undefined {
  const [, first, last, tail] = ONE_RANGE.exec(range ?? '') ?? []
  if (first === undefined && tail === undefined) return undefined
  const from = first === undefined ? Math.max(0, length - Number(tail)) : Number(first)
  const to = first === undefined || last === '' ? length : Math.min(length, Number(last) + 1)
  if (first !== undefined && last !== '' && Number(last) < from) return undefined
  if (from < to) return { from, to }
  const headers = { 'Content-Range': `bytes */${length}` }
  throw new Problem(416, `the value has ${length} bytes`, headers, { length })
}
