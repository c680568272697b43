/**
 * The targets of speed: processor time of a request beside memcached and Redis, throughput, and the
 * embedded calls.
 */
import { CPU_GOALS, EMBEDDED_GOALS, LARGE_CPU_GOAL } from '../goals.ts'
import { NEAR_GOALS, NOTHING_BYTES, THROUGHPUT_GOAL } from '../goals.ts'
import { firstOf, newest, one, ratio } from './lines.ts'
import type { Pick, Wanted } from './lines.ts'
import type { Target } from './target.ts'

const LOAD = 'npm run bench -- --only=load'
const REDIS = 'npm run bench -- --only=redis'
const MICRO = 'npm run bench -- --only=micro'
const LARGE = 'npm run bench -- --only=large'
const NEAR = 'npm run bench -- --only=near'

interface Rival {
  readonly suite: 'load' | 'redis'
  readonly command: string
  readonly subject: string
  readonly name: 'memcached' | 'redis'
  /** As a subject. */
  readonly rival: string
  /** What this runtime's sockets cost with the same protocol. */
  readonly runtime: string
}
const MEMCACHED: Rival = {
  ...{ suite: 'load', command: LOAD, subject: 'heddle sockets 1', name: 'memcached' },
  ...{ rival: 'memcached -t 1', runtime: 'node floor' },
}
const REDIS_SERVER: Rival = {
  ...{ suite: 'redis', command: REDIS, subject: 'heddle RESP sockets 1', name: 'redis' },
  ...{ rival: 'redis', runtime: 'node floor RESP' },
}
/** By the label of the scene in the parts load and redis. */
const CPU_LIMITS: readonly (readonly [scene: string, memcached: number, redis: number])[] = [
  ...([1, 16, 64] as const).map((depth) => {
    const of = CPU_GOALS
    return [`depth ${depth}`, of['memcached -t 1'][depth], of.redis[depth]] as const
  }),
  ['values of 16 KiB', LARGE_CPU_GOAL, LARGE_CPU_GOAL],
]

function cpuTargets(): Target[] {
  return CPU_LIMITS.flatMap(([scene, ...limits]) =>
    [MEMCACHED, REDIS_SERVER].map((rival, n): Target => {
      const { suite, subject, name, command, runtime } = rival
      const operation = `closed CPU beside ${name}`
      return {
        ...{ group: 'server', command, bound: 'at most', limit: limits[n]!, unit: 'times' },
        what: `CPU of a request, ${scene}, beside ${name === 'redis' ? 'Redis' : name}`,
        pick: firstOf(
          one({ suite, subject, operation, parameters: { load: scene } }),
          ratio(cpuAt(rival, scene, subject), cpuAt(rival, scene, rival.rival)),
        ),
        aboveFloor: aboveFloor(rival, scene),
        runtimeFloor: one({ suite, subject: runtime, operation, parameters: { load: scene } }),
      }
    }),
  )
}

function cpuAt({ suite }: Rival, scene: string, subject: string): Wanted {
  return { suite, subject, operation: 'closed CPU', parameters: { scene } }
}

/** The floor's own ratio to the rival, and that of what lies above it, of medians. */
function aboveFloor(rival: Rival, scene: string): Target['aboveFloor'] {
  return (lines) => {
    const own = newest(lines, cpuAt(rival, scene, rival.subject)).at(-1)
    const at = (subject: string) =>
      lines.findLast(
        (line) =>
          line.at === own?.at &&
          line.suite === rival.suite &&
          line.subject === subject &&
          line.operation === 'closed CPU' &&
          line.parameters['scene'] === scene,
      )
    const [floor, other] = [at('floor'), at(rival.rival)]
    if (own === undefined || floor === undefined || other === undefined) return undefined
    const above = other.value - floor.value
    return {
      floor: floor.value / other.value,
      above: above > 0 ? (own.value - floor.value) / above : Number.NaN,
    }
  }
}

function throughputTargets(): Target[] {
  return [16, 64].map((depth) => ({
    ...{
      group: 'server',
      command: REDIS,
      bound: 'at least',
      limit: THROUGHPUT_GOAL,
      unit: 'times',
    },
    what: `throughput of two workers, depth ${depth}, beside Redis`,
    pick: one({
      ...{ suite: 'redis', subject: 'heddle RESP sockets 2' },
      ...{ operation: 'closed throughput beside redis', parameters: { load: `depth ${depth}` } },
    }),
  }))
}

