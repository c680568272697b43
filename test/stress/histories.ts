/**
 * Histories of real threads, checked: 2 to 16 workers call a tiny engine at random in rounds,
 * record what they asked and got (history-tape.ts), and after each round the checker
 * (test/linearize/) looks for an order that explains all of it. In some rounds workers are killed;
 * what they had begun may have happened or not, but not after their recovery has ended.
 *
 * Between rounds all is quiet: the runner reads every key, which ends one history and begins the
 * next. While workers run a round the runner checks the one before; where one is to be killed it
 * waits instead, so that the recovery is in time to meet the survivors' calls.
 */
import { Episode } from './history-episode.ts'
import { randomFrom } from './history-plan.ts'
import { Team } from './history-team.ts'

export interface HistoriesOptions {
  readonly seconds: number
  readonly seed: number
  /** Address of the engine's entry file. */
  readonly entry: string
  /** It pauses between accesses to shared memory, and may freeze there: see twin.ts. */
  readonly isPaused: boolean
  /** Workers at most, 2 to 16. */
  readonly threads: number
}

export interface HistoriesReport {
  readonly histories: number
  readonly calls: number
  /** Calls that overlap another one of the same key. */
  readonly overlapping: number
  readonly cut: number
  readonly undecided: number
  /** Histories of engines that evict in which it is known how many entries may have gone. */
  readonly bounded: number
  readonly configurations: number
  readonly kills: number
  readonly recoveries: number
  readonly evictions: number
  readonly pagesMoved: number
  readonly callsPerSecond: number
  readonly checkedPerSecond: number
  readonly problems: readonly string[]
}
export type Totals = { -readonly [Key in keyof HistoriesReport]: HistoriesReport[Key] } & {
  problems: string[]
}

const EPISODE_MS = 3000
/** Fewer calls that meet another say nothing: threads on a busy machine run one after the other. */
const LEAST_OVERLAPPING = 40

export async function runHistories(options: HistoriesOptions): Promise<HistoriesReport> {
  const totals: Totals = {
    histories: 0,
    calls: 0,
    overlapping: 0,
    cut: 0,
    undecided: 0,
    bounded: 0,
    configurations: 0,
    kills: 0,
    recoveries: 0,
    evictions: 0,
    pagesMoved: 0,
    callsPerSecond: 0,
    checkedPerSecond: 0,
    problems: [],
  }
  const { entry, seed, isPaused } = options
  const random = randomFrom(seed)
  const clock = new SharedArrayBuffer(4)
  const complain = (text: string): void => {
    if (totals.problems.length < 10) totals.problems.push(text)
  }
  const size = options.threads
  const team = new Team({ entry, size, seed, clock, mayFreeze: isPaused, random, complain })
  await team.fill()
  const started = performance.now()
  const end = started + options.seconds * 1000
  const isDue = () => performance.now() < end || totals.overlapping < LEAST_OVERLAPPING
  for (let n = 0; isDue() && totals.problems.length === 0; n++) {
    const episode = new Episode({ options, totals, random, clock, team, number: n })
    const now = performance.now()
    await episode.run(now + (now < end ? Math.min(end - now, EPISODE_MS) : EPISODE_MS))
  }
  totals.checkedPerSecond = Math.round((totals.calls * 1000) / (performance.now() - started))
  totals.kills = team.kills
  await team.dismiss()
  return totals
}
