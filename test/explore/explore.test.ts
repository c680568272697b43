/**
 * The short form of the explorer over all programs, as `npm run explore -- --smoke` runs it: in a
 * process of its own, because the seams are exchanged by a condition of Node.
 */
import { execFile } from 'node:child_process'
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

/** From the first failure on, as much as one can read. */
function endOf(output: string): string {
  const at = output.indexOf(' is wrong:')
  const from = at < 0 ? Math.max(0, output.length - 2000) : output.lastIndexOf('\n', at)
  return output.slice(from, from + 30_000)
}
