/**
 * Workers of one server: the same closed loop against heddle with one and with two of them, rounds
 * interleaved. Client and server share the cores, so what grows is told by processor time: how much
 * more of it an operation takes beside another worker.
 */
import type { LoadPool } from '../../src/load/pool.ts'
import { startServers, openSubject } from '../load/subjects.ts'
import type { Subject } from '../load/subjects.ts'
import type { ServerName } from '../load/servers.ts'

export interface WorkersOrder {
  readonly keys: number
  readonly connections: number
  readonly rounds: number
  readonly seconds: number
  readonly seed: number
}

/** A server with so many workers. */
export interface WorkersCell {
  readonly subject: string
  readonly workers: number
  readonly perSecond: number[]
  /** Microseconds of the server's processor for each operation. */
  readonly cpuUs: number[]
}

const HAND_OFFS = ['sockets', 'frames'] as const
const COUNTS = [1, 2] as const
const DEPTH = 16
const MEMORY_MB = 256
const SMALL = { low: 32, high: 32 }

export async function playWorkers(
  pool: LoadPool,
  order: WorkersOrder,
  step: (round: number) => void,
): Promise<WorkersCell[]> {
  const { keys, connections, rounds, seconds, seed } = order
  const names = HAND_OFFS.flatMap((handOff) =>
    COUNTS.map((workers): ServerName => `heddle ${handOff} ${workers}`),
  )
  const servers = await startServers(names, MEMORY_MB)
  try {
    const subjects: Subject[] = []
    for (const server of servers.running) {
      const session = { connections, keys, mostDepth: DEPTH, values: SMALL }
      subjects.push(await openSubject(pool, server, session))
    }
    const cells = subjects.map(({ name }): WorkersCell => {
      const workers = Number(name.at(-1))
      return { subject: `server, ${name.split(' ')[1]}`, workers, perSecond: [], cpuUs: [] }
    })
    for (let round = 0; round <= rounds; round++) {
      step(round)
      for (const [index, subject] of subjects.entries()) {
        const found = await subject.run({
          ...{ mix: '90/10', choice: 'uniform', trace: undefined, seed, depth: DEPTH },
          ...{ seconds, rate: undefined, allowMisses: false },
        })
        if (round === 0) continue
        cells[index]!.perSecond.push(found.findings.perSecond)
        cells[index]!.cpuUs.push(found.userUs + found.systemUs)
      }
    }
    for (const subject of subjects) await subject.close()
    return cells
  } finally {
    await servers.stop()
  }
}
