/** The command itself: it prints tables and a summary, and writes a line per figure. */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('./run.ts', import.meta.url))
const run = (...args: string[]) => promisify(execFile)(process.execPath, [PROGRAM, ...args])

test('npm run stress prints a table, a summary and JSON, and adds to the results', async () => {
  const results = mkdtempSync(join(tmpdir(), 'heddle-results-'))
  const options = ['--parts', 'suspension', '--minutes', '0.05', '--seed', '3']
  const { stdout } = await run(...options, '--results', results)
  const lines = readFileSync(join(results, 'runs.ndjson'), 'utf8').trim().split('\n')
  rmSync(results, { recursive: true })
  const figures = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  const summary = stdout.trim().split('\n').at(-1)!
  expect(JSON.parse(summary)).toMatchObject({ ok: true, seed: 3, problems: [] })
  expect(stdout).toContain('| set over |')
  expect(stdout).toContain('integrity clean')
  expect(figures.at(-1)).toMatchObject({
    suite: 'stress suspension',
    operation: 'problems',
    value: 0,
    seed: 3,
  })
})

test('what is no part is refused', async () => {
  await expect(run('--parts', 'none such')).rejects.toThrow("--parts is 'none such'")
})
