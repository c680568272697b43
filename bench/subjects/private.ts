/**
 * The subjects that each thread has for itself: a plain Map (no limit, no eviction: the floor of
 * what a cache in JavaScript can cost) and lru-cache (limited, recency kept: what is used today).
 * `none` stores nothing and answers at once: what the loop around a subject costs.
 */
import { LRUCache } from 'lru-cache'
import { fillPlainly, noGetBytes } from './subject.ts'
import type { Subject } from './subject.ts'

/**
 * Room beyond the stored keys, so that no operation of a suite evicts a key that it will ask for.
 */
const SPARE_ENTRIES = 16_384

export function openMap(): Subject {
  const map = new Map<string, string>()
  return {
    name: 'Map',
    get: (key) => map.get(key),
    getBytes: noGetBytes,
    getManyBytes: noGetBytes,
    getMany(keys) {
      const values: (string | undefined)[] = []
      for (let i = 0; i < keys.length; i++) values.push(map.get(keys[i] as string))
      return values
    },
    set: (key, value) => void map.set(key, value),
    delete: (key) => void map.delete(key),
    fill: fillPlainly,
    close: () => map.clear(),
  }
}

export function openLruCache(keys: number): Subject {
  const cache = new LRUCache<string, string>({ max: keys + SPARE_ENTRIES })
  return {
    name: 'lru-cache',
    get: (key) => cache.get(key),
    getBytes: noGetBytes,
    getManyBytes: noGetBytes,
    getMany(wanted) {
      const values: (string | undefined)[] = []
      for (let i = 0; i < wanted.length; i++) values.push(cache.get(wanted[i] as string))
      return values
    },
    set: (key, value) => void cache.set(key, value),
    delete: (key) => void cache.delete(key),
    fill: fillPlainly,
    close: () => cache.clear(),
  }
}

export function openNone(): Subject {
  return {
    name: 'none',
    get: () => undefined,
    getBytes: () => -1,
    getMany: () => [],
    getManyBytes: () => 0,
    set() {},
    delete() {},
    fill: fillPlainly,
    close() {},
  }
}
