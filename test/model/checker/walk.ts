/**
 * Single executions: random schedules of programs too large to enumerate, and the replay of a
 * counterexample, one line per step.
 */
import { type Failure, KILL, RESTART, type Subject } from './explore.ts'
import { Violation } from './machine.ts'

/** Random schedules with bursts and random kills, for programs too large to enumerate. */
export function walk(subject: Subject, seconds: number, seed: number) {
  let { machine, history } = subject.make()
  const first = machine.initial().slice()
  const memory = new Uint8Array(first.length)
  const agents = machine.threads + 1
  let x = seed | 0 || 1
  const random = (n: number): number => {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    return (x >>> 0) % n
  }
  const end = performance.now() + seconds * 1000
  const result = { runs: 0, steps: 0, kills: 0, failure: undefined as Failure | undefined }
  let path: number[] = []
  const once = (): void => {
    memory.set(first)
    machine.bind(memory)
    path = []
    const killAt = [0, 1].map(() => (subject.kills && random(3) ? random(40 * agents) : -1))
    let sticky = 0
    for (let n = 0; !machine.quiescent(); n++) {
      if (random(4) === 0) sticky = random(agents) // bursts: long stalls of one thread are likely
      let t = sticky
      while (!machine.runnable(t)) t = (t + 1) % agents
      if (killAt.includes(n) && t < machine.threads && machine.killable(t)) {
        path.push(KILL + t)
        machine.kill(t)
        result.kills++
        continue
      }
      path.push(t)
      if (!machine.run(t)) sticky = random(agents)
      result.steps++
      machine.invariant()
      if (n > 5000) throw new Violation('a walk does not end')
    }
    machine.audit()
    result.runs++
  }
  try {
    while (performance.now() < end) {
      if (history.count > 40_000) {
        ;({ machine, history } = subject.make())
        machine.initial()
      }
      once()
    }
  } catch (e) {
    if (!(e instanceof Violation)) throw e
    result.failure = { text: e.message, path }
  }
  return result
}

/** A counterexample, one line per step. */
export function replay(subject: Subject, failure: Failure): string {
  const { machine } = subject.make()
  const lines: string[] = []
  machine.initial()
  for (const act of failure.path) {
    if (act === RESTART) {
      lines.push('  the recovery dies and starts over')
      machine.restart()
    } else if (act >= KILL) {
      lines.push(`  t${act - KILL} is KILLED at ${machine.at(act - KILL)}`)
      machine.kill(act - KILL)
    } else {
      const what = `${machine.label(act).padEnd(11)} ${machine.at(act).padEnd(20)}`
      try {
        machine.run(act)
      } catch (e) {
        if (!(e instanceof Violation)) throw e
      }
      lines.push(`  ${act < machine.threads ? `t${act}` : 'rec'} ${what} ${machine.dump()}`)
    }
  }
  return [...lines, `  => ${failure.text}`].join('\n')
}
