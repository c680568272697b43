/**
 * The same random commands to a real redis-server and to heddle in process, and the replies
 * compared byte by byte. HEDDLE_REDIS_COMMANDS says how many; HEDDLE_REDIS_SEED where they begin.
 * Over sockets, and a million of them: `npm run fuzz -- --redis-differential 1000000`.
 */
import { expect, test } from 'vitest'
import { splitReplies, unlike } from './compare.ts'
import { RandomCommands } from './random-commands.ts'
import { hasRedis, RedisServer, type SocketClient } from './redis-server.ts'
import { encode } from './resp.ts'
import { type InProcessClient, RedisBench } from './support.ts'

const COMMANDS = Number(process.env['HEDDLE_REDIS_COMMANDS'] ?? 20_000)
const FIRST_SEED = Number(process.env['HEDDLE_REDIS_SEED'] ?? 1)
const SEEDS = 4
const BATCH = 100

async function compare(
  seed: number,
  real: SocketClient,
  client: InProcessClient,
): Promise<Map<string, number>> {
  const random = new RandomCommands(seed)
  const kinds = new Map<string, number>()
  for (let done = 0; done < COMMANDS / SEEDS; done += BATCH) {
    const batch = Array.from({ length: BATCH }, () => random.next())
    const bytes = Buffer.concat(batch.map(encode))
    const theirs = splitReplies(await real.ask(bytes, BATCH))
    const difference = unlike(batch, splitReplies(client.feed(bytes)), theirs)
    expect(difference, `seed ${seed}, after ${done} commands`).toBeUndefined()
    for (const [i, words] of batch.entries()) {
      const kind = `${words[0]!.toString()} ${theirs[i]![0]}`
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    }
  }
  return kinds
}

test.runIf(hasRedis())(
  'random commands are answered as by redis-server (needs redis-server)',
  { timeout: 60_000 + COMMANDS },
  async () => {
    const server = await RedisServer.start()
    for (let n = 0; n < SEEDS; n++) {
      const seed = FIRST_SEED + n
      const real = await server.connect()
      const bench = new RedisBench({ memory: '4mb', now: Date.now })
      const client = bench.connect()
      await real.ask(encode('FLUSHALL'))
      const hello = encode(`HELLO ${2 + (n % 2)}`)
      await real.ask(hello)
      client.feed(hello)
      const kinds = await compare(seed, real, client)
      // It compared something: most commands both did something and were refused.
      for (const kind of ['SET +', 'SET -', 'INCR :', 'INCR -', 'BITFIELD *', 'LCS $', 'PFADD :']) {
        expect(kinds.get(kind), `${kind} of seed ${seed}`).toBeGreaterThan(5)
      }
      real.close()
    }
    await server.stop()
  },
)
