/**
 * The protocol, model-checked: programs small enough for every run of the tests must pass in all
 * their interleavings, and each broken twin must be caught as its entry says. `npm run model` runs
 * the rest. Nothing here is sampled: a failure is a counterexample, printed step by step.
 */
import { describe, expect, test } from 'vitest'
import { explore } from './checker/explore.ts'
import { checkVariant } from './checker/suite.ts'
import { replay } from './checker/walk.ts'
import { SUITES } from './suites.ts'

/** A program with more states is left to `npm run model`. */
const SMOKE_STATES = 200_000

describe.each(SUITES)('$name model', (suite) => {
  test('programs pass, and reach every step', () => {
    const failures: string[] = []
    let finished = 0
    let unreached: readonly string[] | undefined
    for (const program of suite.programs) {
      if (program.deep) continue
      const subject = suite.subject(program, {})
      const { failure, gaveUp, ...rest } = explore(subject, SMOKE_STATES)
      unreached = unreached?.filter((step) => rest.unreached.includes(step)) ?? rest.unreached
      if (failure) failures.push(`${program.name}\n${replay(subject, failure)}`)
      else if (!gaveUp) finished++
    }
    expect(failures).toEqual([])
    expect(unreached).toEqual(suite.twinSteps)
    expect(finished).toBeGreaterThan(suite.programs.length / 2)
  })

  test('broken twins are caught', () => {
    const missed = suite.variants
      .filter((twin) => !twin.deep)
      .map((twin) => ({ twin, verdict: checkVariant(suite, twin) }))
      .filter(({ verdict }) => !verdict.ok)
      .map(({ twin, verdict }) => `${twin.flag} on ${twin.on}: ${verdict.text}`)
    expect(missed).toEqual([])
  })

  test('every twin breaks a rule of its own', () => {
    const flags = suite.variants.map((twin) => twin.flag)
    expect(new Set(flags).size).toBe(flags.length)
  })
})
