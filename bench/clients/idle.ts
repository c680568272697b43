/** Clients that are connected and say nothing: their memory, and what the others notice of them. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Target } from '../../src/load/connection.ts'
import { cpuBetween, cpuTimeOf, residentBytesOf } from '../../src/load/server-process.ts'
import { openFilesLimit } from '../../src/server/open-files.ts'
import { measurementOf, withSpread } from '../load/report-piece.ts'
import type { Measurement, Table } from '../measurement.ts'
import { gather } from './crowd.ts'
import type { HandOff } from './secure-server.ts'
import { HAND_OFFS, PART, parametersOf, play, playRounds } from './stage.ts'
import { reported, SCENES, subjectOf, withServers } from './stage.ts'
import type { Piece, Series, Stage } from './stage.ts'

/** Files that the generator has open beside its clients. */
const SPARE_FILES = 500
const SETTLE_MS = 500
const SECOND_MS = 1000
/** Silence is longer than a round: what happens once a second happens more than once. */
const CALM_TIMES = 3

export async function compareIdle(stage: Stage): Promise<Piece> {
  const { idle, idleTls } = stage.sizes
  const needed = idle + SPARE_FILES
  const limit = openFilesLimit() ?? Number.POSITIVE_INFINITY
  if (limit < needed) {
    const why = `${limit} open files are allowed, ${needed} are needed (ulimit -n)`
    return { about: [`Idle clients: not measured, ${why}.`], measurements: [], tables: [] }
  }
  const memory: string[][] = []
  const calms: [HandOff, string, number[]][] = []
  const measurements: Measurement[] = []
  const found: Series[] = []
  for (const handOff of HAND_OFFS) {
    await withServers(stage, [handOff, handOff], async ([crowded, quiet]) => {
      const note = (what: string, bytes: number, count: number) => {
        memory.push([handOff, `${count.toLocaleString('en-US')} ${what}`, `${Math.round(bytes)}`])
        const parameters = { ...parametersOf(stage, what), count }
        measurements.push(measurementOf(handOff, `memory ${what}`, [bytes], 'B', parameters, PART))
      }
      const grow = async (what: string, pid: number, target: Target, count: number) => {
        stage.progress.step(`${handOff}: ${count} ${what}`, 0, 1)
        const before = await settled(pid)
        const crowd = await gather(target, count)
        note(what, ((await settled(pid)) - before) / count, count)
        return crowd
      }
      // One round each before, so that code and buffers are there.
      const scene = SCENES[0]
      const subjects = [
        await subjectOf(stage, crowded!, `${handOff}, with idle clients`, false, scene.bytes),
        await subjectOf(stage, quiet!, `${handOff}, without`, false, scene.bytes),
      ]
      for (const subject of subjects) await play(stage, subject, scene.depth)
      const crowd = await grow('idle clients', crowded!.pid, crowded!.plain, idle)
      found.push(...(await playRounds(stage, subjects, scene)))
      for (const calm of await compareCalm(stage, [crowded!.pid, quiet!.pid]))
        calms.push([handOff, ...calm])
      await crowd.leave()
      for (const subject of subjects) await subject.close()
      const secure = await grow('idle clients by TLS', quiet!.pid, quiet!.secure, idleTls)
      await secure.leave()
    })
  }
  const rest = reported(
    stage,
    found,
    `A load beside ${idle.toLocaleString('en-US')} idle clients and without, interleaved`,
    'idle',
  )
  for (const [handOff, what, values] of calms) {
    const parameters = parametersOf(stage, what)
    measurements.push(measurementOf(handOff, `calm CPU ${what}`, values, 'ms/s', parameters, PART))
  }
  const calm: Table = {
    title: 'Nobody asks for anything: processor time of the server, interleaved',
    columns: ['server', 'clients', 'CPU, ms in a second'],
    rows: calms.map(([handOff, what, values]) => [handOff, what, withSpread(values)]),
  }
  const columns = ['server', 'clients', 'bytes each']
  const title = 'Memory of idle clients: growth of the RSS of the server'
  return {
    about: [],
    measurements: [...measurements, ...rest.measurements],
    tables: [{ title, columns, rows: memory }, calm, ...rest.tables],
  }
}

/** Rounds of silence: what the idle clients cost by being there. */
async function compareCalm(
  { sizes, progress }: Stage,
  [crowded, quiet]: readonly [number, number],
): Promise<[what: string, values: number[]][]> {
  const found: [string, number, number[]][] = [
    [`${sizes.idle.toLocaleString('en-US')} idle`, crowded, []],
    ['few', quiet, []],
  ]
  for (let round = 0; round < sizes.rounds; round++) {
    for (const [what, pid, values] of found) {
      progress.step(`silence: ${what}`, round, sizes.rounds)
      const before = cpuTimeOf(pid)
      await sleep(sizes.seconds * CALM_TIMES * SECOND_MS)
      const after = cpuTimeOf(pid)
      if (before === undefined || after === undefined) continue
      const { userUs, systemUs } = cpuBetween(before, after)
      values.push((userUs + systemUs) / (sizes.seconds * CALM_TIMES * SECOND_MS))
    }
  }
  return found.map(([what, , values]) => [what, values])
}

/** Resident bytes once they hold still. */
async function settled(pid: number): Promise<number> {
  await sleep(SETTLE_MS)
  return residentBytesOf(pid) ?? Number.NaN
}
