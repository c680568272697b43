/**
 * What throughput the machine leaves to servers that share its cores with the generator. A request
 * takes processor time of both, so that nobody answers more of them a second than the least of
 *
 *   by the server's own threads      threads / server
 *   by the generator's one thread    1 / generator
 *   by all cores                     cores / (server + generator)
 *
 * with the processor times of a request. Processor time is told well on a busy machine, too, which
 * throughput is not: so what is found stands beside it, and both beside what Redis has. Last, what
 * a request may cost a server of several threads for the goal.
 */
import { THROUGHPUT_GOAL } from '../goals.ts'
import { median, shown } from '../measurement.ts'
import type { Table } from '../measurement.ts'
import type { Scene } from './scenes.ts'
import { throughputLimit } from './limits.ts'
import type { ServerName } from './servers.ts'
import type { Measured } from './subjects.ts'
import { cpuUs, roundsOf, type SceneSeries } from './throughput-report.ts'

const RIVAL: ServerName = 'redis'
const SUBJECT: ServerName = 'heddle RESP sockets 2'
/** With frames one thread reads and writes, and another executes. */
const SINGLE: readonly ServerName[] = [RIVAL, 'heddle RESP sockets 1', 'floor', 'node floor RESP']
const MILLION = 1e6

const generatorUs = (one: Measured): number => one.generatorUs

/** No table where Redis is not among the servers, or where nobody's processor time is known. */
export function boundTables(found: readonly SceneSeries[], cores: number): Table[] {
  const scenes = [...new Set(found.map(({ scene }) => scene))].filter(
    (scene) => throughputLimit(SUBJECT, scene) !== undefined,
  )
  const rows = scenes.flatMap((scene) => rowsOf(found, scene, cores))
  if (rows.length === 0) return []
  return [
    {
      title:
        `Most throughput on ${cores} cores that server and generator share, ` +
        'of medians; in brackets: beside Redis',
      columns: [
        ...['server', 'scene', 'CPU of the server, us/op', 'of the generator, us/op'],
        ...['most, ops/s', 'found, ops/s'],
        `CPU of a server for ${THROUGHPUT_GOAL} times, us/op`,
      ],
      rows,
    },
  ]
}

function rowsOf(found: readonly SceneSeries[], scene: Scene, cores: number): string[][] {
  const rival = found.find((one) => one.scene === scene && one.server === RIVAL)
  const floor = roundsOf(found, scene, 'floor')
  if (rival === undefined || !(median(rival.rounds.map(generatorUs)) > 0)) return []
  const base = mostOf(rival, cores)
  const had = perSecondOf(rival.rounds)
  const beside = (perSecond: number, other: number): string =>
    `${shown(perSecond)} (${shown(perSecond / other)})`
  const rows = found
    .filter((one) => one.scene === scene)
    .map((one) => {
      const generator = median(one.rounds.map(generatorUs))
      return [
        ...[one.server, scene.label, shown(median(one.rounds.map(cpuUs))), shown(generator)],
        ...[beside(mostOf(one, cores), base), beside(perSecondOf(one.rounds), had)],
        shown((cores * MILLION) / (THROUGHPUT_GOAL * base) - generator),
      ]
    })
  if (floor === undefined) return rows
  const least = median(floor.map(generatorUs))
  const free = ['a server of no cost', scene.label, '0', shown(least)]
  return [...rows, [...free, beside(MILLION / least, base), '-', '-']]
}

function perSecondOf(rounds: readonly Measured[]): number {
  return median(rounds.map(({ findings }) => findings.perSecond))
}

/** Requests a second, by processor time alone. */
function mostOf({ server, rounds }: SceneSeries, cores: number): number {
  const own = median(rounds.map(cpuUs))
  const generator = median(rounds.map(generatorUs))
  const threads = SINGLE.includes(server) ? 1 : 2
  return MILLION * Math.min(threads / own, 1 / generator, cores / (own + generator))
}
