/**
 * Inputs of a dialect to a running server, by sockets and by frames, in pieces: what a client hears
 * until its connection ends must be what a connection without a server replies. Sent inputs end
 * with the end of what the client says, so that an unfinished command has an end, too.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises'
import { createEngine } from '../../src/index.ts'
import { serve } from '../../src/server/serve.ts'
import { type Dialect, startingInputs } from './dialect.ts'
import { Mutator } from './mutator.ts'
import { Random } from './random.ts'
import { CACHE, WireBench } from './twin-bench.ts'
import { firstDifference } from './wire-target.ts'

const MOST_CUTS = 4
const LONGEST_MS = 10_000
const MOST_FINDINGS = 3
const MOST_TURNS = 1e6
const LARGE = 256 * 1024
/** That of the binary protocol. */
const VERBOSITY = '\x80\x1b'
/** Nobody would be answered for so long; or everything that happens would be printed. */
const NOT_SENT = new RegExp(`pause|debug|verbosity|${VERBOSITY}`, 'i')
let engines = 0

export interface LiveReport {
  /** Inputs that were sent, and those of them whose replies were compared. */
  inputs: number
  compared: number
  replyBytes: number
  readonly findings: string[]
}

/** Sends inputs until `isOver`; the first ones are those that every run begins with. */
export async function fuzzLive(
  dialect: Dialect,
  handOff: 'frames' | 'sockets',
  seed: number,
  isOver: (inputs: number) => boolean,
): Promise<LiveReport> {
  const report: LiveReport = { inputs: 0, compared: 0, replyBytes: 0, findings: [] }
  const random = new Random(seed)
  const mutator = new Mutator(dialect.maker(random), random)
  const corpus = startingInputs(dialect)
  const name = `live-${++engines}`
  const engine = createEngine({ ...CACHE, name, maxThreads: 8 })
  const options = { memcachedPort: 0, redisPort: 0, workers: 1, handOff } as const
  const server = await serve(engine, options)
  const addresses = dialect.name === 'redis' ? server.redisAddresses : server.addresses
  const port = Number(/\d+$/.exec(addresses[0]!)![0])
  const bench = new WireBench(dialect.openWorld, Date.now)
  // Known inputs and new ones in turn, so that a short run has both.
  const known = random.shuffled(corpus)
  for (let n = 0; !isOver(n) && report.findings.length < MOST_FINDINGS; n++) {
    const next = n % 2 === 0 ? known.pop() : undefined
    const input = next === undefined ? mutator.next(corpus) : Buffer.from(next, 'latin1')
    const text = input.toString('latin1')
    if (NOT_SENT.test(text)) continue
    engine.clear()
    const heard = await hear(port, input, random.cuts(input.length, MOST_CUTS))
    report.inputs++
    report.replyBytes += heard?.length ?? 0
    const problem = dialect.tellsOfServer.test(text)
      ? heard === undefined && 'the connection does not end'
      : differenceOf(dialect, bench, input, heard)
    if (!dialect.tellsOfServer.test(text)) report.compared++
    if (problem) report.findings.push(`${dialect.name}, ${problem}\n${JSON.stringify(text)}`)
  }
  const { problems } = engine.verify()
  if (problems.length > 0) report.findings.push(`the walker finds: ${problems.join('; ')}`)
  bench.close()
  await server.close()
  engine.close()
  return report
}

function differenceOf(
  dialect: Dialect,
  bench: WireBench,
  input: Buffer,
  heard: Buffer | undefined,
): string | undefined {
  if (heard === undefined) return 'the connection does not end'
  bench.reset()
  const { reply } = bench.feed(input, [], LARGE, MOST_TURNS)
  const [expected, seen] = [dialect.comparableLive(reply), dialect.comparableLive(heard)]
  return firstDifference(expected, seen, 'over a socket')
}

/** Everything that a client hears until the end; undefined when there is none. */
async function hear(port: number, input: Buffer, cuts: number[]): Promise<Buffer | undefined> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  const chunks: Buffer[] = []
  socket.on('error', () => {}) // a reset is an end
  socket.on('data', (chunk) => chunks.push(chunk))
  const ended = Promise.race([once(socket, 'end'), once(socket, 'close')])
  await once(socket, 'connect')
  let at = 0
  for (const cut of cuts) {
    socket.write(input.subarray(at, cut))
    at = cut
    await turn()
  }
  socket.end(input.subarray(at))
  const timer = new AbortController()
  const silence = sleep(LONGEST_MS, undefined, { signal: timer.signal }).catch(() => {})
  const hasEnded = await Promise.race([ended.then(() => true), silence.then(() => false)])
  timer.abort()
  socket.destroy()
  return hasEnded ? Buffer.concat(chunks) : undefined
}
