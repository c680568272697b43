/**
 * What COMMAND DOCS tells of each command, in the words of Redis, and the notes of COMMAND INFO:
 * data that test/protocols/redis/write-command-docs.ts took from a redis-server 7.0. Most servers
 * are never asked for it, so it is read when it first is.
 */
import { readFileSync } from 'node:fs'

/** By the names of Redis, in its order. */
export interface Argument {
  readonly name: string
  readonly type: string
  readonly key_spec_index?: number
  readonly token?: string
  readonly summary?: string
  readonly since?: string
  readonly deprecated_since?: string
  readonly flags?: readonly string[]
  readonly arguments?: readonly Argument[]
}

export interface CommandDocs {
  readonly summary: string
  readonly since: string
  readonly group: string
  readonly complexity?: string
  readonly doc_flags?: readonly string[]
  readonly deprecated_since?: string
  readonly replaced_by?: string
  /** Version and what changed in it. */
  readonly history?: readonly (readonly [string, string])[]
  readonly arguments?: readonly Argument[]
  /** Of COMMAND INFO, one for each key specification. */
  readonly notes?: readonly (string | null)[]
}

let all: Readonly<Record<string, CommandDocs>> | undefined

/** undefined for what is in no documentation. */
export function docsOf(name: string): CommandDocs | undefined {
  all ??= JSON.parse(readFileSync(new URL('./command-docs.json', import.meta.url), 'utf8'))
  return all![name]
}
