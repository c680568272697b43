/**
 * What Redis says when it refuses: the texts that more than one command needs, word for word. All
 * begin with their code and have no line end.
 */
/** The codes that an error may begin with: what INFO errorstats counts by. */
export const ERROR_CODES: readonly string[] =
  'ERR WRONGTYPE EXECABORT NOPROTO WRONGPASS OOM BUSYKEY INVALIDOBJ NOPERM NOAUTH'.split(' ')
export const WRONG_TYPE = 'WRONGTYPE Operation against a key holding the wrong kind of value'
export const NOT_AN_INTEGER = 'ERR value is not an integer or out of range'
export const NOT_A_FLOAT = 'ERR value is not a valid float'
export const SYNTAX = 'ERR syntax error'
export const NO_SUCH_KEY = 'ERR no such key'
export const WOULD_OVERFLOW = 'ERR increment or decrement would overflow'
export const OUT_OF_MEMORY = "OOM command not allowed when used memory > 'maxmemory'."
/** What Redis has no text for, as it has no such limit. */
export const KEY_TOO_LONG = 'ERR key is too long for this cache'
export const CONTENDED_REPLY = 'ERR the key is written too often at the moment, try again'
export const GATE_CLOSED = 'ERR writes are closed for the moment'

export function wrongArity(fullName: string): string {
  return `ERR wrong number of arguments for '${fullName}' command`
}

export function tooLarge(maxItemBytes: number): string {
  return `ERR string exceeds maximum allowed size (maxItemSize is ${maxItemBytes} bytes)`
}

export function internalError(fullName: string): string {
  return `ERR internal error in '${fullName}': the server has logged it`
}
