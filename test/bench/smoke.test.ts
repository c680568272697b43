/**
 * The parts of `npm run bench` that are about caches in a process, in their smoke form, so that no
 * suite can rot. A suite checks what its subjects answer while it measures and fails when an answer
 * is wrong.
 */
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { POLICIES, SMOKE_POLICIES } from '../../bench/traces/simulators.ts'
import { TIMEOUT_MS, folder, runPart, subjectsOf } from './run-part.ts'

const PROFILE = fileURLToPath(new URL('../../bench/profile.ts', import.meta.url))
const run = promisify(execFile)

describe('smoke form', () => {
  test('micro', { timeout: TIMEOUT_MS }, async () => {
    const { lines, report, table } = await runPart('micro')
    const expected = ['Map', 'heddle', 'heddle+lock', 'lmdb', 'lru-cache', 'none']
    expect(subjectsOf(lines)).toEqual(expected)
    expect(report).toContain('class="spread"')
    expect(table).toContain('getBytes hit, reused key')
    expect(lines.filter((line) => line.unit === 'B/op').length).toBeGreaterThan(30)
  })

  test('near', { timeout: TIMEOUT_MS }, async () => {
    const { lines, table } = await runPart('near')
    expect(subjectsOf(lines)).toEqual(['Map', 'heddle', 'heddle near', 'lru-cache'])
    expect(table).toMatch(/reused key \| time in times of Map's/)
  })

  test('large', { timeout: TIMEOUT_MS }, async () => {
    const { lines, table } = await runPart('large')
    const huge = process.platform === 'linux' ? ['heddle, huge pages'] : []
    expect(subjectsOf(lines)).toEqual(['Map', 'heddle', ...huge])
    expect(lines.filter((line) => line.unit === 'x Map').length).toBe(2 * (1 + huge.length))
    expect(table).toMatch(/getManyBytes 100, x get \| at most 0\.4/)
  })

  test('traces', { timeout: TIMEOUT_MS }, async () => {
    const { lines } = await runPart('traces')
    expect(subjectsOf(lines)).toEqual(['heddle, shared', 'lru-cache, one per thread'])
    const ratios = lines.filter((line) => line.operation === 'hit ratio')
    for (const { value } of ratios) {
      expect(value).toBeGreaterThan(0)
      expect(value).toBeLessThan(100)
    }
  })

  test('hitratio', { timeout: TIMEOUT_MS }, async () => {
    const { lines, report, table } = await runPart('hitratio')
    const policies = POLICIES.map((policy) => `heddle ${policy}`)
    expect(subjectsOf(lines)).toEqual([...policies, 'bound', 'lru', 'optimum'].sort())
    const ratio = (subject: string, percent: number, bound = 'entries') =>
      lines.find(({ parameters, ...line }) => {
        if (parameters['percent'] !== percent || parameters['bound'] !== bound) return false
        return line.subject === subject && line.operation === 'hit ratio'
      })?.value ?? Number.NaN
    for (const subject of ['lru', ...policies]) {
      for (const percent of [1, 10]) {
        expect(ratio(subject, percent), subject).toBeGreaterThan(15)
        expect(ratio(subject, percent)).toBeLessThanOrEqual(ratio('optimum', percent))
      }
      expect(ratio(subject, 20, 'bytes')).toBeLessThanOrEqual(ratio('bound', 20, 'bytes'))
    }
    expect(table).toMatch(/clock: largest difference to its simulation[^\n]+\| 0\.5 \| met/)
    expect(report).toContain('Miss ratio of web12 by entries')
  })

  test('eviction', { timeout: TIMEOUT_MS }, async () => {
    const { lines, table } = await runPart('eviction')
    expect(subjectsOf(lines)).toEqual(SMOKE_POLICIES.map((policy) => `heddle ${policy}`).sort())
    for (const { subject, value, parameters } of lines.filter((one) => one.unit === '%')) {
      const isSmall = Number(parameters['level']) < 90
      expect(value, `${subject} at ${parameters['level']} %`).toBeGreaterThan(isSmall ? 99 : 30)
    }
    const evicted = lines.filter((line) => line.operation === 'evictions')
    for (const { value, parameters } of evicted) {
      if (Number(parameters['level']) >= 200) expect(value).toBeGreaterThan(100)
    }
    expect(table).toMatch(/\| s3-fifo \| [\d.]+ \| [\d.]+ \(at \d+ %\) \| 1\.25 \| (not )?met/)
    expect(table).toContain('Working set 10 times of memory')
  })

  test('plan', { timeout: TIMEOUT_MS }, async () => {
    const { lines, report, table } = await runPart('plan')
    expect(subjectsOf(lines)).toEqual(SMOKE_POLICIES.map((policy) => `heddle ${policy}`).sort())
    for (const subject of subjectsOf(lines)) {
      const own = lines.filter((line) => line.subject === subject)
      const measured = own.find(({ operation }) => operation === 'hit ratio')?.value ?? Number.NaN
      const forecast = own.find((line) => line.parameters['rate'] === 1 && line.unit === '%')
      expect(measured).toBeGreaterThan(20)
      expect(Math.abs((forecast?.value ?? Number.NaN) - measured), subject).toBeLessThan(4)
    }
    expect(table).toMatch(/all keys \| [\d.]+ \| [\d.]+ \| 2 \| met/)
    expect(report).toContain('Forecast and replay of web12')
  })

  test('latency', { timeout: TIMEOUT_MS }, async () => {
    const { lines, report } = await runPart('latency')
    expect(subjectsOf(lines)).toEqual(['heddle', 'heddle+lock', 'lru-cache', 'none'])
    const operations = lines.map((line) => line.operation)
    for (const name of ['p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max']) {
      expect(operations).toContain(`response ${name}`)
    }
    expect(report).toContain('<polyline')
  })

  test('profile of the worker threads', { timeout: TIMEOUT_MS }, async () => {
    const results = join(folder, 'profiles')
    await run(process.execPath, [PROFILE, '--workers', '--seconds=0.2', `--results=${results}`])
    const profiles = readdirSync(results).filter((name) => name.endsWith('.cpuprofile'))
    expect(profiles.length).toBe(3)
  })
})
