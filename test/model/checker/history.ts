/**
 * Linearizability, on the fly. A history is replaced by the set of configurations it allows:
 * (state of the specification, results of pending calls that have already taken effect). A call
 * takes effect just in time, when some response needs it (Wing and Gong; Lowe). Sets of
 * configurations are interned to integers, which fit into two bytes of the state vector.
 */
import type { Call } from './machine.ts'

/** All outcomes of one call: [state afterwards, result]. States are plain JSON values. */
export type Specification = (state: unknown, call: Call) => readonly (readonly [unknown, number])[]

type Effects = readonly (readonly [number, number])[]
interface Configuration {
  readonly state: unknown
  readonly effects: Effects
}
interface Pending {
  readonly id: number
  readonly call: Call
}
interface HistoryClass {
  readonly pending: readonly Pending[]
  readonly configurations: readonly Configuration[]
}

const MAX_CLASSES = 65535

export class History {
  private readonly specification: Specification
  private readonly classes: HistoryClass[] = []
  private readonly byKey = new Map<string, number>()
  private readonly memo = new Map<string, number>()

  constructor(specification: Specification) {
    this.specification = specification
  }
  get count(): number {
    return this.classes.length
  }
  private intern(pending: readonly Pending[], found: readonly Configuration[]): number {
    const unique = new Map(found.map((c) => [JSON.stringify([c.state, c.effects]), c]))
    const keys = [...unique.keys()].sort()
    const key = JSON.stringify([pending, keys])
    const known = this.byKey.get(key)
    if (known !== undefined) return known
    if (this.classes.length > MAX_CLASSES) throw new Error('too many history classes')
    const configurations = keys.map((k) => unique.get(k) as Configuration)
    this.byKey.set(key, this.classes.length)
    return this.classes.push({ pending, configurations }) - 1
  }
  private remember(event: string, work: () => number): number {
    const known = this.memo.get(event)
    if (known !== undefined) return known
    const next = work()
    this.memo.set(event, next)
    return next
  }
  /** Visits every configuration reachable by letting pending calls other than `id` take effect. */
  private closure(
    from: Configuration,
    pending: readonly Pending[],
    id: number,
    visit: (c: Configuration) => void,
  ): void {
    const seen = new Set<string>()
    const go = (c: Configuration): void => {
      const key = JSON.stringify([c.state, c.effects])
      if (seen.has(key)) return
      seen.add(key)
      visit(c)
      for (const p of pending) {
        if (p.id === id || c.effects.some((e) => e[0] === p.id)) continue
        for (const [state, result] of this.specification(c.state, p.call)) {
          const effects = [...c.effects, [p.id, result] as const].sort((a, b) => a[0] - b[0])
          go({ state, effects })
        }
      }
    }
    go(from)
  }

  initial(state: unknown): number {
    return this.intern([], [{ state, effects: [] }])
  }
  invoke(at: number, id: number, call: Call): number {
    return this.remember(`i${at}|${id}|${call.op}|${call.seenUid}`, () => {
      const { pending, configurations } = this.classes[at]
      const all = [...pending, { id, call }].sort((a, b) => a.id - b.id)
      return this.intern(all, configurations)
    })
  }
  /** The class after this response, or -1 when no order of effects explains it. */
  respond(at: number, id: number, result: number): number {
    return this.remember(`r${at}|${id}|${result}`, () => {
      const { pending, configurations } = this.classes[at]
      const me = pending.find((p) => p.id === id)
      if (!me) throw new Error('response without invocation')
      const out: Configuration[] = []
      for (const c of configurations) {
        const mine = c.effects.find((e) => e[0] === id)
        if (mine) {
          const effects = c.effects.filter((e) => e[0] !== id)
          if (mine[1] === result) out.push({ state: c.state, effects })
          continue
        }
        this.closure(c, pending, id, (d) => {
          for (const [state, r] of this.specification(d.state, me.call)) {
            if (r === result) out.push({ state, effects: d.effects })
          }
        })
      }
      const rest = pending.filter((p) => p.id !== id)
      return out.length ? this.intern(rest, out) : -1
    })
  }
  /** Recovery is over: the dead thread's call took effect by now, or never will. */
  abandon(at: number, id: number): number {
    const { pending, configurations } = this.classes[at]
    const me = pending.find((p) => p.id === id)
    if (!me) return at
    return this.remember(`a${at}|${id}`, () => {
      const out: Configuration[] = []
      for (const c of configurations) {
        if (c.effects.some((e) => e[0] === id)) {
          out.push({ state: c.state, effects: c.effects.filter((e) => e[0] !== id) })
          continue
        }
        out.push(c)
        this.closure(c, pending, id, (d) => {
          for (const [state] of this.specification(d.state, me.call)) {
            out.push({ state, effects: d.effects })
          }
        })
      }
      const rest = pending.filter((p) => p.id !== id)
      return this.intern(rest, out)
    })
  }
  /** Is this final state one of those the history allows? */
  audit(at: number, finalState: unknown): boolean {
    const { pending, configurations } = this.classes[at]
    const want = JSON.stringify(finalState)
    return configurations.some((c) => {
      let reached = false
      this.closure(c, pending, -1, (d) => {
        reached ||= JSON.stringify(d.state) === want
      })
      return reached
    })
  }
}
