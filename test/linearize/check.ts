/**
 * `checkHistory`: is a history of the cache linearizable?
 *
 * Linearizability is local: a history is linearizable if the part of each key is. So each key is
 * checked by itself, which is what keeps the search small. A flush is about many keys at once and
 * breaks that. It is treated twice: first as a call of its own in the part of every key that it
 * empties, which finds what a flush does wrong under one key; then, if all of these pass, the keys
 * that flushes tie together are searched as one, so that each flush has one moment for all of them.
 * Where that second search reaches the limit, the answer is 'undecided', never yes.
 *
 * If it is known how many entries were evicted, each key is first explained with none lost, then
 * with one, and so on: together the keys may not need more. (Keys that flushes tie together are
 * searched with that number for each of them.)
 */
import { type Call, describeCall, returned } from './history.ts'
import { ABSENT, type KeyState } from './model.ts'
import { type Found, type Problem, search } from './search.ts'

export interface CheckOptions {
  /** What the keys were before the first call; those not named were absent. */
  readonly initial?: Readonly<Record<string, KeyState>>
  /** So many entries may have been lost at any moment, by eviction; Infinity: any number. */
  readonly losses?: number
  /** Configurations that one search may remember. */
  readonly limit?: number
}

/** Why a history is not linearizable. */
export interface Witness {
  readonly keys: readonly string[]
  /** The longest order of calls that the model explains. */
  readonly order: readonly Call[]
  /** The call that should have come next, and cannot. */
  readonly stuck: Call
  /** The states in which the keys may be then. */
  readonly states: readonly (readonly KeyState[])[]
}

export type Verdict =
  | { readonly ok: true; readonly configurations: number }
  | { readonly ok: false; readonly configurations: number; readonly witness: Witness }
  | { readonly ok: 'undecided'; readonly configurations: number }

const DEFAULT_LIMIT = 300_000

export function checkHistory(calls: readonly Call[], options: CheckOptions = {}): Verdict {
  const keys = [...new Set(calls.flatMap(keysNamed))]
  const flushes = calls.filter((call) => call.operation.name === 'flush')
  const parts = keys.map((key) => [key])
  const joint = flushes.length === 0 ? [] : tiedBy(flushes, keys).filter((one) => one.length > 1)
  const { losses = 0 } = options
  let configurations = 0
  let isUndecided = false
  /** Losses that the keys so far need, and those with which they were explained. */
  let needed = 0
  let taken = 0
  for (const part of [...parts, ...joint]) {
    const whole = problemOf(part, calls, options)
    const isKey = part.length === 1
    const answer = isKey ? answerOf({ ...whole, losses: losses - needed }) : jointAnswer(whole)
    configurations += answer.configurations
    if (answer.ok === false) return { ok: false, configurations, witness: answer.witness! }
    if (answer.ok === undefined) isUndecided = true
    if (!isKey || losses === Number.POSITIVE_INFINITY) continue
    needed += answer.needed
    taken += answer.taken
  }
  return { ok: isUndecided || taken > losses ? 'undecided' : true, configurations }
}

interface Answer {
  /** `undefined`: undecided. */
  readonly ok: boolean | undefined
  readonly configurations: number
  /** At least so many losses; with so many it is explained. */
  readonly needed: number
  readonly taken: number
  readonly witness?: Witness
}

/** A key, with as few losses as possible; where that takes too long, with all that there were. */
function answerOf(problem: Problem): Answer {
  const most = problem.losses
  let losses = most === Number.POSITIVE_INFINITY ? most : 0
  let configurations = 0
  let needed = 0
  for (;;) {
    const found = search({ ...problem, losses })
    configurations += found.configurations
    const answer = { ok: found.ok, configurations, needed, taken: needed }
    if (found.ok === true) return { ...answer, taken: losses }
    if (losses === most) {
      return found.ok === false ? { ...answer, witness: witness(problem, found) } : answer
    }
    if (found.ok === false) needed = losses + 1
    losses = found.ok === false && configurations < problem.limit ? losses + 1 : most
  }
}

