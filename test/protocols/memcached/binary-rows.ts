/** What rows of the binary corpus are made of. */
import { ask, OP, type Request, store } from './frames.ts'

export type Row = readonly [name: string, requests: readonly Request[], replies: readonly string[]]

export const TEN: Request = store(OP.set, 'a', '10', { flags: 7 })
export const STORED = '0 0x00 cas'
export const MISS = '0x01 "Not found"'
export const EXISTS = '0x02 "Data exists for key."'
export const INVALID = '0x04 "Invalid arguments"'
export const NO_NUMBER = '0x06 "Non-numeric server-side value for incr or decr"'
export const UNKNOWN = '0x81 "Unknown command"'
export const GET: Request = ask(OP.get, 'a')
export const NEVER = 0xffff_ffff
export const LONGEST = 'k'.repeat(250)
/** A CAS that no server comes to. */
export const OTHER: bigint = 10n ** 15n
