/**
 * Clients suite: what does TLS cost a server, and what do ten thousand clients that say nothing?
 *
 * TLS: one process per hand-off with a plain port and one for TLS, under the same generator, rounds
 * of all four interleaved; processor time per operation is that of the server's process. Then
 * handshakes, in full and resumed. Idle clients: their memory, by the growth of RSS, and what the
 * others notice: the same load on a server with them and on one without, round by round.
 */
import { LoadPool } from '../../src/load/pool.ts'
import { cpuBetween, cpuTimeOf } from '../../src/load/server-process.ts'
import { shakeHands } from '../clients/crowd.ts'
import { compareIdle } from '../clients/idle.ts'
import { makeCertificate } from '../clients/secure-server.ts'
import { HAND_OFFS, PART, parametersOf, playRounds } from '../clients/stage.ts'
import { reported, SCENES, subjectOf, withServers } from '../clients/stage.ts'
import type { Piece, Series, Sizes, Stage } from '../clients/stage.ts'
import { measurementOf, withSpread } from '../load/report-piece.ts'
import type { Subject } from '../load/subjects.ts'
import type { SuiteResult } from '../measurement.ts'
import type { Form, RunOptions } from '../options.ts'
import type { Progress } from '../progress.ts'

const SIZES: Readonly<Record<Form, Sizes>> = {
  smoke: {
    ...{ keys: 200, rounds: 1, seconds: 0.1, connections: 4, handshakes: 20 },
    ...{ idle: 200, idleTls: 50 },
  },
  default: {
    ...{ keys: 2_000, rounds: 5, seconds: 1, connections: 50, handshakes: 300 },
    ...{ idle: 10_000, idleTls: 2_000 },
  },
  full: {
    ...{ keys: 2_000, rounds: 10, seconds: 1, connections: 50, handshakes: 500 },
    ...{ idle: 10_000, idleTls: 2_000 },
  },
}
export async function runClients(options: RunOptions, progress: Progress): Promise<SuiteResult> {
  const sizes = SIZES[options.form]
  const certificate = makeCertificate()
  if (certificate === undefined)
    throw new Error('the clients part needs openssl, for a certificate')
  const pool = new LoadPool(1)
  const stage: Stage = { sizes, pool, options, progress, certificate }
  try {
    const tls = await compareTls(stage)
    const handshakes = await compareHandshakes(stage)
    const idle = await compareIdle(stage)
    return {
      part: 'clients',
      about: [
        `${sizes.connections} busy connections, ${sizes.rounds} rounds of ${sizes.seconds} s, ` +
          'one worker; all replies are checked. Server and generator share the machine.',
        ...idle.about,
      ],
      measurements: [...tls.measurements, ...handshakes.measurements, ...idle.measurements],
      tables: [...tls.tables, ...handshakes.tables, ...idle.tables],
      charts: [],
    }
  } finally {
    await pool.close()
    certificate.remove()
  }
}

async function compareTls(stage: Stage): Promise<Piece> {
  const found = await withServers(stage, HAND_OFFS, async (servers) => {
    const series: Series[] = []
    for (const scene of SCENES) {
      const subjects: Subject<string>[] = []
      for (const server of servers) {
        for (const isTls of [false, true]) {
          const name = `${server.handOff}, ${isTls ? 'TLS' : 'plain'}`
          subjects.push(await subjectOf(stage, server, name, isTls, scene.bytes))
        }
      }
      series.push(...(await playRounds(stage, subjects, scene)))
      for (const subject of subjects) await subject.close()
    }
    return series
  })
  const title = 'TLS beside plain text, interleaved: median of rounds (lowest-highest)'
  return reported(stage, found, title, 'tls')
}

async function compareHandshakes(stage: Stage): Promise<Piece> {
  const { handshakes, rounds } = stage.sizes
  const found = new Map<string, number[]>()
  await withServers(stage, HAND_OFFS, async (servers) => {
    for (let round = 0; round <= rounds; round++) {
      for (const server of servers) {
        for (const resumes of [false, true]) {
          const name = `${server.handOff}, ${resumes ? 'resumed' : 'in full'}`
          stage.progress.step(`handshakes: ${name}`, round, rounds)
          const before = cpuTimeOf(server.pid)
          await shakeHands(server.secure, handshakes, resumes)
          const after = cpuTimeOf(server.pid)
          if (round === 0 || before === undefined || after === undefined) continue
          const { userUs, systemUs } = cpuBetween(before, after)
          found.set(name, [...(found.get(name) ?? []), (userUs + systemUs) / handshakes])
        }
      }
    }
  })
  const rows = [...found].map(([name, values]) => [name, withSpread(values)])
  const title = 'Handshakes of TLS 1.3 (P-256): processor time of the server'
  const measurements = [...found].map(([name, values]) =>
    measurementOf(name, 'handshake CPU', values, 'us', parametersOf(stage, 'handshakes'), PART),
  )
  return { about: [], measurements, tables: [{ title, columns: ['server', 'CPU, us'], rows }] }
}
