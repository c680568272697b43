/**
 * Coverage-guided fuzzing of the protocol: inputs that reach source that no other one reached join
 * the corpus, from which the next ones are made. What is found is made shorter while it is found.
 */
import { Coverage } from './coverage.ts'
import { type Dialect, startingInputs } from './dialect.ts'
import { Mutator } from './mutator.ts'
import { Random } from './random.ts'
import { Watchdog } from './watchdog.ts'
import { WireTarget } from './wire-target.ts'

/** Inputs between two looks at the coverage, which takes as long as a few inputs. */
const BATCH = 32
const MOST_SHRINKING = 400
const MOST_FINDINGS = 10
/** Inputs that reach something new are cut at every byte, unless they are longer. */
const MOST_TO_CUT = 300

export interface GuidedReport {
  inputs: number
  splits: number
  /** Characters of the protocol's source that ran, at the beginning and at the end. */
  coveredAtStart: number
  covered: number
  /** Inputs that reached something new. */
  joined: string[]
  findings: { input: string; problem: string }[]
}

/** Fuzzes until `isOver`. Coverage counts from when the protocol's modules were loaded. */
export function fuzzGuided(
  dialect: Dialect,
  seed: number,
  isOver: (inputs: number) => boolean,
  say = (_: string) => {},
): GuidedReport {
  const random = new Random(seed)
  const mutator = new Mutator(dialect.maker(random), random)
  const target = new WireTarget(dialect)
  const watchdog = new Watchdog()
  const coverage = new Coverage((url) => url.includes('/src/protocols/'))
  const corpus = startingInputs(dialect)
  const report: GuidedReport = {
    inputs: 0,
    splits: 0,
    coveredAtStart: 0,
    covered: 0,
    joined: [],
    findings: [],
  }
  const check = (input: Buffer, atEveryByte = false): void => {
    if (report.findings.length >= MOST_FINDINGS) return
    watchdog.begin(input)
    const problem = atEveryByte ? target.checkEveryCut(input) : target.check(input, random)
    watchdog.end()
    if (problem === undefined) return
    report.findings.push(shrunk(dialect, input, problem, random))
    say(`FOUND ${problem}\n  ${JSON.stringify(report.findings.at(-1)!.input)}`)
  }
  for (const text of corpus) check(Buffer.from(text, 'latin1'))
  coverage.accept(coverage.look())
  report.coveredAtStart = coverage.characters
  while (!isOver(target.inputs) && report.findings.length < MOST_FINDINGS) {
    const batch = Array.from({ length: BATCH }, () => mutator.next(corpus))
    for (const input of batch) check(input)
    const look = coverage.look()
    if (look.fresh === 0) continue
    for (const input of batch) {
      target.run(input)
      const own = coverage.look()
      if (own.fresh === 0) continue
      const shortest = minimal(input, own.fresh, target, coverage)
      target.run(shortest)
      coverage.accept(coverage.look())
      const text = shortest.toString('latin1')
      corpus.push(text)
      if (shortest.length <= MOST_TO_CUT) check(shortest, true)
      report.joined.push(text)
      say(`${own.fresh} new characters of source by ${JSON.stringify(text.slice(0, 200))}`)
    }
    // What only a state reached that is gone.
    coverage.accept(look)
  }
  const problem = target.close()
  if (problem !== undefined) report.findings.push({ input: '', problem })
  report.inputs = target.inputs
  report.splits = target.splits
  report.covered = coverage.characters
  coverage.close()
  watchdog.close()
  return report
}

/** Leaves out pieces of an input while it reaches as much that is new. */
function minimal(input: Buffer, fresh: number, target: WireTarget, coverage: Coverage): Buffer {
  let shortest = input
  let tries = 0
  for (let size = input.length >> 1; size >= 2; size >>= 1) {
    for (let at = 0; at + size <= shortest.length && ++tries < MOST_SHRINKING; ) {
      const rest = Buffer.concat([shortest.subarray(0, at), shortest.subarray(at + size)])
      target.run(rest)
      if (coverage.look().fresh >= fresh) shortest = rest
      else at += size
    }
  }
  return shortest
}

/** Leaves out pieces of an input while it is still found to be wrong, by a fresh target. */
function shrunk(
  dialect: Dialect,
  input: Buffer,
  problem: string,
  random: Random,
): { input: string; problem: string } {
  let shortest = input
  let last = problem
  let tries = 0
  for (let size = input.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at + size <= shortest.length && ++tries < MOST_SHRINKING; ) {
      const rest = Buffer.concat([shortest.subarray(0, at), shortest.subarray(at + size)])
      const target = new WireTarget(dialect)
      let found: string | undefined
      for (let n = 0; n < 5 && found === undefined; n++) found = target.check(rest, random)
      if (found === undefined) at += size
      else {
        shortest = rest
        last = found
      }
      target.close()
    }
  }
  return { input: shortest.toString('latin1'), problem: last }
}
