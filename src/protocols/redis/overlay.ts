/**
 * The keys as a transaction sees them while it is worked out: what it has read so far, and what it
 * has changed, none of which anybody else sees. It stands in for the engine's `RawAccess`; at the
 * end all is committed at one moment, or nothing is.
 */
import type { KeyAccess } from '../../engine/key-access.ts'
import {
  ADD,
  type Change,
  CONFLICT,
  DELETE_KEY,
  DELETED,
  Draft,
  EXISTS,
  GONE,
  HIT,
  KEEP,
  LOST_RACE,
  MISSING,
  type Outcome,
  PUT_FRESH,
  type RawAccess,
  Reading,
  SET,
  STORED,
  type StoreMode,
  type Want,
} from '../../engine/raw-access.ts'
import {
  areAsSeen,
  describe,
  draftOf,
  Entry,
  inOrder,
  isSame,
  keyOf,
  nameOf,
  put,
  readEntry,
} from './overlay-entry.ts'
import type { Watched } from './transaction.ts'

export class Overlay implements KeyAccess {
  readonly session: KeyAccess['session']
  readonly view: KeyAccess['view']
  readonly reading = new Reading()
  readonly draft = new Draft()
  readonly #raw: RawAccess
  readonly #entries = new Map<string, Entry>()
  /** Namespaces that are flushed before all else; -1: all. */
  readonly #flushed = new Set<number>()
  #entry!: Entry

  /** @param raw the keys as everybody sees them */
  constructor(raw: RawAccess) {
    this.#raw = raw
    this.session = raw.session
    this.view = raw.view
  }

