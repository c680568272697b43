/** The options of the log: from which level, and in which form. */
import { LOG_FORMATS, type LogFormat } from './log.ts'
import { LOG_LEVELS, type LogLevel } from './log-events.ts'
import { oneOf, type Unchecked } from './option-readers.ts'

export interface LogOptions {
  /**
   * What is logged on stderr: this level and what is more urgent. `verbosity` may ask for more.
   * @defaultValue `'silent'`: a library prints nothing; `heddle serve` has `'info'`
   */
  logLevel?: LogLevel | undefined
  /** Lines for people, or an object of JSON in each line. @defaultValue `'text'` */
  logFormat?: LogFormat | undefined
}

export const LOG_OPTION_NAMES = [
  'logLevel',
  'logFormat',
] as const satisfies readonly (keyof LogOptions)[]

export interface ResolvedLog {
  readonly level: LogLevel
  readonly format: LogFormat
}

export function resolveLog(given: Unchecked): ResolvedLog {
  return {
    level: oneOf(given, 'logLevel', LOG_LEVELS),
    format: oneOf(given, 'logFormat', LOG_FORMATS),
  }
}
