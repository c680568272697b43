/** Starts a run in a process of its own, so that whatever it breaks ends with it. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { HistoriesOutput, StressOutput } from './output.ts'

const DEATHS = new URL('./deaths-run.ts', import.meta.url)
const HISTORIES = new URL('./history-run.ts', import.meta.url)

/**
 * The report of a run in which threads are killed, control run included unless the arguments say
 * otherwise.
 * @param timeout ms; a run that takes longer is killed, and that it hung is a finding
 */
export async function stressInProcess(
  args: readonly string[],
  timeout = 100_000,
): Promise<StressOutput> {
  const { output, problems } = await run<StressOutput>(DEATHS, args, timeout)
  return output ?? { ok: false, seed: 0, run: { problems }, controlStallMs: -1 }
}

/** The report of a run whose histories are checked. */
export async function historiesInProcess(
  args: readonly string[],
  timeout = 100_000,
): Promise<HistoriesOutput> {
  const { output, problems } = await run<HistoriesOutput>(HISTORIES, args, timeout)
  return output ?? { seed: 0, report: { problems } }
}

/** Runs a program; what it printed last, or what was wrong instead. */
async function run<Output>(
  program: URL,
  args: readonly string[],
  timeout: number,
): Promise<{ output: Output | undefined; problems: readonly string[] }> {
  const options = { timeout, killSignal: 'SIGKILL' } as const
  const child = spawn(process.execPath, [fileURLToPath(program), ...args], options)
  const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr)])
  const last = said.trim().split('\n').at(-1) ?? ''
  const isReport = last.startsWith('{"ok"') || last.startsWith('{"seed"')
  if (isReport) return { output: JSON.parse(last) as Output, problems: [] }
  const problems = [`the run ended without a report: ${complained.slice(-600)}`]
  return { output: undefined, problems }
}
