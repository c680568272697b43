/**
 * The same random commands, pipelined, to a running server and to a real redis-server, in RESP2 and
 * RESP3: replies are compared byte by byte. A stream that is answered differently is made shorter
 * while it still is, by whole batches and then by commands.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { splitReplies, unlike } from '../protocols/redis/compare.ts'
import { RandomCommands } from '../protocols/redis/random-commands.ts'
import { type RedisServer, SocketClient } from '../protocols/redis/redis-server.ts'
import { encode } from '../protocols/redis/resp.ts'

const COMMANDS_PER_STREAM = 5000
const BATCH = 100
const MOST_REPLAYS = 300

type Words = readonly Buffer[]

export interface RedisTally {
  commands: number
  streams: number
  replyBytes: number
  difference: string | undefined
}

export class RedisDifferential {
  readonly #port: number
  readonly #redis: RedisServer

  /** @param port that of the server */
  constructor(port: number, redis: RedisServer) {
    this.#port = port
    this.#redis = redis
  }

  /** Compares so many random commands, or until `isOver`; stops at the first difference. */
  async run(seed: number, commands: number, isOver = () => false): Promise<RedisTally> {
    const tally: RedisTally = { commands: 0, streams: 0, replyBytes: 0, difference: undefined }
    while (tally.commands < commands && !isOver()) {
      const streamSeed = seed + tally.streams++
      const random = new RandomCommands(streamSeed)
      const count = Math.min(COMMANDS_PER_STREAM, commands - tally.commands)
      const all = Array.from({ length: count }, () => random.next())
      const isResp3 = streamSeed % 2 === 1
      const found = await this.#compare(all, isResp3, tally)
      if (found === undefined) continue
      const { shortest, problem } = await this.#shrink(all.slice(0, found.end), isResp3, found)
      const texts = shortest.map((words) => words.map((word) => word.toString('latin1')))
      const lines = texts.map((text) => JSON.stringify(text)).join('\n')
      tally.difference = `seed ${streamSeed}, RESP${isResp3 ? 3 : 2}, ${problem}\nafter\n${lines}`
      break
    }
    return tally
  }

  /** The first batch that is answered differently; both start from nothing. */
  async #compare(
    all: readonly Words[],
    isResp3: boolean,
    tally?: RedisTally,
  ): Promise<Found | undefined> {
    const socket = connect(this.#port, '127.0.0.1')
    await once(socket, 'connect')
    const clients = [new SocketClient(socket), await this.#redis.connect()] as const
    const ask = async (bytes: Buffer, count: number): Promise<[string, string]> =>
      Promise.all([clients[0].ask(bytes, count), clients[1].ask(bytes, count)])
    try {
      await ask(Buffer.concat([encode('FLUSHALL'), encode(`HELLO ${isResp3 ? 3 : 2}`)]), 2)
      for (let at = 0; at < all.length; at += BATCH) {
        const batch = all.slice(at, at + BATCH)
        const [ours, theirs] = await ask(Buffer.concat(batch.map(encode)), batch.length)
        if (tally !== undefined) {
          tally.commands += batch.length
          tally.replyBytes += ours.length
        }
        if (ours === theirs) continue
        const problem = unlike(batch, splitReplies(ours), splitReplies(theirs))
        if (problem !== undefined) return { end: at + batch.length, problem }
      }
      return undefined
    } finally {
      for (const client of clients) client.close()
    }
  }

  async #shrink(
    all: readonly Words[],
    isResp3: boolean,
    { problem }: Found,
  ): Promise<{ shortest: readonly Words[]; problem: string }> {
    let shortest = all
    let last = problem
    let replays = 0
    for (let size = all.length >> 1; size >= 1; size >>= 1) {
      for (let at = 0; at < shortest.length && ++replays < MOST_REPLAYS; ) {
        const rest = [...shortest.slice(0, at), ...shortest.slice(at + size)]
        const found = await this.#compare(rest, isResp3)
        if (found === undefined) at += size
        else {
          shortest = rest.slice(0, found.end)
          last = found.problem
        }
      }
    }
    return { shortest, problem: last }
  }
}

interface Found {
  /** The commands before this one show it. */
  readonly end: number
  readonly problem: string
}
