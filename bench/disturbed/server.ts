/**
 * heddle as a process that embeds it: the acceptor and the program's own objects share the main
 * thread. It can be told to lose a worker and to collect garbage; both say what happened.
 */
import { PerformanceObserver, constants } from 'node:perf_hooks'
import type { PerformanceEntry } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { createEngine } from '../../src/index.ts'
import { AcceptorThread } from '../../src/server/accept-thread.ts'
import { resolveServeOptions } from '../../src/server/options.ts'
import { ServerThread } from '../../src/server/server-thread.ts'
import { collectGarbage } from '../heap.ts'

/** Its argument, as JSON. */
export interface HostOrder {
  readonly handOff: 'frames' | 'sockets'
  readonly acceptor: 'here' | 'worker'
  readonly memoryMb: number
}

export type HostCommand =
  | { readonly kind: 'lose a worker' }
  | { readonly kind: 'hold objects'; readonly objects: number }
  | { readonly kind: 'collect garbage' }

export type HostReply =
  | { readonly kind: 'listening'; readonly port: number; readonly httpPort: number }
  | { readonly kind: 'lost'; readonly replaced: number }
  | { readonly kind: 'held' }
  /** Longest pause of a major collection that perf_hooks saw; 0: none. */
  | { readonly kind: 'collected'; readonly ms: number; readonly heapMb: number }

const MIB = 2 ** 20
const NOTICE_MS = 20
const REPLACED_WITHIN_MS = 8_000

const order = JSON.parse(process.argv[2]!) as HostOrder
const engine = createEngine({ memory: order.memoryMb * MIB })
const options = resolveServeOptions({
  ...{ memcachedPort: 0, httpPort: 0, workers: 1, handOff: order.handOff },
  acceptor: order.acceptor,
})
const spec = { engine: engine.handle, options }
const server = order.acceptor === 'here' ? new ServerThread(spec) : new AcceptorThread(spec)
let held: object[] = []
let longestMs = 0

new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    const { detail, duration } = entry as PerformanceEntry & { detail: { kind: number } }
    if (detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR)
      longestMs = Math.max(longestMs, duration)
  }
}).observe({ entryTypes: ['gc'] })

const { addresses, httpAddresses } = await server.start()
const portOf = (address: string | undefined) => Number(/\d+$/.exec(address!)![0])
send({ kind: 'listening', port: portOf(addresses[0]), httpPort: portOf(httpAddresses[0]) })

process.on('message', (command: HostCommand) => void obey(command).then(send))
process.on('disconnect', () => process.exit(0))

function send(reply: HostReply): void {
  process.send!(reply)
}

async function obey(command: HostCommand): Promise<HostReply> {
  switch (command.kind) {
    case 'lose a worker':
      return { kind: 'lost', replaced: await loseWorker() }
    case 'hold objects':
      held = Array.from({ length: command.objects }, (_, n) => ({ n, name: `object ${n}` }))
      return { kind: 'held' }
    case 'collect garbage': {
      longestMs = 0
      const heapMb = process.memoryUsage().heapUsed / MIB
      collectGarbage()
      await delay(NOTICE_MS)
      return { kind: 'collected', ms: held.length === 0 ? 0 : longestMs, heapMb }
    }
  }
}

/** @returns how many workers were replaced, once the new one serves */
async function loseWorker(): Promise<number> {
  if (!(server instanceof ServerThread)) return 0
  const before = server.replacedWorkers
  await server.workerAt(0)!.terminate()
  const giveUpAt = Date.now() + REPLACED_WITHIN_MS
  while (server.replacedWorkers === before || !server.isServing(0)) {
    if (Date.now() > giveUpAt) return 0
    await delay(1)
  }
  return server.replacedWorkers - before
}
