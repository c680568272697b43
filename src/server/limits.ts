/**
 * The options that bound what clients may take beside connections in total: connections of one
 * address, bytes of a request, bytes that are held for a client in either direction, and time. Each
 * limit has a counter (`stats`, INFO) and a text or a line: docs/operations.md has the table.
 */
import { badOption } from '../engine/errors.ts'
import { formatSize, MIB, parseSize } from '../engine/sizes.ts'
import { type Unchecked, whole } from './option-readers.ts'

/** Options of `serve` that bound what clients may take. */
export interface LimitOptions {
  /**
   * Clients of one address that may be connected at one time; 0: any number. An IPv6 address counts
   * by its first 64 bits.
   * @defaultValue 0
   */
  maxConnectionsPerAddress?: number | undefined
  /** The largest request of a Redis client, all its arguments together. @defaultValue `'64mb'` */
  maxRequestSize?: number | string | undefined
  /**
   * Bytes of a client's requests that are read ahead of their execution; then it is not read. With
   * sockets it is one read of at most 64 KiB, whatever this says.
   * @defaultValue `'256kb'`
   */
  inputBuffer?: number | string | undefined
  /**
   * Bytes of replies that may wait for a client; then its requests wait.
   * @defaultValue `'1mb'`
   */
  outputBuffer?: number | string | undefined
  /**
   * Seconds after which a client is disconnected that has replies waiting and takes none of them;
   * 0: never.
   * @defaultValue 300
   */
  stallTimeout?: number | undefined
  /**
   * Seconds that a client has to say who it is, where there are users; 0: any time.
   * @defaultValue 10
   */
  authTimeout?: number | undefined
  /** Seconds that the head of an HTTP request may take. @defaultValue 10 */
  httpHeadTimeout?: number | undefined
  /** Seconds that an HTTP request may take as a whole, its body included. @defaultValue 60 */
  httpRequestTimeout?: number | undefined
}

export interface ResolvedLimits {
  readonly maxConnectionsPerAddress: number
  readonly maxRequestSize: number
  readonly inputBuffer: number
  readonly outputBuffer: number
  readonly stallTimeout: number
  readonly authTimeout: number
  readonly httpHeadTimeout: number
  readonly httpRequestTimeout: number
}

export const LIMIT_OPTION_NAMES = [
  'maxConnectionsPerAddress',
  'maxRequestSize',
  'inputBuffer',
  'outputBuffer',
  'stallTimeout',
  'authTimeout',
  'httpHeadTimeout',
  'httpRequestTimeout',
] as const satisfies readonly (keyof LimitOptions)[]

export const MAX_PER_ADDRESS = 200_000
export const MAX_LIMIT_SECONDS = 86_400
/** One read, and one step of what workers hear of written replies. */
export const LEAST_BUFFER: number = 64 * 1024
export const MOST_BUFFER: number = 64 * MIB
export const LEAST_REQUEST: number = 64 * 1024
export const MOST_REQUEST: number = 512 * MIB

export function resolveLimits(given: Unchecked): ResolvedLimits {
  return {
    maxConnectionsPerAddress: whole(given, 'maxConnectionsPerAddress', 0, MAX_PER_ADDRESS, 0),
    maxRequestSize: size(given, 'maxRequestSize', LEAST_REQUEST, MOST_REQUEST, 64 * MIB),
    inputBuffer: size(given, 'inputBuffer', LEAST_BUFFER, MOST_BUFFER, 256 * 1024),
    outputBuffer: size(given, 'outputBuffer', LEAST_BUFFER, MOST_BUFFER, MIB),
    stallTimeout: whole(given, 'stallTimeout', 0, MAX_LIMIT_SECONDS, 300),
    authTimeout: whole(given, 'authTimeout', 0, MAX_LIMIT_SECONDS, 10),
    httpHeadTimeout: whole(given, 'httpHeadTimeout', 1, MAX_LIMIT_SECONDS, 10),
    httpRequestTimeout: whole(given, 'httpRequestTimeout', 1, MAX_LIMIT_SECONDS, 60),
  }
}

function size(
  given: Unchecked,
  field: keyof LimitOptions,
  least: number,
  most: number,
  standard: number,
): number {
  if (given[field] === undefined) return standard
  const bytes = parseSize(field, given[field])
  if (bytes >= least && bytes <= most) return bytes
  const why = `it must be ${formatSize(least)} to ${formatSize(most)}`
  throw badOption(field, given[field], why, formatSize(bytes < least ? least : most))
}
