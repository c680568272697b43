/**
 * Each part of `npm run bench` in its smoke form, as a process of its own, so that no suite can
 * rot: it must end well, print its tables, append complete lines, and write a report that stands
 * alone. A suite checks what its subjects answer while it measures and fails when an answer is
 * wrong.
 */
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { POLICIES, SMOKE_POLICIES } from '../../bench/traces/simulators.ts'

const RUN = fileURLToPath(new URL('../../bench/run.ts', import.meta.url))
const PROFILE = fileURLToPath(new URL('../../bench/profile.ts', import.meta.url))
const TIMEOUT_MS = 120_000
const LINE_FIELDS = [
  ...['suite', 'subject', 'operation', 'threads', 'value', 'unit', 'parameters', 'checksum'],
  ...['at', 'form', 'seed', 'cpu', 'cores', 'memoryGiB', 'platform', 'node', 'v8', 'commit'],
]
const run = promisify(execFile)
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-bench-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Line {
  readonly suite: string
  readonly subject: string
  readonly operation: string
  readonly value: number
  readonly unit: string
  readonly parameters: Readonly<Record<string, unknown>>
}

async function runPart(part: string): Promise<{ lines: Line[]; report: string; table: string }> {
  const results = join(folder, part)
  const args = [RUN, '--smoke', `--only=${part}`, `--results=${results}`]
  const environment = { ...process.env, HEDDLE_TRACES: '' }
  const { stdout } = await run(process.execPath, args, { env: environment })
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

function subjectsOf(lines: readonly Line[]): string[] {
  return [...new Set(lines.map((line) => line.subject))].sort()
}

describe('smoke form', () => {
  test('micro', { timeout: TIMEOUT_MS }, async () => {
    const { lines, report, table } = await runPart('micro')
    const expected = ['Map', 'heddle', 'heddle+lock', 'lmdb', 'lru-cache', 'none']
    expect(subjectsOf(lines)).toEqual(expected)
    expect(report).toContain('class="spread"')
    expect(table).toContain('getBytes hit, reused key')
    expect(lines.filter((line) => line.unit === 'B/op').length).toBeGreaterThan(30)
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

  test('footprint', { timeout: TIMEOUT_MS }, async () => {
    const { lines, table } = await runPart('footprint')
    expect(subjectsOf(lines)).toEqual(expect.arrayContaining(['heddle clock', 'heddle s3-fifo']))
    for (const line of lines.filter(({ operation }) => operation === 'hit ratio')) {
      expect(line.value, line.subject).toBeGreaterThan(30)
      expect(line.value).toBeLessThan(60)
    }
    const growth = lines.filter(({ operation }) => operation === 'RSS growth')
    for (const { value, subject } of growth) expect(value, subject).toBeGreaterThan(4)
    for (const name of ['heddle clock', 'memcached', 'Redis allkeys-lfu']) {
      expect(table).toMatch(new RegExp(`${name} \\| (redis|memcached|[\\d.]+)`))
    }
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

  test('memory', { timeout: TIMEOUT_MS }, async () => {
    const { lines } = await runPart('memory')
    const total = lines.find((line) => line.operation === 'beyond key and value')
    // RSS is uncertain by a MiB or two, which is 40 bytes an entry in this form; a table that is
    // counted twice, or an engine that was not filled, is further off.
    expect(total?.value).toBeGreaterThan(-60)
    expect(total?.value).toBeLessThan(150)
    const terms = lines.filter((line) => line !== total)
    const sum = terms.reduce((so, line) => so + line.value, 0)
    expect(sum).toBeCloseTo(total?.value ?? Number.NaN, 6)
    expect(lines.length).toBe(8)
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

  test('clients', { timeout: TIMEOUT_MS }, async () => {
    const { lines, table } = await runPart('clients')
    const named = ['frames', 'frames, TLS', 'frames, in full', 'sockets, resumed']
    expect(subjectsOf(lines)).toEqual(expect.arrayContaining(named))
    expect(table).toMatch(/sockets \| 200 idle clients \| \d+/)
    expect(table).toContain('frames, with idle clients')
  })

  test('monitoring', { timeout: TIMEOUT_MS }, async () => {
    const { lines, table } = await runPart('monitoring')
    expect(subjectsOf(lines)).toEqual(['scrape', 'with', 'without'])
    for (const handOff of ['frames', 'sockets']) {
      expect(lines.map((line) => line.operation)).toContain(`latency, ${handOff}: p99.9`)
      const title = `latency, ${handOff}: without / with, pair by pair`
      expect(table).toMatch(new RegExp(`${title}[^#]*\\n\\| 2 \\| \\S+ / \\S+`))
    }
    expect(table).toMatch(/noting hot keys \| CPU of a get, ns \| .* \| (within|above|below)/)
  })

  test('load', { timeout: TIMEOUT_MS }, async () => {
    const { lines, report, table } = await runPart('load')
    expect(subjectsOf(lines)).toContain('heddle frames 1')
    const operations = new Set(lines.map((line) => line.operation))
    for (const name of ['closed throughput', 'closed CPU', 'open p99.99', 'open lag p99']) {
      expect(operations).toContain(name)
    }
    expect(report).toContain('p99 over the rate')
    expect(report).toContain('<polyline')
    const named = ['heddle frames 1', 'memcached -t 1', 'redis', 'floor']
    for (const name of named) expect(table).toMatch(new RegExp(`${name}( \\||: not measured)`))
    const distributions = join(folder, 'load', 'distributions', 'load-smoke')
    const files = readdirSync(distributions)
    expect(files).toContain('heddle-frames-1-5000.hgrm')
    const text = readFileSync(join(distributions, 'heddle-frames-1-5000.hgrm'), 'utf8')
    expect(text).toMatch(/Value +Percentile +TotalCount/)
  })

  test('redis', { timeout: TIMEOUT_MS }, async () => {
    const { lines, table } = await runPart('redis')
    expect(subjectsOf(lines)).toContain('heddle RESP sockets 1')
    expect(subjectsOf(lines)).toContain('heddle RESP frames 1')
    expect(table).toMatch(/heddle RESP sockets 1 \| depth 16/)
    if (/redis: not measured/.test(table)) return
    const ratios = lines.filter(({ operation }) => operation === 'closed CPU beside redis')
    const heddles = ratios.filter(({ subject }) => subject.startsWith('heddle'))
    const limits = new Set(heddles.map(({ parameters }) => parameters['limit']))
    expect(limits).toEqual(new Set([1, 0.8]))
    expect(table).toMatch(
      /heddle RESP sockets 1 \| depth 1 \| [\d.]+ \([^|]+\) \| 1\.00 \| (not )?met/,
    )
    expect(table).toMatch(/heddle RESP sockets 2 \| depth 16 .* \| 1\.50 \| (not )?met \|/)
    expect(table).toMatch(/node floor RESP \| depth 16 \|/)
    if (/redis-benchmark is not installed/.test(table)) return
    expect(table).toMatch(/heddle RESP frames 1 \| GET depth 16 \|/)
  })

  test('matrix', { timeout: TIMEOUT_MS }, async () => {
    const { lines, report, table } = await runPart('matrix')
    const subjects = subjectsOf(lines)
    expect(subjects).toEqual(expect.arrayContaining(['heddle sockets 1', 'heddle RESP sockets 1']))
    expect(new Set(lines.map(({ parameters }) => parameters['axis']))).toContain('values')
    for (const axis of ['values', 'door', 'protocol']) expect(table).toContain(`## Axis ${axis}`)
    expect(table).toMatch(/unix socket \| heddle sockets 1 \| [\d,]+ \(/)
    expect(table).toMatch(/- Server(s run on core 0| and generator run where)/)
    expect(table).toMatch(/memtier_benchmark(, depth 16| is not installed)/)
    const [beside] = lines.filter(({ operation }) => operation === 'closed CPU beside redis')
    if (beside !== undefined) expect(beside.value).toBeGreaterThan(0)
    expect(report).toContain('CPU per operation along the axis door')
  })

  test('curve', { timeout: TIMEOUT_MS }, async () => {
    const { lines, report, table } = await runPart('curve')
    const named = ['heddle frames 1', 'embedded heddle', 'embedded lru-cache', 'embedded none']
    expect(subjectsOf(lines)).toEqual(expect.arrayContaining(named))
    for (const subject of named) {
      const own = lines.filter((line) => line.subject === subject)
      const most = own.find(({ operation }) => operation === 'highest rate sustained')!.value
      const rates = own.filter(({ operation }) => operation === 'p50')
      const shares = rates.map(({ parameters }) => Number(parameters['rate']) / most)
      expect(shares[0]).toBeCloseTo(0.2, 2)
      expect(shares[1]).toBeCloseTo(0.8, 2)
    }
    expect(lines.map(({ operation }) => operation)).toContain('lag p99')
    expect(table).toMatch(/heddle frames 1 \| 80 \| [\d,]+ \| (yes|no) \| [\d,.]+ /)
    for (const words of ['p99.99', 'embedded lru-cache', '<circle']) expect(report).toContain(words)
    const files = readdirSync(join(folder, 'curve', 'distributions', 'curve-smoke'))
    expect(files).toContain('heddle-frames-1-80-percent.hgrm')
  })

  test('disturbed', { timeout: TIMEOUT_MS }, async () => {
    const { lines, report, table } = await runPart('disturbed')
    const operations = lines.map(({ operation }) => operation)
    for (const name of ['calm p50', 'during p50', 'calm lag max', 'during lag max', 'lasted']) {
      expect(
        operations.filter((one) => one === name),
        name,
      ).toHaveLength(8)
    }
    for (const proof of [
      ...[/1 scrapes, \d+ KiB/, /major, \d+ ms, heap of \d+ MiB/, /its only worker was replaced/],
      ...[/a sample of 200 misses/, /\d pages moved/, /\d+ misses in the next/, /\d+ evicted by/],
    ]) {
      expect(table).toMatch(proof)
    }
    expect(report).toContain('p99 of every 50 ms of the run')
  })

  test('profile', { timeout: TIMEOUT_MS }, async () => {
    const { lines, report, table } = await runPart('profile')
    expect(subjectsOf(lines)).toContain('heddle sockets 1')
    const shares = lines.filter(({ operation }) => operation.startsWith('V8 share of '))
    expect(shares.reduce((sum, { value }) => sum + value, 0)).toBeCloseTo(100, 6)
    expect(shares.map(({ operation }) => operation)).toContain('V8 share of engine')
    if (/perf is not installed|perf cannot record/.test(table)) return
    expect(lines.map(({ operation }) => operation)).toContain('time in syscalls: write')
    expect(table).toMatch(/findIn|src\/(memory|engine)\//)
    expect(report).toContain('Where the processor time of a request goes')
  })

  test('scaling', { timeout: TIMEOUT_MS }, async () => {
    const { lines, table } = await runPart('scaling')
    const named = ['embedded heddle', 'embedded heddle+lock', 'server, frames', 'server, sockets']
    expect(subjectsOf(lines)).toEqual(expect.arrayContaining(named))
    for (const title of ['races lost per M ops', 'Workers of one server']) {
      expect(table).toContain(title)
    }
    if (availableParallelism() < 2) return
    expect(table).toMatch(/90\/10 mix, 2,000 keys \| at least 1\.8 \| [\d.]+ \(.*\| (not )?met \|/)
    expect(table).toMatch(/NOT measured beyond the cores/)
    const kappas = lines.filter(({ unit }) => unit === 'model kappa')
    expect(kappas.length).toBeGreaterThan(8)
    for (const { value } of kappas) expect(value).toBeGreaterThanOrEqual(0)
  })

  test('profile of the worker threads', { timeout: TIMEOUT_MS }, async () => {
    const results = join(folder, 'profiles')
    await run(process.execPath, [PROFILE, '--workers', '--seconds=0.2', `--results=${results}`])
    const profiles = readdirSync(results).filter((name) => name.endsWith('.cpuprofile'))
    expect(profiles.length).toBe(3)
  })
})
