/**
 * Runs a part of `npm run bench` in its smoke form, as a process of its own: it must end well,
 * print its tables, append complete lines, and write a report that stands alone.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect } from 'vitest'

const RUN = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))
export const TIMEOUT_MS = 300_000
const LINE_FIELDS = [
  ...['suite', 'subject', 'operation', 'threads', 'value', 'unit', 'parameters', 'checksum'],
  ...['at', 'form', 'seed', 'cpu', 'cores', 'memoryGiB', 'platform', 'node', 'v8', 'commit'],
]
/** A folder for each part below it; it goes when the tests of the file are over. */
export const folder: string = mkdtempSync(join(tmpdir(), 'heddle-bench-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

export interface Line {
  readonly suite: string
  readonly subject: string
  readonly operation: string
  readonly value: number
  readonly unit: string
  readonly parameters: Readonly<Record<string, unknown>>
}

export interface PartRun {
  readonly lines: readonly Line[]
  readonly report: string
  readonly table: string
}

export async function runPart(part: string): Promise<PartRun> {
  const results = join(folder, part)
  const args = [RUN, '--smoke', `--only=${part}`, `--results=${results}`]
  const environment = { ...process.env, HEDDLE_TRACES: '' }
  const { stdout } = await promisify(execFile)(process.execPath, args, { env: environment })
  expect(stdout).toMatch(new RegExp(`# ${part} \\(\\d+\\.\\d s\\)`))
  const text = readFileSync(join(results, 'runs.ndjson'), 'utf8')
  const lines = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Line)
  for (const line of lines) {
    expect(Object.keys(line)).toEqual(expect.arrayContaining(LINE_FIELDS))
    expect(line.suite).toBe(part)
    expect(Number.isFinite(line.value), `${line.subject} ${line.operation}`).toBe(true)
  }
  const report = readFileSync(join(results, 'reports', `smoke-${part}.html`), 'utf8')
  expect(report).not.toMatch(/https?:\/\/|src=|<link|<script|NaN/)
  return { lines, report, table: readFileSync(join(results, 'tables', `${part}-smoke.md`), 'utf8') }
}

export function subjectsOf(lines: readonly Line[]): string[] {
  return [...new Set(lines.map((line) => line.subject))].sort()
}
