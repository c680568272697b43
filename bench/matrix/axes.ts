/**
 * The points of the matrix. It is no cross product, which would be hundreds of thousands of
 * points: from one base point each axis is walked alone, all else as at the base.
 *
 *   base    depth 16, 50 connections, values of 32 bytes, 90/10, uniform over 100,000 keys, a TCP
 *           port of the loopback interface, memcached's text protocol and Redis' RESP
 */
import type { KeyChoice, Mix } from '../../src/load/request-plan.ts'
import { KEY_CHOICES, MIXES } from '../../src/load/request-plan.ts'
import type { Form } from '../options.ts'
import type { ServerName } from '../load/servers.ts'

export const AXES = [
  'depth',
  'connections',
  'values',
  'mix',
  'skew',
  'keys',
  'door',
  'protocol',
  'workers',
  'tools',
] as const
export type Axis = (typeof AXES)[number]
/** Workers of heddle beyond one. */
export type Crew = 2 | 4
export type DoorName = 'tcp' | 'unix' | 'tls'

export interface Point {
  readonly axis: Axis | 'base'
  readonly label: string
  readonly depth: number
  readonly connections: number
  readonly valueBytes: number
  readonly mix: Mix
  readonly choice: Exclude<KeyChoice, 'trace'>
  readonly keys: number
  readonly door: DoorName
  /** Instead of memcached's text protocol; there is no such choice for Redis. */
  readonly dialect?: 'meta' | 'binary'
  /** So many keys that servers hold them one after the other, with this much memory. */
  readonly memoryMb?: number
  /** Of heddle, 1 where nothing is said; the servers may then run on all cores. */
  readonly workers?: Crew
}

/** Servers that speak one protocol, and the one of them that others are compared with. */
export interface Family {
  readonly name: 'memcached' | 'redis'
  readonly servers: readonly ServerName[]
  /** What stands there in place of `servers` where heddle has more workers. */
  readonly crews: Readonly<Record<Crew, readonly ServerName[]>>
  readonly rival: ServerName
}

export interface MatrixSizes {
  readonly points: readonly Point[]
  readonly families: readonly Family[]
  readonly rounds: number
  readonly seconds: number
  readonly warmUpSeconds: number
  /** Of a server that was just started, before its first point. */
  readonly firstWarmUpSeconds: number
  readonly memoryMb: number
  readonly toolRounds: number
  readonly toolSeconds: number
  readonly toolDepths: readonly number[]
}

export const BASE: Point = {
  ...{ axis: 'base', label: 'base', depth: 16, connections: 50, valueBytes: 32 },
  ...{ mix: '90/10', choice: 'uniform', keys: 100_000, door: 'tcp' },
}
/** Of large values there are fewer, so that they fit. */
const MOST_BYTES = 64 * 2 ** 20
/** Ten million entries of 24 bytes of key and 526 of value: 5.5 GB of them. */
const MANY = { keys: 10_000_000, valueBytes: 526, memoryMb: 7680 }

type Changes = Partial<Omit<Point, 'axis' | 'label'>>
const point = (axis: Axis, label: string, changes: Changes, base = BASE): Point => ({
  ...{ ...base, axis, label, ...changes },
})
const depth = (n: number) => point('depth', `depth ${n}`, { depth: n })
const connections = (n: number) =>
  point('connections', `${n.toLocaleString('en-US')} connections`, { connections: n })
const values = (valueBytes: number, label: string) =>
  point('values', label, {
    valueBytes,
    keys: Math.min(BASE.keys, Math.floor(MOST_BYTES / valueBytes)),
  })
const mix = (name: Mix) => point('mix', name, { mix: name })
const SKEWS = { uniform: 'uniform', zipf: 'Zipf 0.99', hot: 'one hot key' } as const
const skew = (choice: Point['choice']) => point('skew', SKEWS[choice], { choice })
const keys = (n: number) => point('keys', `${n.toLocaleString('en-US')} keys`, { keys: n })
const DOORS = { tcp: 'TCP', unix: 'unix socket', tls: 'TLS' } as const
const door = (name: DoorName) => point('door', DOORS[name], { door: name })
const dialect = (name: 'meta' | 'binary') => point('protocol', name, { dialect: name })

const workers = (n: Crew) => point('workers', `${n} workers`, { workers: n })

