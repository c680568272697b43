/**
 * The parts of `npm run bench` that are about servers, in their smoke form, so that no suite can
 * rot. Every reply is checked byte by byte while it is measured, and a wrong one ends the part.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { TIMEOUT_MS, folder, runPart, subjectsOf } from './run-part.ts'

describe('smoke form', () => {
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
    const garbage = (what: string): number =>
      lines.find((line) => line.subject === what && line.operation === 'garbage of a request')!
        .value
    const variant = 'a variant that allocates: its reply becomes a string'
    expect(garbage(variant)).toBeGreaterThan(garbage('Redis GET') + 16)
    expect(table).toMatch(/\| sockets \| [^|]+ \| [\d.]+ \|/)
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
    const engine = lines.filter(({ operation }) => operation === 'time in engine')
    expect(engine.find(({ subject }) => subject === 'heddle sockets 1')?.value).toBeGreaterThan(0)
    expect(table).toMatch(/ src\/[\w/-]+\.ts /)
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
})
