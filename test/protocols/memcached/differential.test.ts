/**
 * The same random commands to memcached and to this protocol, one by one, and the replies compared
 * byte by byte. CAS numbers differ, so each side is told its own; seconds that remain may differ by
 * the second in which memcached's clock ticks.
 */
import type { Socket } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { HAS_MEMCACHED, RealMemcached } from './memcached-server.ts'
import { KEYS, RandomCommands } from './random-commands.ts'
import { Bench } from './support.ts'

const SEEDS = [101, 102, 103, 104]
const COMMANDS = 2500

/** A connection that asks for one command at a time; `mn` marks the end of its replies. */
class Peer {
  readonly #socket: Socket
  #received = ''
  #wake = (): void => {}

  constructor(socket: Socket) {
    this.#socket = socket
    socket.setEncoding('latin1')
    socket.on('data', (text) => {
      this.#received += text
      this.#wake()
    })
    socket.on('close', () => this.#wake())
  }

  async ask(request: string): Promise<string> {
    this.#received = ''
    this.#socket.write(`${request}mn\r\n`, 'latin1')
    while (!this.#received.endsWith('MN\r\n')) {
      if (this.#socket.destroyed) throw new Error(`memcached closed: ${JSON.stringify(request)}`)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return this.#received
  }

  close(): void {
    this.#socket.destroy()
  }
}

/** Larger than any CAS that either server comes to. */
const UNHEARD_OF = 10n ** 15n

/** The CAS numbers that a server has told, by key. */
class KnownCas {
  readonly #byKey = new Map<string, string>()

  fill(request: string): string {
    return request.replace(/\{(cas|older) (\S+)\}/g, (_, kind: string, key: string) => {
      const known = BigInt(this.#byKey.get(key) ?? UNHEARD_OF)
      return String(kind === 'cas' ? known : known - 1n)
    })
  }

  learn(request: string, reply: string): void {
    for (const [, key, cas] of reply.matchAll(/^VALUE (\S+) \d+ \d+ (\d+)\r$/gm)) {
      this.#byKey.set(key!, cas!)
    }
    const [, key] = /^m[gsa] (\S+)/.exec(request) ?? []
    const [, cas] = /^(?:HD|VA)[^\r]* c(\d+)/.exec(reply) ?? []
    if (key !== undefined && cas !== undefined) this.#byKey.set(key, cas)
  }
}

/**
 * What is compared: without CAS numbers, with seconds to the nearest hundred, and without the
 * spaces behind counters: memcached fills up only while no thread of its own holds the item.
 */
function shape(reply: string): string {
  return reply
    .replace(/^VALUE (n\d \d+) \d+([^\r]*)\r\n(\d+) *\r/gm, 'VALUE $1 L$2\r\n$3\r')
    .replace(/^(VALUE \S+ \d+ (?:\d+|L)) \d+\r/gm, '$1 N\r')
    .replace(/^((?:HD|VA|EX|NF|NS|EN)[^\r]*) c(?!0\b)\d+/gm, '$1 cN')
    .replace(/^((?:HD|VA)[^\r]*) t(\d+)/gm, (_, head: string, seconds: string) => {
      return `${head} t${Math.round(Number(seconds) / 100)}00`
    })
}

let server: RealMemcached | undefined

beforeAll(async () => {
  if (HAS_MEMCACHED) server = await RealMemcached.start()
})

afterAll(() => server?.stop())

test.skipIf(!HAS_MEMCACHED)(
  `${COMMANDS} random commands are answered as by memcached (needs memcached to be installed)`,
  async () => {
    for (const seed of SEEDS) {
      const peer = new Peer(await server!.connect())
      await peer.ask('flush_all\r\n')
      const bench = new Bench({ memory: '16mb', now: Date.now })
      const client = bench.connect()
      // So that one less than a CAS is still a CAS: 0 stands for any.
      for (const key of KEYS) client.ask(`set ${key} 0 0 1\r\nx\r\n`.repeat(2))
      client.ask('flush_all\r\n')
      const [theirs, ours] = [new KnownCas(), new KnownCas()]
      const random = new RandomCommands(seed)
      const kinds = new Set<string>()
      for (let n = 0; n < COMMANDS; n++) {
        const request = random.next()
        const expected = await peer.ask(theirs.fill(request))
        const reply = client.ask(`${ours.fill(request)}mn\r\n`)
        theirs.learn(request, expected)
        ours.learn(request, reply)
        if (shape(reply) !== shape(expected)) {
          expect({ seed, n, request, reply: shape(reply) }).toEqual({
            seed,
            n,
            request,
            reply: shape(expected),
          })
        }
        kinds.add(reply.slice(0, reply.search(/[\s]/)))
      }
      peer.close()
      // It compared something: all the ways in which commands end were met.
      for (const kind of ['STORED', 'NOT_STORED', 'EXISTS', 'VALUE', 'HD', 'VA', 'EN', 'NF']) {
        expect([seed, kind, kinds.has(kind)]).toEqual([seed, kind, true])
      }
    }
  },
)
