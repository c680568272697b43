/**
 * How late the event loops of a server are while the generator runs flat out: the longest delay
 * that `perf_hooks.monitorEventLoopDelay` saw in each of its threads, as its metrics tell it.
 */
import type { LoadPool } from '../../src/load/pool.ts'
import { startWatched } from '../monitoring/server.ts'
import type { RunOptions } from '../options.ts'
import { measurementOf } from './report-piece.ts'
import type { ReportPiece } from './report-piece.ts'
import { keysFor, MAIN_SCENES, type LoadSizes } from './scenes.ts'
import { openSubject } from './subjects.ts'

const METRIC = /^heddle_event_loop_delay_longest_seconds\{([^}]*)\} (\S+)$/gm
const THREAD = /thread="([^"]*)"/
/** The threads write down their delays once a second. */
const BEAT_MS = 1200
const DEPTH = 16
const WORKERS = 1

interface Delay {
  readonly handOff: string
  readonly thread: string
  readonly longestMs: number
}

export async function loopDelayReport(
  pool: LoadPool,
  sizes: LoadSizes,
  options: RunOptions,
): Promise<ReportPiece> {
  const found: Delay[] = []
  for (const handOff of ['sockets', 'frames']) {
    found.push(...(await delaysOf(handOff, pool, sizes, options)))
  }
  const { connections, delaySeconds } = sizes
  const parameters = { connections, depth: DEPTH, seconds: delaySeconds, seed: options.seed }
  return {
    about: ['Event loops: the longest delay under full load at depth 16, start and preload too.'],
    measurements: found.map(({ handOff, thread, longestMs }) =>
      measurementOf(
        ...([`heddle ${handOff} 1`, `longest delay of ${thread}`, [longestMs], 'ms'] as const),
        parameters,
      ),
    ),
    tables: [
      {
        title: 'Longest delay of an event loop, ms',
        columns: ['hand-off', 'thread', 'longest, ms'],
        rows: found.map(({ handOff, thread, longestMs }) => [
          ...[handOff, thread, longestMs.toFixed(1)],
        ]),
      },
    ],
    charts: [],
    distributions: [],
  }
}

async function delaysOf(
  handOff: string,
  pool: LoadPool,
  sizes: LoadSizes,
  options: RunOptions,
): Promise<Delay[]> {
  const server = await startWatched(handOff, WORKERS)
  try {
    const scene = MAIN_SCENES[0]!
    const { connections, delaySeconds } = sizes
    const { values, mix, choice } = scene
    const order = { connections, keys: keysFor(sizes, scene), mostDepth: DEPTH, values }
    const subject = await openSubject(pool, server, order)
    await subject.run({
      ...{ mix, choice, depth: DEPTH, trace: undefined, seed: options.seed },
      ...{ seconds: delaySeconds, rate: undefined, allowMisses: false },
    })
    await new Promise((resolve) => setTimeout(resolve, BEAT_MS))
    const text = await (await fetch(`${server.base}/metrics`)).text()
    await subject.close()
    return Array.from(text.matchAll(METRIC), ([, labels = '', seconds]) => ({
      ...{ handOff, thread: THREAD.exec(labels)?.[1] ?? labels },
      longestMs: Number(seconds) * 1000,
    }))
  } finally {
    await server.stop()
  }
}
