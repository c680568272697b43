/** Times that commands name: to the absolute milliseconds of the engine and back. */
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import { NOT_AN_INTEGER } from '../errors.ts'
import { LEAST_INTEGER, MOST_INTEGER, readInteger } from '../values/integer.ts'

/** How a time is said: in seconds or ms, from now or absolute. */
export interface TimeForm {
  readonly unitMs: 1 | 1000
  readonly isAbsolute: boolean
}

export const EX: TimeForm = { unitMs: 1000, isAbsolute: false }
export const PX: TimeForm = { unitMs: 1, isAbsolute: false }
export const EXAT: TimeForm = { unitMs: 1000, isAbsolute: true }
export const PXAT: TimeForm = { unitMs: 1, isAbsolute: true }

export function invalidExpiry(command: string): string {
  return `ERR invalid expire time in '${command}' command`
}

/**
 * The absolute time in ms that an argument says, or undefined when it says none, and that was
 * replied. Times beyond 2^53 ms are rounded, as doubles are.
 */
export function readTime(
  client: RedisClient,
  args: Args,
  index: number,
  form: TimeForm,
  command: string,
  mayBePast: boolean,
): number | undefined {
  const given = readInteger(args.bytes, args.from(index), args.to(index))
  if (given === undefined) {
    client.reply.error(NOT_AN_INTEGER)
    return undefined
  }
  const { unitMs, isAbsolute } = form
  const ms = Number(given) * unitMs
  const isPositive = mayBePast || given > 0
  const base = isAbsolute ? 0 : client.now
  if (isPositive && isWithin(given, unitMs, base)) return ms + base
  client.reply.error(invalidExpiry(command))
  return undefined
}

/** Whether the time fits 64 bits: with numbers where they are exact. */
function isWithin(given: number | bigint, unitMs: number, base: number): boolean {
  if (typeof given === 'number') return true
  const ms = given * BigInt(unitMs)
  return ms >= LEAST_INTEGER && ms <= MOST_INTEGER - BigInt(Math.ceil(base))
}

/** A time or a time left in ms as an integer reply, rounded to seconds if so wanted. */
export function sayTime({ reply }: RedisClient, time: number, inSeconds: boolean): void {
  const ms = Math.floor(time) // The program may have a clock with fractions.
  if (Number.isSafeInteger(ms)) reply.integer(inSeconds ? Math.floor((ms + 500) / 1000) : ms)
  else if (inSeconds) reply.integer((BigInt(ms) + 500n) / 1000n)
  else {
    // The largest time is rounded up, to one more than 64 bits hold.
    const whole = BigInt(ms)
    reply.integer(whole > MOST_INTEGER ? MOST_INTEGER : whole)
  }
}
