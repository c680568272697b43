/**
 * What the suites load and redis play in each form: the scenes of the closed loop, the rates of
 * the open loop, and how many rounds of which length. `short` is the part of a whole default run.
 */
import type { KeyChoice, Mix } from '../../src/load/request-plan.ts'
import type { ValueSizes } from '../../src/load/workload.ts'
import type { RunOptions } from '../options.ts'
import { LARGE_BYTES } from './limits.ts'
import type { ServerName } from './servers.ts'

export type LoadForm = 'smoke' | 'short' | 'default' | 'full'

export interface Scene {
  readonly label: string
  readonly depth: number
  readonly mix: Mix
  readonly choice: KeyChoice
  readonly values: ValueSizes
}

/** What the closed loop is played with. */
export interface ClosedSizes {
  readonly servers: readonly ServerName[]
  readonly keys: number
  readonly connections: number
  readonly scenes: readonly Scene[]
  readonly rounds: number
  readonly seconds: number
}

export interface LoadSizes extends ClosedSizes {
  /** Open loop: requests per second, ascending. */
  readonly rates: readonly number[]
  readonly latencyServers: readonly ServerName[]
  readonly latencyRounds: number
  readonly latencySeconds: number
  /** Entries of the memory comparison; 0: none. */
  readonly memoryEntries: number
  /** Requests whose garbage is measured, and seconds of full load while event loops are watched. */
  readonly garbageRequests: number
  readonly delaySeconds: number
}

const SMALL: ValueSizes = { low: 32, high: 32 }

function scene(depth: number, changes: Partial<Scene> = {}): Scene {
  const base = { mix: '90/10', choice: 'uniform', values: SMALL } as const
  return { label: `depth ${depth}`, depth, ...base, ...changes }
}

const LARGE: ValueSizes = { low: LARGE_BYTES, high: LARGE_BYTES }
export const MAIN_SCENES = [scene(1), scene(16)]
/** Those that have a limit (limits.ts). */
const LIMITED_SCENES = [
  ...MAIN_SCENES,
  scene(64),
  scene(1, { label: 'values of 16 KiB', values: LARGE }),
]
const MORE_SCENES: readonly Scene[] = [
  scene(4),
  scene(16, { label: '50/50', mix: '50/50' }),
  scene(16, { label: 'hit-only', mix: 'hit-only' }),
  scene(16, { label: 'miss-heavy', mix: 'miss-heavy' }),
  scene(16, { label: 'write-only', mix: 'write-only' }),
  scene(16, { label: 'zipf', choice: 'zipf' }),
  scene(16, { label: 'one hot key', choice: 'hot' }),
  scene(16, { label: 'trace web12', mix: 'hit-only', choice: 'trace' }),
]
const LARGE_SCENES: readonly Scene[] = [
  scene(16, { label: 'values of 1 KiB', values: { low: 1024, high: 1024 } }),
  scene(16, { label: 'values of 32 B to 16 KiB', values: { low: 32, high: 16_384 } }),
]

const HEDDLES: readonly ServerName[] = [
  ...(['heddle frames 1', 'heddle frames 2'] as const),
  ...(['heddle sockets 1', 'heddle sockets 2'] as const),
]
const PEERS: readonly ServerName[] = ['memcached -t 1', 'redis', 'floor', 'node floor']