function garbageTargets(): Target[] {
  return ['memcached get', 'Redis GET'].map((subject) => ({
    ...{ group: 'server', command: LOAD, bound: 'at most', limit: NOTHING_BYTES, unit: 'B' },
    what: `bytes allocated from the bytes of a request to its reply, ${subject}`,
    pick: one({ suite: 'load', subject, operation: 'garbage of a request' }),
  }))
}

const SMALL = 100_000
/** The short ones of the micro part. */
const KEY_BYTES = 12
const micro = (operation: string, keys: number, more: Partial<Wanted> = {}): Wanted => ({
  ...{ suite: 'micro', subject: 'heddle', operation, threads: 1 },
  parameters: { keys, keyBytes: KEY_BYTES },
  ...more,
})
const embedded = (
  what: string,
  limit: number,
  command: string,
  pick: Pick,
  unit = 'times',
): Target => ({ group: 'embedded', command, what, bound: 'at most', limit, unit, pick })

/** Short keys and long keys are both measured; the short are named in the target. */
function embeddedTargets(): Target[] {
  const get = 'get hit, new key'
  const getBytes = 'getBytes hit, new key'
  const hundred = 'get of 32 bytes among 100,000 keys, new key'
  return [
    embedded(
      `${hundred}, beside lru-cache`,
      ...([
        EMBEDDED_GOALS.getBesideLru,
        MICRO,
        one(micro(get, SMALL, { unit: 'x lru-cache' })),
      ] as const),
    ),
    embedded(
      `${hundred}, as bytes, beside lru-cache`,
      ...([
        EMBEDDED_GOALS.getBytesBesideLru,
        MICRO,
        one(micro(getBytes, SMALL, { unit: 'x lru-cache' })),
      ] as const),
    ),
    embedded(
      'get among 4 million keys in a program that keeps objects, beside Map',
      ...([EMBEDDED_GOALS.largeGetBesideMap, LARGE, large('get in a program', 'x Map')] as const),
    ),
    embedded(
      'getMany of 100 as bytes among 4 million keys, beside 100 gets',
      ...([EMBEDDED_GOALS.hundredBesideGets, LARGE, large('getManyBytes 100', 'x get')] as const),
    ),
    {
      ...{ group: 'embedded', command: 'npm run bench -- --only=scaling', bound: 'at least' },
      ...{
        what: 'two threads on one engine, 90/10, beside one',
        limit: EMBEDDED_GOALS.twoThreads,
        unit: 'times',
      },
      pick: firstOf(
        one({
          ...{ suite: 'scaling', subject: 'embedded heddle', threads: 2 },
          ...{ operation: /^90\/10 mix, 100,000 keys/, unit: 'x one thread' },
        }),
        one(micro('90/10 mix', SMALL, { threads: 2, unit: 'x one thread' })),
      ),
    },
    embedded(
      'bytes allocated by a getBytes, reused key',
      ...([NOTHING_BYTES, MICRO] as const),
      one(micro('getBytes hit, reused key', SMALL, { unit: 'B/op' })),
      'B',
    ),
  ]
}

/** Of 4 million keys, whose collections count for a Map. */
function large(operation: string, unit: string): Pick {
  return one({ suite: 'large', subject: 'heddle', operation, unit })
}

/** The scenes of the part near. */
const HOT = ['10,000 hot keys, Zipf 0.99', '1,000 hot keys, uniform'] as const

function nearTargets(): Target[] {
  const kinds = ['string', 'object'].flatMap((kind) =>
    ['new key', 'reused key'].map((key) => `${kind}, ${key}`),
  )
  return HOT.flatMap((scene) =>
    kinds.flatMap((kind) =>
      NEAR_GOALS.map(([peer, limit]): Target => {
        const of = (subject: string, unit: string): Wanted => ({
          ...{ suite: 'near', subject, operation: `get ${kind}`, unit },
          parameters: { scene },
        })
        return {
          ...{ group: 'near cache', command: NEAR, bound: 'at most', limit, unit: 'times' },
          what: `hot get, ${kind}, beside ${peer}: ${scene}`,
          pick: firstOf(
            one(of('heddle near', `x ${peer}`)),
            ratio(of('heddle near', 'CPU ns/op'), of(peer, 'CPU ns/op')),
          ),
        }
      }),
    ),
  )
}

export const SPEED: readonly Target[] = [
  ...cpuTargets(),
  ...throughputTargets(),
  ...garbageTargets(),
  ...embeddedTargets(),
  ...nearTargets(),
]
