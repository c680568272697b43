/**
 * Memcached commands under load while workers are killed: every reply is the one that the command
 * must have, commands of a connection run in order and at most once, and what was acknowledged is
 * there. Each client has keys of its own, so it knows at any time what they hold; after a lost
 * connection they must hold what some prefix of its unanswered commands would have left. At the end
 * the integrity walker counts every chunk.
 */
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createEngine } from '../../src/index.ts'
import { resolveServeOptions } from '../../src/server/options.ts'
import { ServerThread } from '../../src/server/server-thread.ts'
import { answerOf, connectTo, eventually, HAND_OFFS, randomFrom } from './open-server.ts'

const CLIENTS = 20
const KEYS = 5
const KILLS = 12
const KILL_EVERY_MS = 200
/** And not before so many were answered since the last. */
const ANSWERS_PER_KILL = 200
const MOST_WAITING = 60

type State = readonly (string | undefined)[]

interface Waiting {
  readonly reply: string
  /** What the keys hold once it ran. */
  readonly after: State
}

class KeyOwner {
  readonly faults: string[] = []
  answered = 0
  reconnects = 0
  #socket: Socket | undefined
  #heard = ''
  #waiting: Waiting[] = []
  /** What the keys hold after the last acknowledged command. */
  #state: State = Array(KEYS).fill(undefined)
  #isLost = true
  #number = 0
  readonly #name: string
  readonly #port: number
  readonly #random: (limit: number) => number

  constructor(name: string, port: number, random: (limit: number) => number) {
    this.#name = name
    this.#port = port
    this.#random = random
  }

  get isAtRest(): boolean {
    return this.#waiting.length === 0 && !this.#isLost
  }

  /** @param isOver to come to rest: nothing new is sent */
  async turn(isOver: boolean): Promise<void> {
    if (this.#isLost) await this.#reconnect()
    else if (!isOver && this.#waiting.length < MOST_WAITING) this.#send(1 + this.#random(12))
  }

  /** Reads all keys on a new connection: one of the states that are possible. */
  async #reconnect(): Promise<void> {
    const possible = [this.#state, ...this.#waiting.map(({ after }) => after)]
    const socket = await connectTo(this.#port)
    const names = Array.from({ length: KEYS }, (_, key) => this.#key(key)).join(' ')
    socket.write(`get ${names}\r\n`)
    const text = await answerOf(socket, 'END\r\n')
    if (!text.endsWith('END\r\n')) return // lost again
    const found = possible.find((state) => this.#values(state) === text)
    if (found === undefined) this.faults.push(`${this.#name}: impossible: ${text.slice(0, 200)}`)
    this.#state = found ?? possible[0]!
    this.#waiting = []
    this.#heard = ''
    this.#isLost = false
    this.reconnects++
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => this.#check(chunk.toString('latin1')))
    socket.on('close', () => (this.#isLost = true))
    socket.resume()
  }

  #send(count: number): void {
    let text = ''
    for (let n = 0; n < count; n++) {
      const state = this.#waiting.at(-1)?.after ?? this.#state
      const { command, reply, after } = this.#command(state)
      this.#waiting.push({ reply, after })
      text += command
    }
    const cut = this.#random(text.length)
    this.#socket!.write(text.slice(0, cut))
    setImmediate(() => this.#socket!.write(text.slice(cut)))
  }

  #command(state: State): { command: string; reply: string; after: State } {
    const index = this.#random(KEYS)
    const key = this.#key(index)
    const held = state[index]
    const put = (value: string | undefined) => state.with(index, value)
    const kind = this.#random(6)
    if (kind === 0)
      return { command: `get ${key}\r\n`, reply: this.#value(state, index), after: state }
    if (kind === 1) {
      const reply = held === undefined ? 'NOT_FOUND\r\n' : 'DELETED\r\n'
      return { command: `delete ${key}\r\n`, reply, after: put(undefined) }
    }
    const number = `${this.#number++}`
    if (kind === 2 && held !== undefined && held.length < 40_000) {
      const command = `append ${key} 0 0 ${number.length}\r\n${number}\r\n`
      return { command, reply: 'STORED\r\n', after: put(held + number) }
    }
    const length = kind === 3 ? 1 + this.#random(20_000) : 1 + this.#random(100)
    const value = `${number},`.repeat(Math.ceil(length / number.length)).slice(0, length)
    const command = `set ${key} 0 0 ${value.length}\r\n${value}\r\n`
    return { command, reply: 'STORED\r\n', after: put(value) }
  }

  #key(index: number): string {
    return `${this.#name}-${index}`
  }

  #value(state: State, index: number): string {
    return `${this.#item(state, index)}END\r\n`
  }

  #values(state: State): string {
    return `${state.map((_, index) => this.#item(state, index)).join('')}END\r\n`
  }

  #item(state: State, index: number): string {
    const held = state[index]
    return held === undefined ? '' : `VALUE ${this.#key(index)} 0 ${held.length}\r\n${held}\r\n`
  }

  #check(text: string): void {
    this.#heard += text
    for (;;) {
      const next = this.#waiting[0]
      if (next === undefined || this.faults.length > 0) break
      const { reply, after } = next
      if (this.#heard.length < reply.length && reply.startsWith(this.#heard)) return
      if (!this.#heard.startsWith(reply)) {
        this.faults.push(`${this.#name}: ${this.#heard.slice(0, 80)} for ${reply.slice(0, 80)}`)
        return
      }
      this.#heard = this.#heard.slice(reply.length)
      this.#state = after
      this.#waiting.shift()
      this.answered++
    }
    if (this.#heard !== '') this.faults.push(`${this.#name}: stray ${this.#heard.slice(0, 80)}`)
  }
}

test.each(HAND_OFFS)('%s: no acknowledged write is lost, none runs twice', async (handOff) => {
  const engine = createEngine({ name: `acknowledged ${handOff}`, memory: '64mb' })
  const options = resolveServeOptions({ memcachedPort: 0, workers: 2, handOff })
  const thread = new ServerThread({ engine: engine.handle, options })
  const { addresses } = await thread.start()
  const port = Number(/\d+$/.exec(addresses[0]!)![0])
  const random = randomFrom(2024)
  const owners = Array.from({ length: CLIENTS }, (_, n) => new KeyOwner(`c${n}`, port, random))
  let isOver = false
  const drive = async (owner: KeyOwner) => {
    while (owner.faults.length === 0 && !(isOver && owner.isAtRest)) {
      await owner.turn(isOver)
      await sleep(random(4))
    }
  }
  const driven = owners.map(drive)
  const answered = () => owners.reduce((sum, owner) => sum + owner.answered, 0)
  const isDue = (kill: number) => answered() > kill * ANSWERS_PER_KILL && thread.isServing(kill % 2)
  for (let kill = 0; kill < KILLS; kill++) {
    await sleep(KILL_EVERY_MS)
    await eventually(() => isDue(kill))
    await thread.workerAt(kill % 2)?.terminate()
  }
  await eventually(() => answered() > KILLS * ANSWERS_PER_KILL)
  isOver = true
  await Promise.all(driven)
  expect(owners.flatMap((owner) => owner.faults)).toEqual([])
  expect(answered()).toBeGreaterThan(KILLS * ANSWERS_PER_KILL)
  expect(owners.reduce((sum, owner) => sum + owner.reconnects, 0)).toBeGreaterThan(CLIENTS)
  expect(engine.stats().evictions.memory).toBe(0)
  await thread.close()
  expect(await eventually(() => engine.stats().threads === 1)).toBe(true)
  expect(engine.verify().problems).toEqual([])
  engine.close()
})
