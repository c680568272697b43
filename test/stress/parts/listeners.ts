/**
 * The listeners part: near caches and subscribers, with either hand-off, with and without deaths,
 * and subscribers of whom one does not read.
 */
import { type ListenersOptions, runListeners } from '../listeners.ts'
import { type Part, sum, tableOf } from './part.ts'

const KILLS = ['worker', 'reader'] as const
/** Enough for the one who does not read to be far behind. */
const LARGE_BYTES = 20_000

type Form = { readonly name: string } & Omit<ListenersOptions, 'seconds' | 'handOff' | 'seed'>

const FORMS: readonly Form[] = [
  { name: 'caches', caches: 3 },
  { name: 'caches, deaths', caches: 2, kills: KILLS },
  { name: 'caches, deaths, feed overflows', caches: 2, kills: KILLS, hasScarceFeed: true },
  { name: 'subscribers', subscribers: 12 },
  { name: 'one does not read', subscribers: 6, messageBytes: LARGE_BYTES, hasSlow: true },
]

export const listeners: Part = async ({ seconds, seed, print }) => {
  const each = Math.max(3, Math.round(seconds / FORMS.length / 2))
  const runs = []
  for (const handOff of ['frames', 'sockets'] as const) {
    for (const [index, { name, ...form }] of FORMS.entries()) {
      const options = { seconds: each, handOff, seed: seed + index, ...form }
      runs.push({ name, handOff, form, ...(await runListeners(options)) })
    }
  }
  const columns =
    'hand-off|what|kills|writes|reads|from the cache|told|told of all|compared|late|' +
    'published|received|cut'
  print(
    tableOf(
      columns.split('|'),
      runs.map(({ name, handOff, kills, caches: c, subscribers: s }) => {
        const ofCaches = [c?.writes, c?.reads, c?.hits, c?.invalidations, c?.flushes]
        const ofQuiet = [c?.compared, c?.late]
        const ofMessages = [s?.published, s?.received, s && Number(s.wasSlowCut)]
        const counts = [...ofCaches, ...ofQuiet, ...ofMessages]
        return [handOff, name, kills, ...counts.map((count) => count ?? '-')]
      }),
    ),
  )
  const invalidations = sum(runs.map(({ caches }) => caches?.invalidations))
  const compared = sum(runs.map(({ caches }) => caches?.compared))
  const received = sum(runs.map(({ subscribers }) => subscribers?.received))
  const common = { unit: '', threads: 3, parameters: { seconds: each } }
  return {
    totals: { listenerKills: sum(runs.map(({ kills }) => kills)), invalidations, received },
    figures: [
      { operation: 'invalidations', value: invalidations, ...common },
      { operation: 'cached values compared in quiet', value: compared, ...common },
      { operation: 'messages received in order', value: received, ...common },
    ],
    problems: runs.flatMap(({ name, handOff, form, problems, subscribers }) => {
      const spared = form.hasSlow === true && each >= 10 && subscribers?.wasSlowCut === false
      const all = spared ? [...problems, 'who did not read was not cut'] : problems
      const found = subscribers !== undefined && subscribers.closed > 0
      const more = found ? [...all, `${subscribers.closed} who read were cut`] : all
      return more.map((problem) => `listeners, ${handOff}, ${name}, seed ${seed}: ${problem}`)
    }),
  }
}
