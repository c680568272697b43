/**
 * The argument of link.ts, tried: one link, both its ends in this thread, and workers that die at
 * random moments: between two frames, in the middle of one, before its replies are published, and
 * while the reply ring is full. Every client knows what it must hear; nobody may hear anything
 * else, a client that lost nothing must hear all, and no command may run twice.
 */
import { expect, test } from 'vitest'
import type { Client } from '../../src/server/client.ts'
import { FrameExecutor } from '../../src/server/frame-executor.ts'
import { recoverLink } from '../../src/server/frame-recovery.ts'
import { createLink, DIRTY, END, GONE, LAST, Link, REPLIED } from '../../src/server/link.ts'
import { LinkEnd } from '../../src/server/link-end.ts'
import type { ReplyBuffer } from '../../src/protocols/reply-buffer.ts'
import { createProtocol } from './line-protocol.ts'
import { randomFrom } from './open-server.ts'

const CLIENTS = 6
const SEEDS = 80
const TURNS = 120
const DEATH = new Error('the worker dies here')

/** Stands for a Client: what recoverLink needs of one, and the script of what it says and hears. */
class ModelClient {
  readonly slot: number
  readonly link: LinkEnd
  isDirty = false
  isClosed = false
  replied = 0
  hasEnded = false
  isGone = false
  heard = ''
  /** What its commands answered when they ran, heard or not: none runs twice. */
  executed = ''
  expected = ''
  unsent = ''
  readonly wire = { isOpen: true, destroy: () => this.close() }
  #commands = 0

  constructor(slot: number, link: LinkEnd) {
    this.slot = slot
    this.link = link
  }

  close(): void {
    this.wire.isOpen = false
    this.isClosed = true
  }

  isStoppedFor(): boolean {
    return false
  }

  forget(): void {
    this.isGone = true
  }

  end(): void {
    this.close()
  }

  say(random: (limit: number) => number): void {
    const name = `${this.slot}.${this.#commands++}`
    const kind = random(8)
    if (kind === 0) {
      const value = `\necho stray ${name}\n`.repeat(1 + random(3))
      let sum = 0
      for (const byte of Buffer.from(value)) sum = (sum * 31 + byte) | 0
      this.unsent += `data ${value.length}\n${value}`
      this.expected += `got ${value.length} ${sum}\n`
    } else if (kind === 1) {
      const length = random(2) === 0 ? 300_000 : 1000
      this.unsent += `big ${length} 2\n`
      this.expected += `0 ${'x'.repeat(length)}\n1 ${'x'.repeat(length)}\n`
    } else {
      this.unsent += `echo ${name}\n`
      this.expected += `${name}\n`
    }
  }
}

class Model {
  readonly end: LinkEnd
  readonly clients: (ModelClient | undefined)[] = []
  readonly all: ModelClient[] = []
  readonly faults: string[] = []
  deaths = 0
  executor: FrameExecutor
  /** Feeds until the worker dies, and whether it dies before or after the commands ran. */
  #feedsLeft = 0
  #diesAfter = false
  readonly #random: (limit: number) => number

  constructor(seed: number) {
    this.#random = randomFrom(seed)
    const hub = new SharedArrayBuffer(64)
    this.end = new LinkEnd(new Link(createLink(CLIENTS, hub)), 0)
    this.executor = this.#startWorker()
    for (let slot = 0; slot < CLIENTS; slot++) this.#connect(slot)
  }

  turn(): void {
    const random = this.#random
    const what = random(10)
    if (what < 5) this.#send()
    else if (what < 8) this.#step()
    else if (what === 8) this.drain()
    else if (random(6) === 0) this.#die()
    else if (random(8) === 0) this.#sayEnd()
  }

