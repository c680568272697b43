/**
 * The closed loop: rounds of all servers, one after the other in each scene, so that a busy minute
 * meets them all.
 */
import type { LoadPool } from '../../src/load/pool.ts'
import { readTrace } from '../../src/load/trace-reader.ts'
import type { RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'
import { CARRIED_TRACE } from '../traces/catalog.ts'
import { isLarge, keysFor } from './scenes.ts'
import type { ClosedSizes, Scene } from './scenes.ts'
import { isFloor, type RunningServer, startServer } from './servers.ts'
import { openSubject } from './subjects.ts'
import type { Servers, Subject } from './subjects.ts'
import type { SceneSeries } from './throughput-report.ts'

/** Of a round: compiled code takes a while to be what it will be. */
export const WARM_UP_SHARE = 1
/** An open loop may have this many requests under way on a connection. */
export const OPEN_DEPTH = 64

export interface Stage<Sizes extends ClosedSizes> {
  readonly pool: LoadPool
  readonly sizes: Sizes
  readonly options: RunOptions
  readonly progress: Progress
}
type ClosedStage = Stage<ClosedSizes>

/** Scenes with the same values share their keys, which are stored once. */
export async function playScenes(stage: ClosedStage, servers: Servers): Promise<SceneSeries[]> {
  const { scenes } = stage.sizes
  const valuesOf = (scene: Scene) => `${scene.values.low}-${scene.values.high}`
  const found: SceneSeries[] = []
  for (const group of new Set(scenes.map(valuesOf))) {
    const members = scenes.filter((scene) => valuesOf(scene) === group)
    found.push(...(await playGroup(stage, servers, members)))
  }
  return found
}

async function playGroup(
  stage: ClosedStage,
  servers: Servers,
  scenes: readonly Scene[],
): Promise<SceneSeries[]> {
  const { pool, sizes, progress } = stage
  const first = scenes[0] as Scene
  const subjects: Subject[] = []
  const running = servers.running.filter(({ name }) => !(isLarge(first) && isFloor(name)))
  const floors = await floorsFor(first, servers)
  for (const server of [...running, ...floors]) {
    progress.step(`${server.name} stores ${keysFor(sizes, first)} keys`, 0, sizes.rounds)
    subjects.push(await openSubject(pool, server, orderOf(sizes, first)))
  }
  const found = scenes.flatMap((scene) =>
    subjects.map(({ name }): SceneSeries => ({ scene, server: name, rounds: [] })),
  )
  for (let round = 0; round <= sizes.rounds; round++) {
    for (const scene of scenes) {
      for (const subject of subjects) {
        progress.step(`${scene.label}: ${subject.name}`, round, sizes.rounds)
        const one = await playScene(stage, subject, scene, round === 0)
        const series = found.find((it) => it.scene === scene && it.server === subject.name)
        if (round > 0) series?.rounds.push(one)
      }
    }
  }
  for (const subject of subjects) await subject.close()
  for (const floor of floors) await floor.stop()
  return found
}

/** Floors of their own for large values: those that run answer with 32 bytes. */
async function floorsFor(scene: Scene, { running }: Servers): Promise<RunningServer[]> {
  const { low, high } = scene.values
  if (!isLarge(scene) || low !== high) return []
  const floors: RunningServer[] = []
  for (const { name, target } of running.filter((one) => isFloor(one.name))) {
    const floorProtocol = target.protocol === 'redis' ? 'redis' : 'memcached'
    const floor = await startServer(name, 0, { floorBytes: high, floorProtocol })
    if (typeof floor !== 'string') floors.push(floor)
  }
  return floors
}

function orderOf(sizes: ClosedSizes, scene: Scene) {
  const keys = keysFor(sizes, scene)
  return { connections: sizes.connections, keys, mostDepth: OPEN_DEPTH, values: scene.values }
}

/** Round 0 warms up and is not kept. */
function playScene(stage: ClosedStage, subject: Subject, scene: Scene, isWarmUp: boolean) {
  const { sizes, options } = stage
  const { mix, choice, depth } = scene
  const trace = choice === 'trace' ? sharedTrace() : undefined
  return subject.run({
    ...{ mix, choice, depth, trace, seed: options.seed },
    seconds: isWarmUp ? sizes.seconds * WARM_UP_SHARE : sizes.seconds,
    ...{ rate: undefined, allowMisses: false },
  })
}

/** The carried trace's requests as ids; it has fewer keys than are stored. */
function sharedTrace(): SharedArrayBuffer {
  const { requests } = readTrace(CARRIED_TRACE)
  const shared = new SharedArrayBuffer(requests.byteLength)
  new Uint32Array(shared).set(requests)
  return shared
}