const isOther = <T>(one: T, base: T) => one !== base
const FULL: readonly Point[] = [
  BASE,
  ...[1, 4, 64].map(depth),
  ...[1, 10, 500, 2000].map(connections),
  ...[values(1024, '1 KiB'), values(16_384, '16 KiB'), values(262_144, '256 KiB')],
  ...MIXES.filter((one) => isOther(one, BASE.mix)).map(mix),
  ...KEY_CHOICES.filter((one) => one !== 'trace' && isOther(one, BASE.choice)).map((one) =>
    skew(one as Point['choice']),
  ),
  ...[10_000, 1_000_000].map(keys),
  ...(['unix', 'tls'] as const).map(door),
  ...(['meta', 'binary'] as const).map(dialect),
  ...([2, 4] as const).map(workers),
  point('keys', '10,000,000 keys of 550 bytes', MANY),
]
const DEFAULT: readonly Point[] = [
  ...[BASE, depth(1), connections(500), values(16_384, '16 KiB'), mix('miss-heavy')],
  ...[mix('expiring'), skew('zipf'), door('unix'), door('tls'), dialect('meta')],
  dialect('binary'),
]
const TINY = { ...BASE, keys: 500, connections: 4 }
const SMOKE: readonly Point[] = [
  TINY,
  point('values', '16 KiB', { valueBytes: 16_384, keys: 50 }, TINY),
  point('door', 'unix socket', { door: 'unix' }, TINY),
  point('protocol', 'meta', { dialect: 'meta' }, TINY),
]

const ALL: readonly Family[] = [
  {
    name: 'memcached',
    servers: ['heddle sockets 1', 'heddle frames 1', 'memcached -t 1', 'floor'],
    crews: {
      2: ['heddle sockets 2', 'heddle frames 2', 'memcached -t 1', 'floor'],
      4: ['heddle sockets 4', 'heddle frames 4', 'memcached -t 1', 'floor'],
    },
    rival: 'memcached -t 1',
  },
  {
    name: 'redis',
    servers: ['heddle RESP sockets 1', 'heddle RESP frames 1', 'redis', 'floor'],
    crews: {
      2: ['heddle RESP sockets 2', 'heddle RESP frames 2', 'redis', 'floor'],
      4: ['heddle RESP sockets 4', 'heddle RESP frames 4', 'redis', 'floor'],
    },
    rival: 'redis',
  },
]
const LESS = ALL.map((family) => ({
  ...family,
  servers: family.servers.filter((name) => !name.includes('frames')),
}))

const SIZES: Readonly<Record<Form, MatrixSizes>> = {
  smoke: {
    ...{ points: SMOKE, families: LESS, rounds: 2, seconds: 0.1, warmUpSeconds: 0.05 },
    firstWarmUpSeconds: 0,
    ...{ memoryMb: 64, toolRounds: 1, toolSeconds: 0.3, toolDepths: [16] },
  },
  default: {
    ...{ points: DEFAULT, families: LESS, rounds: 3, seconds: 0.18, warmUpSeconds: 0.2 },
    firstWarmUpSeconds: 0.8,
    ...{ memoryMb: 1024, toolRounds: 1, toolSeconds: 1, toolDepths: [16] },
  },
  full: {
    ...{ points: FULL, families: ALL, rounds: 5, seconds: 0.8, warmUpSeconds: 0.5 },
    firstWarmUpSeconds: 3,
    ...{ memoryMb: 1024, toolRounds: 3, toolSeconds: 2, toolDepths: [1, 16] },
  },
}

/** The points that a form plays; of some axes only where they were named, always with the base. */
export function matrixSizes(form: Form, axes: readonly Axis[] | undefined): MatrixSizes {
  const sizes = SIZES[form]
  if (axes === undefined) return { ...sizes, points: inOrder(sizes.points) }
  const isAsked = ({ axis }: Point) => axis === 'base' || axes.includes(axis)
  const toolRounds = axes.includes('tools') ? sizes.toolRounds : 0
  const source = form === 'smoke' ? sizes.points : FULL
  return { ...sizes, points: inOrder(source.filter(isAsked)), toolRounds }
}

/** What leaves other keys behind comes last, so that keys are stored as seldom as may be. */
function inOrder(points: readonly Point[]): Point[] {
  const rank = ({ valueBytes, mix: name, memoryMb }: Point) =>
    memoryMb !== undefined ? 3 : valueBytes !== BASE.valueBytes ? 2 : name === 'expiring' ? 1 : 0
  return points.toSorted((a, b) => rank(a) - rank(b))
}

/** What a point asks of this family; undefined where it has nothing to say about it. */
export function serversAt(point: Point, family: Family): readonly ServerName[] {
  if (point.dialect !== undefined && family.name === 'redis') return []
  const isPlain = point.door === 'tcp' && point.dialect === undefined
  const hasFloor = isPlain && point.memoryMb === undefined
  const { workers } = point
  const servers = workers === undefined ? family.servers : family.crews[workers]
  return servers.filter((name) => name !== 'floor' || hasFloor)
}
