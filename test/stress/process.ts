/** Starts a stress run in a process of its own, so that whatever it breaks ends with it. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { StressOutput } from './output.ts'

const PROGRAM = fileURLToPath(new URL('./run.ts', import.meta.url))
/**
 * The report of a run with these arguments, control run included unless they say otherwise.
 * @param timeout ms; a run that takes longer is killed, and that it hung is a finding
 */
export async function stressInProcess(
  args: readonly string[],
  timeout = 50_000,
): Promise<StressOutput> {
  const options = { timeout, killSignal: 'SIGKILL' } as const
  const child = spawn(process.execPath, [PROGRAM, ...args], options)
  const [said, complained] = await Promise.all([text(child.stdout), text(child.stderr)])
  const last = said.trim().split('\n').at(-1) ?? ''
  if (last.startsWith('{"ok"')) return JSON.parse(last) as StressOutput
  const problems = [`the run ended without a report: ${complained.slice(-600)}`]
  return { ok: false, seed: 0, run: { problems }, controlStallMs: -1 }
}
