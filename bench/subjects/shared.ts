/**
 * The subjects that all threads share: heddle, the same table behind a lock, and lmdb (full form
 * only).
 *
 * "The same table behind a lock" is a second heddle engine of the same size, each call of which
 * runs under one mutex. It pays for the atomics of the lock-free protocol too, so at one thread
 * it is an upper bound of what a table designed for a lock would cost; what it shows is how a
 * lock scales with threads.
 */
import { open as openDatabase } from 'lmdb'
import { attachEngine, createEngine } from '../../src/index.ts'
import { lock, unlock } from './lock.ts'
import { fillPlainly, noGetBytes } from './subject.ts'
import type { Subject, SubjectGrant } from './subject.ts'

/**
 * Budget per key: key, value, header, table share and room to spare, so that nothing is evicted.
 */
const BUDGET_BYTES_PER_KEY = 256
const SMALLEST_BUDGET = 32 * 2 ** 20
const SPARE_ENTRIES = 16_384
const LMDB_MAP_BYTES_PER_KEY = 512

export type Engine = ReturnType<typeof createEngine>

export function createBenchEngine(name: string, keys: number): Engine {
  return createEngine({
    name,
    memory: Math.max(SMALLEST_BUDGET, keys * BUDGET_BYTES_PER_KEY),
    expectedEntries: keys + SPARE_ENTRIES,
  })
}

export function openHeddle(grant: SubjectGrant): Subject {
  const engine = attachEngine(grant.handle as Engine['handle'])
  return {
    name: 'heddle',
    get: (key) => engine.get<string>(key),
    getBytes: (key, target) => engine.getBytes(key, target),
    getMany: (keys) => engine.getMany<string>(keys),
    getManyBytes: (keys, target, lengths) => engine.getManyBytes(keys, target, lengths),
    set: (key, value) => engine.set(key, value),
    delete: (key) => void engine.delete(key),
    fill: fillPlainly,
    close: () => engine.close(),
  }
}

export function openLockedHeddle(grant: SubjectGrant): Subject {
  const engine = attachEngine(grant.handle as Engine['handle'])
  const word = new Int32Array(grant.lock as SharedArrayBuffer)
  return {
    name: 'heddle+lock',
    get(key) {
      lock(word)
      const value = engine.get<string>(key)
      unlock(word)
      return value
    },
    getBytes(key, target) {
      lock(word)
      const copied = engine.getBytes(key, target)
      unlock(word)
      return copied
    },
    getMany(keys) {
      lock(word)
      const values = engine.getMany<string>(keys)
      unlock(word)
      return values
    },
    getManyBytes(keys, target, lengths) {
      lock(word)
      const bytes = engine.getManyBytes(keys, target, lengths)
      unlock(word)
      return bytes
    },
    set(key, value) {
      lock(word)
      engine.set(key, value)
      unlock(word)
    },
    delete(key) {
      lock(word)
      engine.delete(key)
      unlock(word)
    },
    fill: fillPlainly,
    close: () => engine.close(),
  }
}

/** Values as plain text; no fsync per write, as befits a cache. */
export function openLmdb(grant: SubjectGrant): Subject {
  const database = openDatabase<string, string>({
    path: grant.folder as string,
    encoding: 'string',
    noSync: true,
    mapSize: Math.max(SMALLEST_BUDGET * 4, grant.keys * LMDB_MAP_BYTES_PER_KEY),
  })
  return {
    name: 'lmdb',
    get: (key) => database.get(key),
    getBytes(key, target) {
      const bytes = database.getBinaryFast(key)
      if (bytes === undefined) return -1
      return bytes.copy(target, 0, 0, bytes.length) // its own length is that of a larger buffer
    },
    getMany: (keys) => keys.map((key) => database.get(key)),
    getManyBytes: noGetBytes,
    set: (key, value) => void database.putSync(key, value),
    delete: (key) => void database.removeSync(key),
    fill: (sets) => database.transactionSync(sets),
    close: () => void database.close(),
  }
}