  /** Lets everything come to rest, without further deaths. */
  settle(): void {
    this.#feedsLeft = Number.POSITIVE_INFINITY
    for (let turn = 0; turn < 20_000; turn++) {
      for (const client of this.#living()) this.#push(client, client.unsent.length)
      const isBusy = this.executor.step()
      this.drain()
      if (!isBusy && this.end.isIdle && this.#living().every((c) => c.unsent === '')) return
    }
    this.faults.push('it did not come to rest')
  }

  drain(): void {
    const { replies, control } = this.end.link
    let position = this.end.drained
    while (position !== Atomics.load(control, REPLIED)) {
      const at = replies.wordAt(position)
      const [length, slot, kind, request] = replies.words.subarray(at, at + 4) as never as number[]
      const from = replies.payloadAt(position)
      const text = replies.bytes.toString('latin1', from, from + length!)
      this.#hear(this.clients[slot!], slot!, kind!, text)
      if (kind! & LAST) this.end.consumed = request!
      position = replies.after(position, length!)
    }
    this.end.took(position)
  }

  #living(): ModelClient[] {
    return this.clients.filter((client) => client?.wire.isOpen === true) as ModelClient[]
  }

  #hear(client: ModelClient | undefined, slot: number, kind: number, text: string): void {
    if (slot < 0) return
    if (client === undefined) {
      if (text !== '') this.faults.push(`slot ${slot} is nobody's and hears ${text.slice(0, 40)}`)
      return
    }
    client.heard += text
    client.replied += text.length
    this.end.link.written[2 * slot] = client.replied
    if (kind & LAST) client.isDirty = (kind & DIRTY) !== 0
    if (kind & GONE) {
      client.close()
      this.#connect(slot)
    }
  }

  #connect(slot: number): void {
    const client = new ModelClient(slot, this.end)
    client.replied = this.end.writtenTo(slot)
    this.end.beginAt(slot, client.replied)
    this.clients[slot] = client
    this.all.push(client)
  }

  #send(): void {
    const client = this.clients[this.#random(CLIENTS)]
    if (client === undefined || !client.wire.isOpen || client.hasEnded) return
    for (let n = this.#random(4); n >= 0; n--) client.say(this.#random)
    this.#push(client, 1 + this.#random(client.unsent.length))
  }

  #push(client: ModelClient, count: number): void {
    if (client.hasEnded || client.unsent === '' || !this.end.hasRoom) return
    const bytes = Buffer.from(client.unsent.slice(0, count), 'latin1')
    this.end.push(client.slot, bytes, 0, bytes.length)
    client.unsent = client.unsent.slice(count)
  }

  /** It half-closes after its last whole command. */
  #sayEnd(): void {
    const client = this.clients[this.#random(CLIENTS)]
    if (client === undefined || client.hasEnded || client.unsent !== '') return
    client.hasEnded = true
    this.end.tell(client.slot, END)
  }

  #startWorker(): FrameExecutor {
    this.#feedsLeft = 1 + this.#random(60)
    this.#diesAfter = this.#random(2) === 0
    const open = createProtocol()
    return new FrameExecutor(this.end.link, (slot) => {
      const protocol = open()
      const feed = protocol.feed.bind(protocol)
      protocol.feed = (source: Uint8Array, from: number, to: number, out: ReplyBuffer) => {
        const isLast = --this.#feedsLeft === 0
        if (isLast && !this.#diesAfter) throw DEATH
        const before = out.length
        const end = feed(source, from, to, out)
        const client = this.clients[slot]
        if (client !== undefined)
          client.executed += out.bytes.toString('latin1', before, out.length)
        if (isLast) throw DEATH
        return end
      }
      return protocol
    })
  }

  #step(): void {
    try {
      this.executor.step()
    } catch (error) {
      if (error !== DEATH) throw error
      this.#die()
    }
  }

  #die(): void {
    this.deaths++
    this.drain()
    recoverLink(this.end, this.clients as never as Client[], () => {})
    for (const client of this.all) {
      if (client.isGone && this.clients[client.slot] === client) this.#connect(client.slot)
    }
    this.executor = this.#startWorker()
  }
}

test('workers that die anywhere leave no wrong reply and no lost one', () => {
  let deaths = 0
  let whole = 0
  let lost = 0
  for (let seed = 1; seed <= SEEDS; seed++) {
    const model = new Model(seed)
    for (let turn = 0; turn < TURNS; turn++) model.turn()
    model.settle()
    deaths += model.deaths
    expect(model.faults, `seed ${seed}`).toEqual([])
    for (const client of model.all) {
      const { heard, expected } = client
      const isRight = client.isGone ? expected.startsWith(heard) : heard === expected
      const name = `seed ${seed}, client ${client.slot}: ${heard.slice(-40)}`
      expect(isRight, name).toBe(true)
      expect(expected.startsWith(client.executed), `${name}: run twice`).toBe(true)
      if (client.isGone) lost++
      else whole++
    }
  }
  // Both fates occur, often: or the test says nothing.
  expect(deaths).toBeGreaterThan(SEEDS)
  expect(lost).toBeGreaterThan(SEEDS)
  expect(whole).toBeGreaterThan(SEEDS * CLIENTS)
})
