/**
 * One row of the option table (src/cli/table/): a flag of `heddle serve`, its variable, its name in
 * the file, the option of the API that it is, and what docs/configuration.md says of it.
 *
 * Short names are memcached's own and mean what they mean there: `-m 64` is 64 megabytes, while
 * `--memory 64` would be 64 bytes.
 */
import type { EngineOptions } from '../engine/options.ts'
import type { ResolvedServeOptions, ServeOptions } from '../server/options.ts'

export type Setting = string | number | boolean

/** Which option of which function: `serve.redisPort`, `engine.memory`. */
export type OptionPath = `serve.${keyof ServeOptions}` | `engine.${keyof EngineOptions}`

/** What is allowed: whole numbers between two, one of a few words, or a sentence. */
export type Allowed = Readonly<
  | { least: number; most: number; words?: readonly string[] }
  | { words: readonly string[] }
  | { text: string }
>

export interface Flag {
  /** Without the dashes; `HEDDLE_MAX_ITEM_SIZE` and the file's `max-item-size` follow from it. */
  readonly name: string
  readonly short?: string
  /** What stands for the value in the help; undefined: a switch. */
  readonly value?: string
  /** A line of the help. */
  readonly help: string
  /** Sentences that the reference has beyond the help. */
  readonly more?: string
  /** The option that gets the value; undefined: this command reads it itself. */
  readonly option?: OptionPath
  /** What the option gets where that is not the value itself. */
  readonly toOption?: (value: Setting) => unknown
  /** What stands in for none; undefined: nothing does. */
  readonly standard?: Setting
  /** What it comes to on this machine, where the setting does not say it. */
  readonly here?: (resolved: ResolvedServeOptions) => Setting | undefined
  /** The command's default is not that of the option in a program. */
  readonly isOwnDefault?: boolean
  /** Left out for switches. */
  readonly allowed?: Allowed
  /** Where it may be said, if not everywhere. */
  readonly only?: 'flag' | 'flag or variable'
  /** Given more than once it counts. */
  readonly isCounted?: boolean
  /** What text means, from a flag or the environment. */
  readonly read: (text: string) => Setting
  /** The same for the short name, where memcached counts in another unit. */
  readonly readShort?: (text: string) => Setting
}

/** Rows that belong together, under one heading. */
export interface FlagGroup {
  readonly title: string
  readonly flags: readonly Flag[]
}

const MIB = 1024 * 1024
const UNITS: Readonly<Record<string, number>> = { k: 1024, m: MIB, g: 1024 * MIB }

/** Plain digits are a number; everything else is judged by who uses the value. */
export function numberOrText(text: string): Setting {
  return /^-?[0-9]+(?:\.[0-9]+)?$/.test(text) ? Number(text) : text
}

/** memcached's -m counts megabytes; a unit may be given all the same. */
export function megabytes(text: string): Setting {
  return /^[0-9]+$/.test(text) ? Number(text) * MIB : unitOrText(text)
}

/** memcached's -I takes 512k and 2m. */
export function unitOrText(text: string): Setting {
  const [, amount = '', unit = ''] = /^([0-9]+)([kmg])$/i.exec(text) ?? []
  return amount === '' ? numberOrText(text) : Number(amount) * UNITS[unit.toLowerCase()]!
}

export function plain(text: string): Setting {
  return text
}

/** A switch in the environment. */
export function yesOrNo(text: string): Setting {
  const word = text.trim().toLowerCase()
  if (['1', 'true', 'yes', 'on'].includes(word)) return true
  if (['', '0', 'false', 'no', 'off'].includes(word)) return false
  return text
}
