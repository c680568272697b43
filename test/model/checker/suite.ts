/**
 * A model as the runners see it: its programs, its broken twins, and how to build a subject for the
 * checker from either.
 */
import { type Exploration, explore, type Subject } from './explore.ts'
import { History, type Specification } from './history.ts'
import type { Broken, Machine, Program } from './machine.ts'

/** A broken twin: one rule switched off, and the violation that must be found on a program. */
export interface Variant {
  readonly flag: string
  /** Name of the program. */
  readonly on: string
  /** How the text of the violation begins. */
  readonly as: string
  readonly rule: string
  readonly deep?: boolean
}

export interface Suite {
  readonly name: string
  readonly programs: readonly Program[]
  readonly variants: readonly Variant[]
  /** Steps that only broken twins take. */
  readonly twinSteps: readonly string[]
  readonly subject: (program: Program, broken: Broken) => Subject
}

export function makeSuite<P extends Program>(
  name: string,
  programs: readonly P[],
  variants: readonly Variant[],
  twinSteps: readonly string[],
  specification: (program: P) => Specification,
  make: (program: P, history: History, broken: Broken) => Machine,
): Suite {
  const subject = (program: Program, broken: Broken): Subject => ({
    kills: program.kills !== false,
    make: () => {
      const history = new History(specification(program as P))
      return { history, machine: make(program as P, history, broken) }
    },
  })
  return { name, programs, variants, twinSteps, subject }
}

export interface Verdict {
  readonly exploration: Exploration
  readonly ok: boolean
  readonly text: string
}

export function checkProgram(suite: Suite, program: Program): Verdict {
  const exploration = explore(suite.subject(program, {}))
  const { failure, gaveUp } = exploration
  const text = failure ? `FAILS: ${failure.text}` : gaveUp ? 'GAVE UP' : 'passes'
  return { exploration, ok: !failure && !gaveUp, text }
}

export function checkVariant(suite: Suite, variant: Variant): Verdict {
  const program = suite.programs.find((p) => p.name === variant.on)
  if (!program) throw new Error(`no program ${variant.on}`)
  const exploration = explore(suite.subject(program, { [variant.flag]: true }))
  const { failure } = exploration
  const ok = failure?.text.startsWith(variant.as) ?? false
  return { exploration, ok, text: failure?.text ?? 'NOT CAUGHT' }
}