export const LOAD_SIZES: Readonly<Record<LoadForm, LoadSizes>> = {
  smoke: {
    servers: ['heddle frames 1', ...PEERS],
    ...{ keys: 1_000, connections: 4, scenes: MAIN_SCENES, rounds: 1, seconds: 0.2 },
    ...{ rates: [2_000, 5_000], latencyServers: ['heddle frames 1', 'memcached -t 1'] },
    ...{ latencyRounds: 1, latencySeconds: 0.2, memoryEntries: 2_000 },
    ...{ garbageRequests: 10_000, delaySeconds: 0.3 },
  },
  short: {
    servers: ['heddle frames 1', 'heddle sockets 1', ...PEERS],
    ...{ keys: 100_000, connections: 50, scenes: MAIN_SCENES, rounds: 3, seconds: 0.25 },
    ...{ rates: [20_000, 50_000], latencyServers: ['heddle frames 1', 'memcached -t 1', 'redis'] },
    ...{ latencyRounds: 1, latencySeconds: 0.4, memoryEntries: 0 },
    ...{ garbageRequests: 20_000, delaySeconds: 1 },
  },
  default: {
    servers: [...HEDDLES, ...PEERS],
    ...{ keys: 100_000, connections: 50, scenes: LIMITED_SCENES, rounds: 5, seconds: 0.6 },
    rates: [10_000, 20_000, 40_000, 60_000, 80_000, 100_000],
    latencyServers: ['heddle frames 1', 'heddle sockets 1', ...PEERS],
    ...{ latencyRounds: 3, latencySeconds: 1, memoryEntries: 1_000_000 },
    ...{ garbageRequests: 100_000, delaySeconds: 4 },
  },
  full: {
    servers: [...HEDDLES, ...PEERS],
    ...{ keys: 100_000, connections: 50, rounds: 5, seconds: 1.5 },
    scenes: [...LIMITED_SCENES, ...MORE_SCENES, ...LARGE_SCENES],
    rates: [10_000, 20_000, 40_000, 60_000, 80_000, 100_000, 150_000, 200_000],
    latencyServers: [...HEDDLES, ...PEERS],
    ...{ latencyRounds: 3, latencySeconds: 2, memoryEntries: 1_000_000 },
    ...{ garbageRequests: 100_000, delaySeconds: 10 },
  },
}

/** The comparison with Redis; `toolRequests` are those of redis-benchmark per round and test. */
export interface RedisSizes extends ClosedSizes {
  readonly toolRounds: number
  readonly toolRequests: Readonly<Record<number, number>>
}

const RESP_SERVERS: readonly ServerName[] = [
  'redis',
  'heddle RESP sockets 1',
  'heddle RESP sockets 2',
  'heddle RESP frames 1',
  'floor',
  'node floor RESP',
]
const WRITES = [
  scene(1, { label: 'write-only 1', mix: 'write-only' }),
  scene(16, { label: 'write-only 16', mix: 'write-only' }),
]

export const REDIS_SIZES: Readonly<Record<LoadForm, RedisSizes>> = {
  smoke: {
    ...{ servers: RESP_SERVERS, keys: 1_000, connections: 4, scenes: MAIN_SCENES },
    ...{ rounds: 1, seconds: 0.2, toolRounds: 1, toolRequests: { 1: 2_000, 16: 10_000 } },
  },
  short: {
    ...{ servers: RESP_SERVERS, keys: 100_000, connections: 50, scenes: MAIN_SCENES },
    ...{ rounds: 3, seconds: 0.25, toolRounds: 0, toolRequests: {} },
  },
  default: {
    ...{ servers: RESP_SERVERS, keys: 100_000, connections: 50, scenes: LIMITED_SCENES },
    ...{ rounds: 5, seconds: 0.6, toolRounds: 3, toolRequests: { 1: 50_000, 16: 400_000 } },
  },
  full: {
    ...{ servers: RESP_SERVERS, keys: 100_000, connections: 50 },
    ...{ scenes: [...LIMITED_SCENES, ...WRITES], rounds: 9, seconds: 1.5 },
    ...{ toolRounds: 7, toolRequests: { 1: 200_000, 16: 1_600_000 } },
  },
}

export function loadFormOf(options: RunOptions): LoadForm {
  return options.form === 'default' && !options.chosen ? 'short' : options.form
}

/** Keys of a scene: fewer where their values would not all fit. */
export function keysFor({ keys }: ClosedSizes, { values }: Scene): number {
  return Math.min(keys, Math.floor(MOST_STORED_BYTES / values.high))
}
const MOST_STORED_BYTES = 128 * 2 ** 20

export function isLarge(scene: Scene): boolean {
  return scene.values.high !== SMALL.high
}
