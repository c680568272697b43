/**
 * Says of programs whether some execution of each raises a counter of the engine: the executable
 * half of outcomes.test.ts, run under the condition of the explorer.
 *
 *     node -C explore test/explore/outcomes.ts '[["full: set x *", "evictedForMemory", 1]]'
 */
import type { CounterName } from '../../native-layout/thread-row.ts'
import type { Session } from '../../src/engine/session.ts'
import { total } from '../../src/memory/row.ts'
import { explore } from './explore.ts'
import { withDefaults } from './options.ts'
import type { Prepared, Program } from './program.ts'
import { PROGRAMS } from './programs/index.ts'

const MOST_EXECUTIONS = 200

type Expectation = readonly [pattern: string, name: CounterName, times: number]

const expectations = JSON.parse(process.argv[2] ?? '[]') as Expectation[]
const outcomes = expectations.flatMap(([pattern, name, times]) =>
  PROGRAMS.filter((program) => fits(program.name, pattern)).map((program) => {
    return { pattern, program: program.name, isMet: isMet(program, name, times) }
  }),
)
process.stdout.write(JSON.stringify(outcomes))

function fits(name: string, pattern: string): boolean {
  const [before, after] = pattern.split('*')
  return after === undefined ? name === before : name.startsWith(before!) && name.endsWith(after)
}

/** Whether the counter is raised so often in one execution, with one preemption at most. */
function isMet(program: Program, name: CounterName, times: number): boolean {
  let most = 0
  const prepare = (): Prepared => {
    const prepared = program.prepare()
    const { view } = prepared.judges![0] as Session
    const before = total(view, name)
    const judge = (): readonly string[] => {
      most = Math.max(most, total(view, name) - before)
      return most < times ? [] : ['met']
    }
    return { ...prepared, judge }
  }
  const none = { seed: '', problems: [], table: '' }
  const options = { ...program.full, preemptions: 1, executions: MOST_EXECUTIONS }
  explore({ ...program, prepare }, withDefaults(options), () => none)
  return most >= times
}