/** Several keys, each of which by itself is explained. */
function jointAnswer(whole: Problem): Answer {
  let configurations = 0
  let failed: Witness | undefined
  let isOpen = false
  const answer = { needed: 0, taken: 0 }
  for (const problem of withoutHalves(whole)) {
    const found = search(problem)
    configurations += found.configurations
    if (found.ok === true) return { ...answer, ok: true, configurations }
    if (found.ok === undefined) isOpen = true
    else failed ??= witness(problem, found)
  }
  if (isOpen || failed === undefined) return { ...answer, ok: undefined, configurations }
  return { ...answer, ok: false, configurations, witness: failed }
}

/**
 * A flush that death cut off has emptied all of its keys or none: the states of the keys, which
 * are kept apart, cannot say so. Each such flush is taken for one that returned, then for none.
 */
function withoutHalves(problem: Problem): Problem[] {
  let choices: (readonly Call[])[] = [problem.calls]
  const cut = problem.calls.filter(({ operation, outcome }) => {
    return operation.name === 'flush' && outcome.kind === 'cut'
  })
  for (const flush of cut.slice(0, MOST_HALVES)) {
    choices = choices.flatMap((calls) => [
      calls.filter((call) => call !== flush),
      calls.map((call) => (call === flush ? { ...call, outcome: returned() } : call)),
    ])
  }
  return choices.map((calls) => ({ ...problem, calls }))
}
const MOST_HALVES = 4

function keysNamed({ key, operation }: Call): readonly string[] {
  return operation.name === 'flush' ? (operation.keys ?? []) : [key]
}

/** Keys in groups: those that one flush empties are in the same. */
function tiedBy(flushes: readonly Call[], keys: readonly string[]): string[][] {
  let groups = keys.map((key) => [key])
  for (const flush of flushes) {
    const meets = (group: readonly string[]): boolean => group.some((key) => empties(flush, key))
    groups = [groups.filter(meets).flat(), ...groups.filter((group) => !meets(group))]
  }
  return groups
}

function empties({ operation }: Call, key: string): boolean {
  return operation.name === 'flush' && (operation.keys?.includes(key) ?? true)
}

function problemOf(
  keys: readonly string[],
  calls: readonly Call[],
  options: CheckOptions,
): Problem {
  const { initial = {}, losses = 0, limit = DEFAULT_LIMIT } = options
  return {
    calls: calls.filter((call) => keys.some((key) => isAbout(call, key))),
    keys,
    initial: keys.map((key) => initial[key] ?? ABSENT),
    losses,
    limit,
  }
}

function isAbout(call: Call, key: string): boolean {
  return call.operation.name === 'flush' ? empties(call, key) : call.key === key
}

function witness({ calls, keys }: Problem, { order, stuck, states }: Found): Witness {
  return { keys, order: order.map((at) => calls[at]), stuck: calls[stuck], states }
}

const SHOWN_CALLS = 16

/** A witness for a person: the last calls of the order, what the key was then, what cannot be. */
export function describeWitness({ keys, order, stuck, states }: Witness): string {
  const shown = order.slice(-SHOWN_CALLS).map((call) => `  ${describeCall(call)}`)
  const hidden = order.length - shown.length
  const held = keys.map(
    (key, at) => `  ${JSON.stringify(key)} ${states[at].map(said).join(' or ')}`,
  )
  return [
    `no order explains what ${order.length + 1} or more calls on ${keys.join(', ')} returned:`,
    ...(hidden > 0 ? [`  (${hidden} calls before)`] : []),
    ...shown,
    'after which the keys are',
    ...held,
    'and this call cannot have taken effect, nor any other that overlaps it instead:',
    `  ${describeCall(stuck)}`,
  ].join('\n')
}

function said({ value, version, newest, mayEnd, mustEnd, losses }: KeyState): string {
  const past = losses > 0 ? `, ${losses} entries before were evicted` : ''
  if (value === undefined) return `absent (versions to ${newest} were seen${past})`
  const life = mayEnd < Number.POSITIVE_INFINITY ? `, until ${mayEnd}..${mustEnd} ms` : ''
  return `${JSON.stringify(value)} of version ${version || `above ${newest}`}${life}${past}`
}
