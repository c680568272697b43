/**
 * The servers of a run together with the sessions that the generator has with them: started and
 * stopped as one, so that a failure leaves no process behind. Each measurement of a subject reads
 * its processor time around the load.
 */
import type { Findings } from '../../src/load/findings.ts'
import type { LoadPool, LoadSession, RunOrder, SessionOrder } from '../../src/load/pool.ts'
import { cpuBetween, cpuTimeOf, residentBytesOf } from '../../src/load/server-process.ts'
import { type Placement, startServer } from './servers.ts'
import type { RunningServer, ServerName } from './servers.ts'

export interface Servers {
  readonly running: readonly RunningServer[]
  /** A sentence for each server that could not be started. */
  readonly absent: readonly string[]
  stop(): Promise<void>
}

export interface Measured {
  readonly findings: Findings
  /** Microseconds of the server's processor for each operation; 0 without /proc. */
  readonly userUs: number
  readonly systemUs: number
  readonly rssBytes: number
  /** The same of the generator: of this whole process. */
  readonly generatorUs: number
}

export interface Subject<Name extends string = ServerName> {
  readonly name: Name
  run(order: RunOrder): Promise<Measured>
  close(): Promise<void>
}

export async function startServers(
  names: readonly ServerName[],
  memoryMb: number,
  placement: Placement = {},
): Promise<Servers> {
  const running: RunningServer[] = []
  const absent: string[] = []
  const stop = async () => {
    await Promise.all(running.map((server) => server.stop()))
  }
  const starts = await Promise.allSettled(
    names.map((name) => startServer(name, memoryMb, placement)),
  )
  starts.forEach((start, index) => {
    if (start.status === 'rejected') return
    if (typeof start.value !== 'string') running.push(start.value)
    else absent.push(`${names[index]}: not measured, ${start.value}.`)
  })
  const failed = starts.find((start) => start.status === 'rejected')
  if (failed !== undefined) {
    await stop()
    throw failed.reason
  }
  return { running, absent, stop }
}

/** Connects to a server and stores all keys, unless it has them. */
export async function openSubject<Name extends string>(
  pool: LoadPool,
  server: Pick<RunningServer, 'pid' | 'target'> & { readonly name: Name },
  order: Omit<SessionOrder, 'target'>,
  isStored = false,
): Promise<Subject<Name>> {
  const { name, pid, target } = server
  const session = await pool.open({ ...order, target })
  if (!isStored) refuseErrors(name, 'preload', await session.preload())
  return {
    name,
    run: (run) => measure(session, name, pid, run),
    close: () => session.close(),
  }
}

async function measure(
  session: LoadSession,
  name: string,
  pid: number,
  order: RunOrder,
): Promise<Measured> {
  const before = cpuTimeOf(pid)
  const generatorBefore = process.cpuUsage()
  const findings = await session.run(order)
  const generator = process.cpuUsage(generatorBefore)
  const after = cpuTimeOf(pid)
  refuseErrors(name, `${order.mix} ${order.choice} depth ${order.depth}`, findings)
  const operations = Math.max(1, findings.operations)
  const hasCpu = before !== undefined && after !== undefined
  const { userUs, systemUs } = hasCpu ? cpuBetween(before, after) : { userUs: 0, systemUs: 0 }
  return {
    findings,
    userUs: userUs / operations,
    systemUs: systemUs / operations,
    rssBytes: residentBytesOf(pid) ?? 0,
    generatorUs: (generator.user + generator.system) / operations,
  }
}

/** A wrong answer ends the run. */
export function refuseErrors(name: string, what: string, findings: Findings): void {
  if (findings.errors === 0) return
  const samples = findings.samples.join('\n')
  throw new Error(`${name}, ${what}: ${findings.errorText}\n${samples}`)
}
