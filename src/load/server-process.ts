/**
 * What the server's process used, read from /proc: processor time of all its threads by user and
 * system, resident memory, and the cores that it may run on. On systems without /proc, and for
 * servers on other machines, everything here is undefined.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { availableParallelism } from 'node:os'

export interface CpuTime {
  readonly userUs: number
  readonly systemUs: number
  /** Their sum as the scheduler counts it: the other two are rounded to ticks of 10 ms. */
  readonly runUs: number
}

/** Fields 14 and 15 of /proc/PID/stat, counted behind the name, which may hold spaces. */
const USER_FIELD = 11
const SYSTEM_FIELD = 12
/** USER_HZ, 100 on every Linux that Node runs on. */
const US_PER_TICK = 10_000
const NS_PER_US = 1000
const LOCAL_HOSTS = new Set(['localhost', '::1', '0.0.0.0', '::'])

export function cpuTimeOf(pid: number): CpuTime | undefined {
  const stat = readProc(`/proc/${pid}/stat`)
  if (stat === undefined) return undefined
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const userUs = Number(fields[USER_FIELD]) * US_PER_TICK
  const systemUs = Number(fields[SYSTEM_FIELD]) * US_PER_TICK
  return { userUs, systemUs, runUs: runTimeUs(pid) ?? userUs + systemUs }
}

/** Between two readings: the sum from the scheduler, its parts in proportion to the ticks. */
export function cpuBetween(before: CpuTime, after: CpuTime) {
  const userUs = after.userUs - before.userUs
  const ticksUs = userUs + after.systemUs - before.systemUs
  const runUs = after.runUs - before.runUs
  const share = ticksUs === 0 ? 0 : userUs / ticksUs
  return { userUs: runUs * share, systemUs: runUs * (1 - share) }
}

/** Time on a core of all threads that live, in nanoseconds at its source. */
function runTimeUs(pid: number): number | undefined {
  try {
    let runNs = 0
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      const schedule = readProc(`/proc/${pid}/task/${thread}/schedstat`)
      if (schedule !== undefined) runNs += Number(schedule.split(' ')[0])
    }
    return runNs > 0 ? runNs / NS_PER_US : undefined
  } catch {
    return undefined
  }
}

export function residentBytesOf(pid: number): number | undefined {
  const kilobytes = statusField(pid, 'VmRSS')
  return kilobytes === undefined ? undefined : Number.parseInt(kilobytes, 10) * 1024
}

/** A sentence where client and server compete for cores, undefined where they do not. */
export function sharedCoresNote(host: string | undefined, pid: number | undefined) {
  const isLocal = host === undefined || LOCAL_HOSTS.has(host) || host.startsWith('127.')
  if (!isLocal) return undefined
  const theirs = pid === undefined ? undefined : statusField(pid, 'Cpus_allowed_list')
  const ours = statusField(process.pid, 'Cpus_allowed_list')
  if (theirs === undefined || ours === undefined) {
    return `client and server share this machine's ${availableParallelism()} cores`
  }
  const mine = coresIn(ours)
  const common = [...coresIn(theirs)].filter((core) => mine.has(core))
  if (common.length === 0) return undefined
  return `client and server share cores ${common.join(', ')}: they take time from each other`
}

/** The cores of a list as Linux writes it, `0,2-3`, ascending. */
export function coresIn(list: string): Set<number> {
  const cores = new Set<number>()
  for (const range of list.split(',')) {
    const [first, last = first] = range.split('-').map(Number)
    for (let core = first as number; core <= (last as number); core++) cores.add(core)
  }
  return cores
}

function statusField(pid: number, name: string): string | undefined {
  const status = readProc(`/proc/${pid}/status`)
  return new RegExp(`^${name}:\\s*(.+)$`, 'm').exec(status ?? '')?.[1]
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}
