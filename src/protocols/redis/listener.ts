/** A client as those know it that have something to tell it: messages, changes, what it sees. */

/** What CLIENT TRACKING ON has chosen. */
export interface TrackingMode {
  /** The client that is told in place of this one: its id, 0 for none; and its slot. */
  readonly redirect: number
  readonly redirectSlot: number
  readonly isBroadcast: boolean
  readonly isOptIn: boolean
  readonly isOptOut: boolean
  readonly isNoLoop: boolean
}

/** A client's tracking, as long as it is on. */
export interface Tracker extends TrackingMode {
  readonly prefixes: Set<string>
  /** CLIENT CACHING was said for the next command; and it is not over with this one. */
  isCaching: boolean
  isKept: boolean
  /** Who was to be told is gone. */
  isBroken: boolean
  /** Keys with its prefixes that have changed in this batch. */
  readonly changed: Set<string>
}

export interface Listener {
  readonly slot: number
  readonly id: number
  readonly reply: { readonly isResp3: boolean }
  /** What it listens to: names of channels, of patterns, of sharded channels. */
  readonly subscriptions: readonly Set<string>[]
  /** What their names take. */
  subscribedBytes: number
  /** It has subscribed to anything. */
  readonly isListening: boolean
  /** CLIENT TRACKING is on. */
  tracking: Tracker | undefined
  /** Somebody monitors. */
  isWatched: boolean
  /** Words, a character per byte, and bytes, in its protocol. */
  push(words: readonly string[], bytes: Uint8Array): void
  /** A status line, a character per byte. */
  pushLine(line: string): void
  /** What has its protocol's form. */
  pushBytes(bytes: Buffer): void
  /** Ends the connection at once. */
  cut(): void
}
