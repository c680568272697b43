/**
 * `heddle latency-report` as a command: against a real server of heddle, by both protocols, its
 * table, page and numbers; what it refuses; and that Ctrl-C keeps what was measured.
 */
import { execFile } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { decodeFromCompressedBase64 } from 'hdr-histogram-js'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createEngine } from '../../src/index.ts'
import { readLatencyOptions } from '../../src/load/latency-options.ts'
import { serve } from '../../src/server/serve.ts'
import { rightReply, startFakeServer } from './fake-server.ts'

const HEDDLE = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'heddle-latency-'))
const ports = { memcached: 0, redis: 0 }
let close = async (): Promise<void> => {}

beforeAll(async () => {
  const engine = createEngine({ name: 'reported', memory: '16mb' })
  const server = await serve(engine, { memcachedPort: 0, redisPort: 0, workers: 1 })
  const portOf = (address: string | undefined) => Number(/\d+$/.exec(address!)![0])
  ports.memcached = portOf(server.addresses[0])
  ports.redis = portOf(server.redisAddresses[0])
  close = async () => {
    await server.close()
    engine.close()
  }
})
afterAll(async () => {
  await close()
  rmSync(folder, { recursive: true, force: true })
})

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** @param heard gets the text of its table while it is written */
function report(
  args: readonly string[],
  heard: (text: string, child: ChildProcess) => void = () => {},
): Promise<Ended> {
  const all = [HEDDLE, 'latency-report', ...args]
  return new Promise((done) => {
    const settings = { cwd: folder, timeout: 60_000 }
    const child = execFile(process.execPath, all, settings, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
    child.stdout?.on('data', (text) => heard(String(text), child))
  })
}

const QUICK = ['--keys', '300', '--connections', '4', '--warm-up', '0']

describe('options', () => {
  test('defaults', () => {
    expect(readLatencyOptions([], {})).toMatchObject({
      target: { protocol: 'memcached', host: '127.0.0.1', port: 11_211 },
      ...{ rates: [], percent: [10, 25, 50, 75, 90, 95], depth: 64, connections: 50 },
      ...{ choice: 'uniform', preload: true, html: 'latency-report.html', json: undefined },
    })
    expect(readLatencyOptions(['--rate', '30,10,10']).rates).toEqual([10, 30])
  })

  test.each([
    [['--rate', '0'], /--rate 0: expected an integer from 1 to 10000000/],
    [['--rate', '100,x'], /--rate x: expected an integer/],
    [['--rate', ''], /--rate : expected an integer/],
    [['--percent', '0,50'], /--percent 0: expected an integer from 1 to 200/],
    [['--percent', '50', '--rate', '5'], /--rate and --percent exclude each other/],
    [['--depth', '65'], /--depth 65: expected an integer from 1 to 64/],
    [['--key-choice', 'trace'], /--key-choice trace: expected one of uniform, zipf, hot/],
    [['--seconds', '0'], /--seconds 0: expected seconds from 0.1/],
    [['--html', ''], /--html : expected the name of a file/],
    [['--memcached-port', '0'], /--memcached-port 0: expected an integer from 1 to 65535/],
  ] as const)('%j is refused', (args, words) => {
    expect(() => readLatencyOptions(args)).toThrow(words)
  })
})

describe('against a server of heddle', () => {
  test('given rates: a table, a page that stands alone, the numbers', async () => {
    const args = ['--memcached-port', String(ports.memcached), ...QUICK, '--json', 'found.json']
    const ended = await report([...args, '--rate', '500,1500', '--seconds', '0.5'])
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/rate\/s +replies\/s +p50 .*lag p99/)
    expect(ended.stdout).toMatch(/\n +500 +\d+ .*\n +1,500 +[\d,]+ /)

    const page = readFileSync(join(folder, 'latency-report.html'), 'utf8')
    expect(page).toMatch(/^<!doctype html>/)
    expect(page).not.toMatch(/https?:\/\/|src=|href=|<link|<script|url\(|@import|NaN|undefined/)
    expect(page.match(/<svg /g)).toHaveLength(2)
    for (const words of ['p99.9', '1,500/s', 'lag of the generator', 'memcached at 127.0.0.1:']) {
      expect(page).toContain(words)
    }
    const found = JSON.parse(readFileSync(join(folder, 'found.json'), 'utf8'))
    expect(found).toMatchObject({ protocol: 'memcached', isCutShort: false, keys: 300 })
    expect(found.rates.map(({ rate }: { rate: number }) => rate)).toEqual([500, 1500])
    for (const { rate, operations, latencyNs, histogram, errors } of found.rates) {
      expect([operations, errors]).toEqual([rate * 0.5, 0])
      expect(latencyNs.p50).toBeGreaterThan(1_000)
      expect(latencyNs.p99).toBeGreaterThanOrEqual(latencyNs.p50)
      expect(latencyNs['p99.99']).toBeNull() // of 750 requests
      const distribution = decodeFromCompressedBase64(histogram)
      expect(distribution.totalCount).toBe(operations)
      expect(distribution.getValueAtPercentile(50)).toBe(latencyNs.p50)
    }
  })

  test('shares of the highest rate, by the protocol of Redis', async () => {
    const args = ['--redis-port', String(ports.redis), ...QUICK, '--json', 'shares.json']
    const ended = await report([...args, '--percent', '10,40', '--seconds', '0.2'])
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stdout).toMatch(/highest rate sustained: \d+\/s \(closed loop: \d+\/s\)/)
    const { maximum, rates } = JSON.parse(readFileSync(join(folder, 'shares.json'), 'utf8'))
    const asked = rates.map(({ rate }: { rate: number }) => rate / maximum.sustained)
    expect(asked[0]).toBeCloseTo(0.1, 2)
    expect(asked[1]).toBeCloseTo(0.4, 2)
  })

  test('Ctrl-C ends it with what was measured', async () => {
    const args = ['--memcached-port', String(ports.memcached), ...QUICK, '--html', 'cut.html']
    const more = ['--rate', '400,800', '--seconds', '40', '--json', 'cut.json']
    const ended = await report([...args, ...more], (text, child) => {
      if (text.includes('lag p99')) setTimeout(() => child.kill('SIGINT'), 700)
    })
    expect(ended.code, ended.stderr).toBe(0)
    expect(ended.stderr).toMatch(/interrupted: the report is made of what there is/)
    const found = JSON.parse(readFileSync(join(folder, 'cut.json'), 'utf8'))
    expect(found.isCutShort).toBe(true)
    expect(found.rates).toHaveLength(1)
    expect(found.rates[0].operations).toBeGreaterThan(50)
    expect(found.rates[0].operations).toBeLessThan(400 * 39)
    expect(readFileSync(join(folder, 'cut.html'), 'utf8')).toContain('was interrupted')
  })
})

