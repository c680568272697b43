/**
 * heddle: one cache for all the threads of a Node.js process.
 *
 * The public surface. Everything else is internal and may change with any release.
 */
export type { Codec } from './engine/codec.ts'
export {
  type AttachOptions,
  attachEngine,
  type BigKey,
  createEngine,
  type Engine,
  type HotKey,
  type Namespace,
} from './engine/engine.ts'
export { type ErrorCode, HeddleError } from './engine/errors.ts'
export type { Mutation, MutationFeed } from './engine/feed.ts'
export type { Key, Versioned } from './engine/key-reader.ts'
export type { CountOptions, WriteOptions } from './engine/keyspace.ts'
export type { HotKeysOptions } from './engine/hot-keys/options.ts'
export type { EngineOptions } from './engine/options.ts'
export type { EngineHandle } from './engine/session.ts'
export type { EngineStats } from './engine/statistics.ts'
export type { VerifyReport } from './engine/engine.ts'
