/**
 * The same random binary requests to memcached and to this protocol, in pipelines, and the replies
 * compared byte by byte, but for CAS numbers: each side is told its own.
 *
 * HEDDLE_BINARY_COMMANDS says how many instead of 20,000.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { BenchLine, BinaryPeer, SocketLine } from './binary-peer.ts'
import { ask, OP, type Request } from './frames.ts'
import { HAS_MEMCACHED, RealMemcached } from './memcached-server.ts'
import { RandomFrames } from './random-frames.ts'
import { Bench } from './support.ts'

const COMMANDS = Number(process.env['HEDDLE_BINARY_COMMANDS'] ?? 20_000)
const SEEDS = [201, 202]
const BATCH = 20
const ENDING_EVERY = 10

let server: RealMemcached | undefined

beforeAll(async () => {
  if (HAS_MEMCACHED) server = await RealMemcached.start()
})
afterAll(() => server?.stop())

test.skipIf(!HAS_MEMCACHED)(
  `${COMMANDS} random binary requests are answered as by memcached (where it is installed)`,
  async () => {
    const statuses = new Map<string, number>()
    for (const seed of SEEDS) await compare(seed, COMMANDS / SEEDS.length, statuses)
    // It compared something: all the ways in which requests end were met often.
    for (const status of ['0x00', '0x01', '0x02', '0x03', '0x04', '0x05', '0x06', '0x81']) {
      expect([status, (statuses.get(status) ?? 0) > COMMANDS / 2000]).toEqual([status, true])
    }
    expect(statuses.get('closed')).toBeGreaterThan(COMMANDS / BATCH / ENDING_EVERY / 2)
  },
  600_000,
)

async function compare(
  seed: number,
  commands: number,
  statuses: Map<string, number>,
): Promise<void> {
  const bench = new Bench({ memory: '16mb', now: Date.now })
  const random = new RandomFrames(seed)
  const [theirTold, ourTold] = [new Map<string, bigint>(), new Map<string, bigint>()]
  let line = new SocketLine(await server!.connect())
  let [theirs, ours] = [new BinaryPeer(line, theirTold), peerOf(bench, ourTold)]
  await theirs.ask([ask(OP.flush)])
  for (let n = 0; n < commands / BATCH; n++) {
    // Behind a noop: before what it cannot read memcached drops the replies not yet written.
    const isLast = n % ENDING_EVERY === 0
    const requests = isLast ? [ask(OP.noop), random.ending()] : random.batch(BATCH)
    const expected = shape(requests, await theirs.ask(requests))
    const replies = shape(requests, await ours.ask(requests))
    const at = expected.findIndex((reply, index) => reply !== replies[index])
    if (at >= 0 || replies.length !== expected.length) {
      const request = requests[Number.parseInt(expected[at] ?? '', 10)]
      expect({ seed, n, request, reply: replies[at] }).toEqual({
        seed,
        n,
        request,
        reply: expected[at],
      })
    }
    for (const reply of replies) {
      const status = reply.split(' ')[reply === 'closed' ? 0 : 1]!
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
    }
    if (replies.at(-1) !== 'closed') continue
    line.close()
    line = new SocketLine(await server!.connect())
    theirs = new BinaryPeer(line, theirTold)
    ours = peerOf(bench, ourTold)
  }
  line.close()
}

function peerOf(bench: Bench, told: Map<string, bigint>): BinaryPeer {
  return new BinaryPeer(new BenchLine(bench.connect()), told)
}

/** Numbers without the spaces behind them. */
function shape(requests: readonly Request[], replies: readonly string[]): string[] {
  return replies.map((reply) => {
    const request = requests[Number.parseInt(reply, 10)]
    return request?.key.startsWith('n') === true ? reply.replace(/ *"$/, '"') : reply
  })
}