  stage(source: Uint8Array, from: number, to: number, space = 0): boolean {
    if (!this.#raw.stage(source, from, to, space)) return false
    const key = Buffer.from(source.buffer, source.byteOffset + from, to - from)
    const name = nameOf(key, space)
    let entry = this.#entries.get(name)
    if (entry === undefined) {
      entry = new Entry(Uint8Array.from(key), space, this.#raw.bucket())
      this.#entries.set(name, entry)
    }
    this.#entry = entry
    return true
  }

  open(): typeof HIT | typeof GONE | typeof LOST_RACE {
    const { reading } = this
    if (!this.#know()) return LOST_RACE
    const entry = this.#entry
    if (!this.#isThere(entry)) return GONE
    describe(entry, reading)
    return HIT
  }

  copy(target: Uint8Array, at: number): void {
    target.set(this.#entry.bytes, at)
  }

  copyPart(target: Uint8Array, at: number, from: number, to: number): void {
    target.set(this.#entry.bytes.subarray(from, to), at)
  }

  confirm(): boolean {
    return true
  }

  confirmQuietly(): boolean {
    return true
  }

  heat(): number {
    return this.#entry.heat
  }

  chunkBytes(): number {
    return this.#entry.chunkBytes
  }

  uses(): number | undefined {
    return this.#raw.uses()
  }

  store(mode: StoreMode): Outcome {
    if (mode !== SET) {
      if (!this.#know()) return CONFLICT
      const isThere = this.#isThere(this.#entry)
      if (mode === ADD && isThere) return EXISTS
      if (mode !== ADD && !isThere) return MISSING
    }
    this.#put(this.draft)
    return STORED
  }

  change(change: Change): Outcome {
    const { draft, reading } = this
    const found = this.open()
    if (found !== HIT) return found === GONE ? MISSING : CONFLICT
    const entry = this.#entry
    const { codec, expiry, flags, marks, content } = reading
    Object.assign(draft, { codec, expiry, flags, marks, content })
    const isNew = reading.storedAt !== 0 && !change.keepsVersion
    draft.storedAt = isNew ? this.now() : reading.storedAt
    const old = Uint8Array.from(entry.bytes)
    const outcome = change.make(old, reading, draft)
    if (outcome === STORED) {
      if (change.keepsVersion && draft.expiry === entry.expiry) entry.marks = draft.marks
      else this.#put(draft)
    }
    draft.content = draft.storedAt = 0
    return outcome === DELETED ? this.remove() : outcome
  }

  remove(): Outcome {
    const found = this.open()
    if (found !== HIT) return found === GONE ? MISSING : CONFLICT
    this.#entry.isThere = false
    this.#entry.isChanged = true
    return DELETED
  }

  flush(): void {
    this.#flush(ALL)
  }

  flushSpace(space: number): Outcome {
    this.#flush(space)
    return STORED
  }

  hasSpaces(): boolean {
    return this.#raw.hasSpaces()
  }

  keysIn(bucket: number, space = 0): Uint8Array[] {
    const keys = this.#isFlushed(space) ? [] : this.#raw.keysIn(bucket, space)
    const changed = [...this.#entries.values()].filter((each) => {
      return each.isChanged && each.space === space
    })
    if (changed.length === 0) return keys
    const names = new Set(changed.map((each) => nameOf(each.key, space)))
    return [
      ...keys.filter((key) => !names.has(nameOf(key, space))),
      ...changed.filter((each) => each.bucket === bucket && this.#isThere(each)).map(keyOf),
    ]
  }

  entriesIn(space: number): number {
    let entries = this.#isFlushed(space) ? 0 : this.#raw.entriesIn(space)
    for (const entry of this.#entries.values()) {
      if (entry.space !== space || !entry.isChanged) continue
      if (!this.#isFlushed(space) && this.#was(entry)) entries--
      if (this.#isThere(entry)) entries++
    }
    return entries
  }

  spaceOf(name: string, isKnown = false): number {
    return this.#raw.spaceOf(name, isKnown)
  }

  now(): number {
    return this.#raw.now()
  }

  /** Forgets all: the transaction is worked out anew. */
  reset(): void {
    this.#entries.clear()
    this.#flushed.clear()
  }

  /**
   * Commits what was changed, if what was read and what is watched is as it was. A flush comes
   * before the rest and stays if that has to be begun again, so what is watched is looked at before
   * it, and what it flushed is watched no more.
   * @returns STORED; CONFLICT: it is not; FULL, CONTENDED, CLOSED_GATE. Nothing was changed then.
   */
  commit(watched: Map<string, Watched>): Outcome {
    const entries = [...this.#entries.values()].filter((entry) => entry.isKnown)
    const isWriting = entries.some((entry) => entry.isChanged)
    if (!isWriting && this.#flushed.size === 0) {
      const read = [...entries, ...watched.values()]
      // It is of one moment if nothing of it has changed since.
      return read.length < 2 || areAsSeen(this.#raw, read) ? STORED : CONFLICT
    }
    const kept = [...watched].filter(([, { space }]) => !this.#isFlushed(space))
    const wants = this.#wants(entries, new Map(kept))
    if (wants === undefined) return CONFLICT
    if (this.#flushed.size !== 0 && !areAsSeen(this.#raw, watched.values())) return CONFLICT
    for (const space of this.#flushed) {
      if (space === ALL) this.#raw.flush()
      else this.#raw.flushSpace(space)
    }
    for (const [name, { space }] of watched) if (this.#isFlushed(space)) watched.delete(name)
    if (wants.length === 0) return STORED
    return this.#raw.transact(wants.sort(inOrder))
  }

  /** undefined: what was read is not what was watched. */
  #wants(entries: readonly Entry[], watched: ReadonlyMap<string, Watched>): Want[] | undefined {
    const wants: Want[] = []
    const isAlone = entries.length === 1 && watched.size === 0
    for (const entry of entries) {
      const watch = watched.get(nameOf(entry.key, entry.space))?.seen
      if (watch !== undefined && entry.seen !== undefined && !isSame(watch, entry.seen)) {
        return undefined
      }
      const seen = watch ?? entry.seen
      const { key, space } = entry
      const kind = this.#kindOf(entry)
      if (kind === KEEP && (isAlone || seen === undefined)) continue
      const draft = kind === PUT_FRESH ? draftOf(entry) : undefined
      wants.push({ key, space, seen, isWatched: watch !== undefined, kind, draft })
    }
    for (const [name, { key, space, seen }] of watched) {
      if (this.#entries.get(name)?.isKnown === true) continue
      wants.push({ key, space, seen, isWatched: true, kind: KEEP, draft: undefined })
    }
    return wants
  }

  #kindOf(entry: Entry): Want['kind'] {
    if (!entry.isChanged) return KEEP
    if (this.#isThere(entry)) return PUT_FRESH
    // What was written blindly, and is gone or over again, may have been there before.
    const wasThere =
      entry.seen === undefined ? !this.#isFlushed(entry.space) : entry.seen.version !== 0
    return wasThere ? DELETE_KEY : KEEP
  }

  #put(draft: Draft): void {
    put(this.#entry, draft)
  }

  #flush(space: number): void {
    this.#flushed.add(space)
    for (const entry of this.#entries.values()) {
      if (space !== ALL && entry.space !== space) continue
      entry.isThere = false
      entry.isChanged = false
      entry.isKnown = true
      entry.seen = undefined
    }
  }

  #isFlushed(space: number): boolean {
    return this.#flushed.has(ALL) || this.#flushed.has(space)
  }

  #isThere({ isThere, expiry }: Entry): boolean {
    return isThere && (expiry === 0 || expiry > this.view.now())
  }

  /** Whether the key was there before the transaction. */
  #was(entry: Entry): boolean {
    if (entry.seen !== undefined) return entry.seen.version !== 0
    this.#raw.stage(entry.key, 0, entry.key.length, entry.space)
    return (this.#raw.see()?.version ?? 0) !== 0
  }

  /** Reads the staged key from the engine, once; false when too many races were lost. */
  #know(): boolean {
    const entry = this.#entry
    if (entry.isKnown) return true
    entry.isKnown = this.#isFlushed(entry.space) || readEntry(this.#raw, entry)
    return entry.isKnown
  }
}

const ALL = -1
