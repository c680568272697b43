/**
 * How many scavenges so many commands cause, in a process of its own with a young generation of a
 * megabyte: what allocates nothing causes a handful, 16 bytes a command are three of them in
 * 200,000 commands.
 */
import { execFileSync } from 'node:child_process'
import { writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const COMMANDS = 200_000
const WARMUP_COMMANDS = 60_000
const WARMUP_TURNS = 20
/** What V8 compiles beside has this long after each turn. */
const PAUSE_MS = 15

/** Runs a program that measures a kind of command. */
export function scavenges(program: string, kind: string): number {
  const flags = ['--max-semi-space-size=1', '--trace-gc']
  const output = execFileSync(process.execPath, [...flags, program, kind], { encoding: 'utf8' })
  const between = output.slice(output.indexOf('begin\n'), output.indexOf('end\n'))
  return between.split('\n').filter((line) => line.includes(' ms: ')).length
}

/**
 * In that program: runs commands until they are compiled, then those that are counted. The pauses
 * give the compiler its turn also on a busy machine, so that it does not allocate later.
 */
export async function measure(run: (commands: number) => void): Promise<void> {
  for (let turn = 0; turn < WARMUP_TURNS; turn++) {
    run(WARMUP_COMMANDS / WARMUP_TURNS)
    await sleep(PAUSE_MS)
  }
  writeSync(1, 'begin\n')
  run(COMMANDS)
  writeSync(1, 'end\n')
}
