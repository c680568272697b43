/** The server part: its workers die under load, with either way of handing connections over. */
import { serverDeaths } from '../server-deaths.ts'
import { type Part, sum, tableOf } from './part.ts'

const CONNECTIONS = 60
const KILL_EVERY_MS = 900

export const server: Part = async ({ seconds, seed, print }) => {
  const reports = []
  for (const handOff of ['frames', 'sockets'] as const) {
    const options = { connections: CONNECTIONS, handOff, killEveryMs: KILL_EVERY_MS, seed }
    reports.push({ handOff, ...(await serverDeaths({ seconds: seconds / 2, ...options })) })
  }
  print(
    tableOf(
      'hand-off|kills|commands|connections closed|server errors|recoveries'.split('|'),
      reports.map((one) => {
        return [one.handOff, one.kills, one.commands, one.closed, one.serverErrors, one.recoveries]
      }),
    ),
  )
  return {
    totals: {
      serverKills: sum(reports.map((report) => report.kills)),
      commands: sum(reports.map((report) => report.commands)),
    },
    figures: reports.map(({ handOff, commands }) => {
      const parameters = { handOff, connections: CONNECTIONS, seconds: seconds / 2 }
      const what = { operation: 'commands checked while workers die', value: commands, unit: '' }
      return { ...what, threads: 2, parameters }
    }),
    problems: reports.flatMap(({ handOff, problems }) => {
      return problems.map((problem) => `server, ${handOff}, seed ${seed}: ${problem}`)
    }),
  }
}
