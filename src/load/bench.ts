/**
 * `heddle bench` itself: floor, preload, then each load, and what they found as a table or as
 * lines of JSON. It is loaded only when the packages that it needs are there (src/cli/bench.ts).
 */
import { accessSync, constants, existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { nameOf } from './connection.ts'
import type { Target } from './connection.ts'
import { PERCENTILES, hgrmOf } from './findings.ts'
import type { Findings } from './findings.ts'
import { sourceOfFloor, startFloor } from './floor-server.ts'
import type { BenchOptions } from './options.ts'
import { LoadPool } from './pool.ts'
import type { LoadSession, RunOrder } from './pool.ts'
import { cpuBetween, cpuTimeOf, residentBytesOf, sharedCoresNote } from './server-process.ts'
import { readTrace } from './trace-reader.ts'
import { MOST_KEYS, SMALLEST_VALUE } from './workload.ts'

type Print = (text: string) => void

interface Line {
  readonly rate: number | undefined
  readonly findings: Findings
  /** Microseconds of the server's processor for each operation. */
  readonly cpuUs: { readonly user: number; readonly system: number } | undefined
  readonly rssBytes: number | undefined
}

/** Twice: the first time warms up. */
const FLOOR_SECONDS = 0.7
const BUSY_LIMIT = 0.9
const COLUMNS = ['load', 'ops/s', 'p50', 'p90', 'p99', 'p99.9', 'p99.99', 'max', 'hits %']
const MORE_COLUMNS = ['errors', 'unsent', 'lag p99', 'busy %', 'user', 'system', 'RSS MiB']
const MIB = 2 ** 20

/** The number of loads that failed: wrong replies, error lines. */
export async function runBench(options: BenchOptions, print: Print, warn: Print): Promise<number> {
  if (options.hgrm !== undefined) checkWritable('hgrm', options.hgrm)
  const pool = new LoadPool(options.threads)
  const say = options.json ? warn : print
  try {
    const trace = options.traceFile === undefined ? undefined : openTrace(options.traceFile)
    const keys = trace?.keys ?? options.keys
    say(describe(options, keys))
    const host = options.target.path === undefined ? options.target.host : undefined
    const note = sharedCoresNote(host, options.pid)
    if (note !== undefined) say(`${note}\n`)
    const isFloorHere = options.isFloorAsked || sourceOfFloor() !== undefined
    if (options.floor && isFloorHere) await measureFloor(pool, options, say)
    const session = await openSession(pool, options, options.target, keys)
    if (options.preload) await preload(session, say)
    const lines = await runLoads(session, options, trace?.requests)
    await session.close()
    print(options.json ? jsonOf(options, lines) : tableOf(lines))
    for (const line of lines) for (const text of remarksOn(line)) warn(`${text}\n`)
    const last = lines.at(-1)
    if (options.hgrm !== undefined && last !== undefined) {
      writeFileSync(options.hgrm, hgrmOf(last.findings.response))
    }
    return lines.filter((line) => line.findings.errors > 0).length
  } finally {
    await pool.close()
  }
}

/** A load that takes minutes should not find out at its end. */
export function checkWritable(flag: string, file: string): void {
  const folder = dirname(file)
  if (!existsSync(folder)) throw new Error(`--${flag} ${file}: there is no folder ${folder}`)
  try {
    accessSync(existsSync(file) ? file : folder, constants.W_OK)
  } catch (error) {
    throw new Error(`--${flag} ${file}: ${(error as Error).message}`)
  }
}

function describe(options: BenchOptions, keys: number): string {
  const { target, values, choice } = options
  const size = values.low === values.high ? values.low : `${values.low} to ${values.high}`
  const source = options.traceFile === undefined ? `${options.mix}, ${choice}` : 'trace'
  const distribution = values.low === values.high ? '' : ' (log-uniform)'
  return (
    `${target.protocol} at ${nameOf(target)}: ${options.connections} connections, ` +
    `depth ${options.depth}, ${options.threads} client threads, ${source}, ` +
    `${keys} keys, values of ${size} bytes${distribution}\n`
  )
}

/** Requests as indices into the keys, shared with the threads. */
function openTrace(file: string): { keys: number; requests: SharedArrayBuffer } {
  const folder = process.env['HEDDLE_TRACES']
  const path = existsSync(file) || folder === undefined ? file : join(folder, file)
  const trace = readTrace(path)
  if (trace.keys.length > MOST_KEYS) {
    throw new Error(`--trace ${file}: ${trace.keys.length} keys; at most ${MOST_KEYS}`)
  }
  const requests = new SharedArrayBuffer(trace.requests.byteLength)
  new Uint32Array(requests).set(trace.requests)
  return { keys: trace.keys.length, requests }
}

function openSession(pool: LoadPool, options: BenchOptions, target: Target, keys: number) {
  const { connections, values } = options
  return pool.open({ target, connections, mostDepth: options.depth, keys, values })
}

async function measureFloor(pool: LoadPool, options: BenchOptions, say: Print): Promise<void> {
  const floor = await startFloor()
  if (typeof floor === 'string') {
    say(`floor of the generator not measured: ${floor}\n`)
    return
  }
  try {
    const values = { low: SMALLEST_VALUE, high: SMALLEST_VALUE }
    const small = { ...options, values }
    const session = await openSession(pool, small, floor.target, options.keys)
    const highest = options.rates.length === 0 ? undefined : Math.max(...options.rates)
    const order: RunOrder = {
      ...orderOf({ ...options, seconds: FLOOR_SECONDS }, highest, undefined),
      choice: 'uniform',
    }
    await session.run(order)
    const found = await session.run(order)
    await session.close()
    const p50 = micros(found.response.getValueAtPercentile(50))
    const p99 = micros(found.response.getValueAtPercentile(99))
    const load = highest === undefined ? 'closed loop' : `open loop at ${highest}/s`
    say(
      'floor of the generator, against a server that stores nothing, values of 32 bytes, ' +
        `${load}: ${Math.round(found.perSecond)} ops/s, p50 ${p50} us, p99 ${p99} us\n`,
    )
  } finally {
    floor.stop()
  }
}

async function preload(session: LoadSession, say: Print): Promise<void> {
  const found = await session.preload()
  if (found.errors > 0) {
    throw new Error(`preload: ${found.errorText}\n${found.samples.join('\n')}`)
  }
  say(`preload: ${found.operations} sets in ${found.seconds.toFixed(2)} s\n`)
}

function orderOf(
  options: BenchOptions,
  rate: number | undefined,
  trace: SharedArrayBuffer | undefined,
): RunOrder {
  const { mix, choice, seed, depth, seconds, allowMisses } = options
  return { mix, choice, trace, seed, depth, seconds, rate, allowMisses }
}

async function runLoads(
  session: LoadSession,
  options: BenchOptions,
  trace: SharedArrayBuffer | undefined,
): Promise<Line[]> {
  const lines: Line[] = []
  const rates = options.rates.length === 0 ? [undefined] : options.rates
  for (const rate of rates) {
    if (options.warmUpSeconds > 0) {
      const warmUp = { ...options, seconds: options.warmUpSeconds }
      await session.run(orderOf(warmUp, rate, trace))
    }
    const { pid } = options
    const before = pid === undefined ? undefined : cpuTimeOf(pid)
    const findings = await session.run(orderOf(options, rate, trace))
    const after = pid === undefined ? undefined : cpuTimeOf(pid)
    const hasCpu = before !== undefined && after !== undefined
    lines.push({
      ...{ rate, findings },
      cpuUs: hasCpu ? perOperation(cpuBetween(before, after), findings.operations) : undefined,
      rssBytes: pid === undefined ? undefined : residentBytesOf(pid),
    })
  }
  return lines
}

function perOperation(cpu: { userUs: number; systemUs: number }, operations: number) {
  return { user: cpu.userUs / operations, system: cpu.systemUs / operations }
}

function micros(nanoseconds: number): string {
  const value = nanoseconds / 1000
  return value >= 100 ? value.toFixed(0) : value.toFixed(1)
}

function tableOf(lines: readonly Line[]): string {
  const rows = [[...COLUMNS, ...MORE_COLUMNS], ...lines.map(cellsOf)]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const text = rows.map((row) =>
    row.map((cell, column) => cell.padStart(widths[column]!)).join('  '),
  )
  return `\n${text.join('\n')}\nLatency and lag in microseconds; user and system: server, us/op\n`
}

function cellsOf({ rate, findings, cpuUs, rssBytes }: Line): string[] {
  const { response, lag } = findings
  const isOpen = rate !== undefined
  return [
    isOpen ? `${rate}/s` : 'closed',
    String(Math.round(findings.perSecond)),
    ...PERCENTILES.map((p) => micros(response.getValueAtPercentile(p))),
    micros(response.maxValue),
    findings.hitRatio === undefined ? '-' : (findings.hitRatio * 100).toFixed(2),
    String(findings.errors),
    isOpen ? String(findings.unsent) : '-',
    isOpen ? micros(lag.getValueAtPercentile(99)) : '-',
    isOpen ? 'polls' : (findings.busy * 100).toFixed(0),
    cpuUs === undefined ? '-' : cpuUs.user.toFixed(2),
    cpuUs === undefined ? '-' : cpuUs.system.toFixed(2),
    rssBytes === undefined ? '-' : (rssBytes / MIB).toFixed(1),
  ]
}

function remarksOn({ rate, findings }: Line): string[] {
  const load = rate === undefined ? 'closed loop' : `${rate}/s`
  const remarks: string[] = []
  if (findings.errors > 0) remarks.push(`${load}: FAILED, ${findings.errorText}`)
  if (findings.unsent > 0) {
    remarks.push(`${load}: not sustained, ${findings.unsent} requests were never sent`)
  }
  if (rate === undefined && findings.busy > BUSY_LIMIT) {
    const percent = (findings.busy * 100).toFixed(0)
    remarks.push(`${load}: a client thread was busy ${percent} % of the time; it may be the limit`)
  }
  return [...remarks, ...findings.samples]
}

function jsonOf(options: BenchOptions, lines: readonly Line[]): string {
  const { target, connections, depth, threads, mix, choice, values, seed } = options
  const load = { server: nameOf(target), protocol: target.protocol, connections, depth, threads }
  return lines
    .map(({ rate, findings, cpuUs, rssBytes }) => {
      const { response, lag, operations, unsent, perSecond, hitRatio, errors, busy } = findings
      const latencyNs = Object.fromEntries(
        PERCENTILES.map((p) => [`p${p}`, response.getValueAtPercentile(p)]),
      )
      return JSON.stringify({
        ...{ ...load, mix, choice, valueSizes: [values.low, values.high] },
        ...{ seed, rate, operations, unsent, perSecond, hitRatio, errors, busy },
        latencyNs: { ...latencyNs, max: response.maxValue },
        ...{ lagNsP99: lag.getValueAtPercentile(99), serverCpuUs: cpuUs, rssBytes },
      })
    })
    .map((line) => `${line}\n`)
    .join('')
}
