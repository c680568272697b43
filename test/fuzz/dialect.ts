/**
 * What the fuzzing needs to know of a protocol: how its connections are made without a server, what
 * to begin with, how new inputs are made out of old ones, and what of two replies may differ. The
 * three are text-dialect.ts, binary-dialect.ts and redis-dialect.ts.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import type { RawAccess } from '../../src/engine/raw-access.ts'
import type { ProtocolConnection } from '../../src/protocols/protocol.ts'
import type { Random } from './random.ts'

/** The server around the connections of one cache, which only remembers. */
export interface World {
  connect(): ProtocolConnection
  /** Forgets what a connection left behind in the server. */
  reset(): void
  /** What a connection waits for comes to pass. */
  pass(): void
  /** What was logged to watchers. */
  readonly lines: readonly string[]
}

/** @param startedAt ms since the epoch */
export type OpenWorld = (raw: RawAccess, startedAt: number) => World

/** Text stands for bytes, one character each. */
export interface InputMaker {
  /** A command of the grammar, or what is nearly one. */
  command(): string
  /** An input with something changed that only who knows the protocol would change. */
  change(text: string, corpus: readonly string[]): string
}

export interface Dialect {
  readonly name: 'text' | 'binary' | 'redis'
  readonly openWorld: OpenWorld
  /** Inputs to begin with, one character per byte; those that were kept come on top. */
  requests(): string[]
  maker(random: Random): InputMaker
  /** Commands of a client that behaves, at most so many, and at times one that ends it. */
  stream(random: Random, most: number): Buffer
  /** What two caches that were asked the same must have replied alike. */
  comparable(reply: Buffer): string
  /** The same for a cache of a server and one without: what is not told of the server. */
  comparableLive(reply: Buffer): string
  /** Inputs whose replies tell of the server, or of chance: they are sent and not compared. */
  readonly tellsOfServer: RegExp
}

const fileOf = ({ name }: Dialect): URL => new URL(`./corpus/${name}.json`, import.meta.url)

/** What earlier runs kept. */
export function keptInputs(dialect: Dialect): string[] {
  return JSON.parse(readFileSync(fileOf(dialect), 'utf8')) as string[]
}

export function keepInputs(dialect: Dialect, inputs: readonly string[]): void {
  writeFileSync(fileOf(dialect), `${JSON.stringify(inputs, null, 1)}\n`)
}

/** All inputs to start from. */
export function startingInputs(dialect: Dialect): string[] {
  return [...dialect.requests(), ...keptInputs(dialect)]
}
