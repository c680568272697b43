/**
 * The same random commands to a real redis-server and to heddle, and the replies compared byte by
 * byte. HEDDLE_REDIS_COMMANDS says how many; HEDDLE_REDIS_SEED where they begin.
 */
import { expect, test } from 'vitest'
import { RandomCommands } from './random-commands.ts'
import { hasRedis, RedisServer, type SocketClient } from './redis-server.ts'
import { encode, replyEnd } from './resp.ts'
import { type InProcessClient, RedisBench } from './support.ts'

const COMMANDS = Number(process.env['HEDDLE_REDIS_COMMANDS'] ?? 20_000)
const FIRST_SEED = Number(process.env['HEDDLE_REDIS_SEED'] ?? 1)
const SEEDS = 4
const BATCH = 100

/** The replies to a batch, one by one. */
function split(replies: string): string[] {
  const bytes = Buffer.from(replies, 'latin1')
  const found: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = replyEnd(bytes, at)
    found.push(bytes.toString('latin1', at, end))
    at = end
  }
  return found
}

/** What is compared: keys in one order, times without what passed between the two. */
function shape(name: string, reply: string): string {
  if (name === 'KEYS') return reply.split('\r\n').sort().join(' ')
  if (name === 'EXPIRETIME' || name === 'PEXPIRETIME') return `:${reply.length}`
  return reply
}

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
    const theirs = split(await real.ask(bytes, BATCH))
    const ours = split(client.feed(bytes))
    expect([theirs.length, ours.length]).toEqual([BATCH, BATCH])
    batch.forEach((words, i) => {
      const name = words[0]!.toString()
      const request = words.map((word) => word.toString('latin1'))
      const expected = shape(name, theirs[i]!)
      const reply = shape(name, ours[i]!)
      if (reply !== expected) {
        const texts = [request, reply, expected].map((value) => JSON.stringify(value))
        expect.fail(`seed ${seed}, command ${done + i}: ${texts.join('\n')}`)
      }
      const kind = `${name} ${expected[0]}`
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
    })
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