describe('what goes wrong', () => {
  test('nobody there, a folder that is not there, an option that is none', async () => {
    const refusals = [
      [['--port', '1'], 1, /cannot connect to 127.0.0.1:1: connect ECONNREFUSED/],
      [['--host', 'no.such.host.invalid'], 1, /cannot connect to no.such.host.invalid:11211/],
      [['--html', 'none/a.html'], 1, /--html none\/a.html: there is no folder none/],
      [['--duration', '3'], 2, /no such flag: --duration; did you mean --seconds; see/],
    ] as const
    for (const [args, code, words] of refusals) {
      const ended = await report(args)
      expect(ended.code).toBe(code)
      expect(ended.stderr).toMatch(words)
    }
  })

  test('wrong replies fail it, and are shown', async () => {
    const wrong = rightReply('x', 3)
    let gets = 0
    const fake = await startFakeServer((key, id) => (++gets > 400 ? wrong : rightReply(key, id)))
    try {
      const place = ['--port', String(fake.target.port), '--html', 'failed.html', ...QUICK]
      const ended = await report([...place, '--rate', '500', '--seconds', '0.4', '--no-preload'])
      expect(ended.code).toBe(1)
      expect(ended.stderr).toMatch(/wrong keys|FAILED|unreadable/)
    } finally {
      await fake.close()
    }
  })

  test('a server that goes away keeps the rates before it', async () => {
    const fake = await startFakeServer()
    const place = ['--port', String(fake.target.port), '--html', 'gone.html', ...QUICK]
    const ended = await report([...place, '--rate', '200,300', '--seconds', '0.4'], (text) => {
      if (/^ +200 /m.test(text)) setTimeout(() => fake.drop(), 150)
    })
    await fake.close()
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(/300\/s: FAILED, connection \d/)
    expect(readFileSync(join(folder, 'gone.html'), 'utf8')).toContain('300/s: FAILED')
  })
})
