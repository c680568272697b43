/**
 * If-Match and If-None-Match (RFC 9110, 13.1): which versions of an entry a request wants to meet.
 * An entity tag is the version of the entry, so it is a strong one: two tags are the same only if
 * nothing was stored between.
 */
import {
  type Change,
  type Draft,
  EXISTS,
  type Outcome,
  type RawAccess,
  type Reading,
} from '../../engine/raw-access.ts'
import type { Exchange } from './exchange.ts'
import { entityTag } from './entry.ts'
import { Problem } from './problem.ts'

/** A change that is made only to a version that the conditions allow; else EXISTS. */
export class Guarded<Inner extends Change> implements Change {
  readonly keepsVersion: boolean
  readonly change: Inner
  readonly #conditions: Conditions
  /** The version that it met. */
  version: number | undefined

  constructor(conditions: Conditions, change: Inner) {
    this.keepsVersion = change.keepsVersion
    this.change = change
    this.#conditions = conditions
  }

  make(old: Uint8Array, reading: Reading, draft: Draft): Outcome {
    this.version = reading.version
    if (!this.#conditions.allow(reading.version)) return EXISTS
    return this.change.make(old, reading, draft)
  }
}

/** The tags of a list; undefined: any, which is `*`. */
type Wanted = readonly string[] | undefined

const TAG = /^(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/
const SEPARATOR = /^[ \t]*(?:,[ \t]*)+/

export class Conditions {
  readonly #raw: RawAccess
  readonly #match: Wanted
  readonly #noneMatch: Wanted
  readonly hasMatch: boolean
  readonly hasNoneMatch: boolean

  /** @throws Problem 400 */
  constructor(exchange: Exchange) {
    const match = exchange.header('if-match')
    const noneMatch = exchange.header('if-none-match')
    this.#raw = exchange.worker.raw
    this.hasMatch = match !== undefined
    this.hasNoneMatch = noneMatch !== undefined
    this.#match = match === undefined ? [] : tagsIn(match, 'If-Match')
    this.#noneMatch = noneMatch === undefined ? [] : tagsIn(noneMatch, 'If-None-Match')
  }

  /** Whether there are any. */
  get areGiven(): boolean {
    return this.hasMatch || this.hasNoneMatch
  }

  /** Whether If-Match lets this version pass; undefined: there is no entry. */
  matches(version: number | undefined): boolean {
    if (!this.hasMatch) return true
    if (version === undefined) return false
    return this.#match === undefined || this.#match.includes(entityTag(this.#raw, version))
  }

  /** Whether If-None-Match lets this version pass. For it a weak tag is as good as a strong one. */
  differs(version: number | undefined): boolean {
    if (!this.hasNoneMatch || version === undefined) return true
    if (this.#noneMatch === undefined) return false
    const tag = entityTag(this.#raw, version)
    return !this.#noneMatch.some((each) => each === tag || each === `W/${tag}`)
  }

  /** @param version of the entry that is there; undefined: none is */
  failed(version: number | undefined): Problem {
    if (version === undefined) return new Problem(412, 'there is no entry of this key')
    const headers = { ETag: entityTag(this.#raw, version) }
    return new Problem(412, 'the entry is not the one that the condition asks for', headers)
  }

  /** Whether a write may go over this version. */
  allow(version: number | undefined): boolean {
    return this.matches(version) && this.differs(version)
  }
}

function tagsIn(list: string, field: string): Wanted {
  if (list.trim() === '*') return undefined
  const tags: string[] = []
  let rest = list.trim()
  while (rest !== '') {
    const tag = TAG.exec(rest)?.[0]
    if (tag === undefined) throw malformed(field, list)
    tags.push(tag)
    rest = rest.slice(tag.length)
    const separator = SEPARATOR.exec(rest)?.[0] ?? ''
    if (rest !== '' && separator === '') throw malformed(field, list)
    rest = rest.slice(separator.length)
  }
  if (tags.length === 0) throw malformed(field, list)
  return tags
}

function malformed(field: string, list: string): Problem {
  return new Problem(400, `${field} '${list}' is neither * nor a list of tags in double quotes`)
}
