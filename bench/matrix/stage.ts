/**
 * Plays the points of the matrix: at each, the servers of a family in rounds, one after the other
 * (A B A B), on the cores that cores.ts gives them. Servers are started when a point first needs
 * them, and remember which keys they hold, so that most points need not store them again.
 */
import type { LoadPool } from '../../src/load/pool.ts'
import type { Certificate } from '../clients/secure-server.ts'
import type { Cores } from '../load/cores.ts'
import { startServer } from '../load/servers.ts'
import type { Placement, RunningServer, ServerName } from '../load/servers.ts'
import { openSubject } from '../load/subjects.ts'
import type { Measured, Subject } from '../load/subjects.ts'
import type { RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { BASE, serversAt } from './axes.ts'
import type { Family, MatrixSizes, Point } from './axes.ts'

export interface MatrixStage {
  readonly pool: LoadPool
  readonly sizes: MatrixSizes
  readonly cores: Cores
  readonly certificate: Certificate | undefined
  readonly options: RunOptions
  readonly progress: Progress
}

export interface PointSeries {
  readonly point: Point
  readonly family: Family
  readonly server: ServerName
  readonly rounds: Measured[]
}

interface Held {
  readonly valueBytes: number
  readonly keys: number
}
const NEW_CODE_WARM_UPS = 3
const NOTHING: Held = { valueBytes: 0, keys: 0 }

/** The servers of a run, by what they were started as. */
export class Stable {
  readonly absent = new Set<string>()
  #stage: MatrixStage
  #running = new Map<string, RunningServer>()
  #held = new Map<RunningServer, Held>()
  #warmed = new Set<RunningServer>()

  constructor(stage: MatrixStage) {
    this.#stage = stage
  }

  /** Undefined where there is none, which is noted. */
  async get(name: ServerName, family: Family, point: Point): Promise<RunningServer | undefined> {
    const floorBytes = name === 'floor' ? point.valueBytes : 0
    const { memoryMb = this.#stage.sizes.memoryMb, door, workers } = point
    const cores = workers === undefined ? 'one core' : 'all cores'
    const key = [family.name, name, door, floorBytes, memoryMb, cores].join()
    const known = this.#running.get(key)
    if (known !== undefined) return known
    const placement = this.#placement(family, point, floorBytes)
    if (placement === undefined) return undefined
    const started = await startServer(name, memoryMb, placement)
    if (typeof started === 'string') {
      this.absent.add(`${name}: not measured, ${started}.`)
      return undefined
    }
    this.#running.set(key, started)
    return started
  }

  #placement(family: Family, point: Point, floorBytes: number): Placement | undefined {
    const { cores, certificate } = this.#stage
    const floor = floorBytes === 0 ? {} : { floorBytes, floorProtocol: family.name }
    const prefix = point.workers === undefined ? cores.prefix : cores.everywhere
    if (point.door !== 'tls') return { prefix, door: point.door, ...floor }
    if (certificate !== undefined) return { prefix, door: certificate }
    this.absent.add('TLS: not measured, there is no openssl to make a certificate.')
    return undefined
  }

  /** True the first time: nothing of it is compiled yet. */
  isCold(server: RunningServer): boolean {
    const isCold = !this.#warmed.has(server)
    this.#warmed.add(server)
    return isCold
  }

  heldBy(server: RunningServer): Held {
    return this.#held.get(server) ?? NOTHING
  }

  holds(server: RunningServer, held: Held): void {
    this.#held.set(server, held)
  }

  async stop(server: RunningServer): Promise<void> {
    for (const [key, one] of this.#running) if (one === server) this.#running.delete(key)
    await server.stop()
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#running.values()].map((server) => this.stop(server)))
  }
}

export async function playMatrix(stage: MatrixStage, stable: Stable): Promise<PointSeries[]> {
  const { points, families } = stage.sizes
  const found: PointSeries[] = []
  for (const point of points) {
    for (const family of families) {
      if (serversAt(point, family).length === 0) continue
      const isAlone = point.memoryMb !== undefined
      const play = isAlone ? playAlone : playPoint
      found.push(...(await play(stage, stable, point, family)))
    }
  }
  return found
}

async function playPoint(
  stage: MatrixStage,
  stable: Stable,
  point: Point,
  family: Family,
): Promise<PointSeries[]> {
  const { sizes, progress } = stage
  const subjects: Subject[] = []
  try {
    for (const name of serversAt(point, family)) {
      const server = await stable.get(name, family, point)
      if (server !== undefined) subjects.push(await openAt(stage, stable, point, server))
    }
    const found = subjects.map(
      ({ name }): PointSeries => ({ point, family, server: name, rounds: [] }),
    )
    for (let round = 0; round <= sizes.rounds; round++) {
      for (const [index, subject] of subjects.entries()) {
        progress.step(`${point.label}: ${subject.name}`, round, sizes.rounds)
        const one = await subject.run(orderAt(stage, point, round === 0))
        if (round > 0) found[index]!.rounds.push(one)
      }
    }
    return found
  } finally {
    for (const subject of subjects) await subject.close()
  }
}

/** So many keys are held by one server at a time; its rounds follow each other. */
async function playAlone(
  stage: MatrixStage,
  stable: Stable,
  point: Point,
  family: Family,
): Promise<PointSeries[]> {
  const found: PointSeries[] = []
  for (const name of serversAt(point, family)) {
    const one = { ...family, servers: [name] }
    found.push(...(await playPoint(stage, stable, point, one)))
    const server = await stable.get(name, family, point)
    if (server !== undefined) await stable.stop(server)
  }
  return found.map((series) => ({ ...series, family }))
}

async function openAt(
  stage: MatrixStage,
  stable: Stable,
  point: Point,
  server: RunningServer,
): Promise<Subject> {
  const { keys, valueBytes, connections, dialect } = point
  const held = stable.heldBy(server)
  const isStored = held.valueBytes === valueBytes && held.keys >= keys
  if (!isStored) stage.progress.step(`${server.name} stores ${keys} keys`, 0, 1)
  const target = dialect === undefined ? server.target : { ...server.target, protocol: dialect }
  const values = { low: valueBytes, high: valueBytes }
  const order = { connections, keys, mostDepth: Math.max(BASE.depth, point.depth), values }
  const subject = await openSubject(stage.pool, { ...server, target }, order, isStored)
  const { firstWarmUpSeconds } = stage.sizes
  if (firstWarmUpSeconds > 0 && stable.isCold(server)) {
    await subject.run({ ...orderAt(stage, point, true), seconds: firstWarmUpSeconds })
  }
  const stays = point.mix !== 'expiring'
  stable.holds(server, stays ? (isStored ? held : { keys, valueBytes }) : NOTHING)
  return subject
}

/** Another mix, another protocol: code that was not compiled at the points before. */
function warmUpsFor({ mix, dialect }: Point): number {
  return mix === BASE.mix && dialect === undefined ? 1 : NEW_CODE_WARM_UPS
}

function orderAt({ sizes, options }: MatrixStage, point: Point, isWarmUp: boolean) {
  const { mix, choice, depth } = point
  return {
    ...{ mix, choice, depth, trace: undefined, seed: options.seed, rate: undefined },
    seconds: isWarmUp ? sizes.warmUpSeconds * warmUpsFor(point) : sizes.seconds,
    allowMisses: point.memoryMb !== undefined,
  }
}
