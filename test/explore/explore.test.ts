/**
 * The short form of the explorer over all programs, as `npm run explore -- --smoke` runs it: in a
 * process of its own, because the seams are exchanged by a condition of Node.
 */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { Report } from './jobs.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'explore-'))
const runs = join(folder, 'runs.ndjson')

test('no schedule of the short form fails', { timeout: 240_000 }, async () => {
  const command = ['-C', 'explore', 'test/explore/run.ts', '--smoke', '--json', runs]
  const options = { cwd: root, maxBuffer: 1 << 26 }
  const failure = await promisify(execFile)(process.execPath, command, options).catch(
    (error: { stdout?: string; stderr?: string }) => `${error.stdout ?? ''}${error.stderr ?? ''}`,
  )
  if (typeof failure === 'string') throw new Error(endOf(failure))
  const reports = readFileSync(runs, 'utf8')
    .trim()
    .split('\n')
    .map((line): Report => JSON.parse(line))
  rmSync(folder, { recursive: true })
  expect(reports.length).toBeGreaterThan(400)
  expect(reports.filter(({ executions }) => executions === 0)).toEqual([])
  expect(reports.reduce((sum, { executions }) => sum + executions, 0)).toBeGreaterThan(10_000)
})

test('a replay says whether its schedule still applies, also by its exit code', () => {
  const unsaid = replayed('get x set, present@-@')
  expect(unsaid.status).toBe(1)
  expect(unsaid.stdout).toMatch(/^the schedule no longer applies: it ends before access 0 of \d+/)
  const tooLong = replayed('get x set, present@-@a9999')
  const ends = /^the schedule no longer applies: thread a cannot go on at access (\d+)/
  expect(tooLong.status).toBe(1)
  expect(tooLong.stdout).toMatch(ends)
  const [, whole] = ends.exec(tooLong.stdout)!
  const followed = replayed(`get x set, present@-@a${whole}`)
  expect(followed).toMatchObject({ status: 0, stdout: 'nothing is wrong with this schedule\n' })
})

function replayed(seed: string): { status: number | null; stdout: string } {
  const command = ['-C', 'explore', 'test/explore/run.ts', '--replay', seed]
  return spawnSync(process.execPath, command, { cwd: root, encoding: 'utf8' })
}

/** From the first failure on, as much as one can read. */
function endOf(output: string): string {
  const at = output.indexOf(' is wrong:')
  const from = at < 0 ? Math.max(0, output.length - 2000) : output.lastIndexOf('\n', at)
  return output.slice(from, from + 30_000)
}
