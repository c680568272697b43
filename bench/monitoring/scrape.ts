/**
 * What one scrape takes of a worker: the snapshot, which is made at once, and its text, which is
 * made in slices with others between them. Measured in this process, on a server of its own.
 */
import { connect } from 'node:net'
import { once } from 'node:events'
import { createEngine } from '../../src/index.ts'
import { metricsText } from '../../src/observe/metrics.ts'
import { serve } from '../../src/server/serve.ts'

export interface ScrapeCost {
  /** Microseconds of this thread's CPU time, one value per round. */
  readonly snapshotUs: readonly number[]
  readonly textUs: readonly number[]
  readonly textBytes: number
}

/** Each is a command of its own in the text. */
const COMMANDS =
  'SET a 1\r\nGET a\r\nINCR a\r\nMGET a b\r\nDEL a\r\nEXISTS a\r\nPING\r\nTTL a\r\nECHO done\r\n'
const ENTRIES = 20_000

export async function costOfScrape(rounds: number, times: number): Promise<ScrapeCost> {
  using engine = createEngine({ name: 'scraped', memory: '64mb' })
  for (let n = 0; n < ENTRIES; n++) engine.set(`key:${n}`, 'v'.repeat(n % 3000))
  await using server = await serve(engine, { redisPort: 0, workers: 1 })
  await execute(Number(/\d+$/.exec(server.redisAddresses[0]!)![0]))
  const snapshotUs: number[] = []
  const textUs: number[] = []
  const snapshot = server.observe()
  const { text } = await metricsText(snapshot)
  for (let round = 0; round <= rounds; round++) {
    const observed = await cpuUs(times, () => server.observe())
    const written = await cpuUs(times, () => metricsText(snapshot))
    if (round === 0) continue // compiled code takes a while to be what it will be
    snapshotUs.push(observed)
    textUs.push(written)
  }
  return { snapshotUs, textUs, textBytes: text.length }
}

async function execute(port: number): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  socket.write(COMMANDS)
  let replies = ''
  while (!replies.includes('done')) replies += String((await once(socket, 'data'))[0])
  socket.destroy()
}

async function cpuUs(times: number, call: () => unknown): Promise<number> {
  const before = process.threadCpuUsage()
  for (let n = 0; n < times; n++) await call()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / times
}
