/**
 * A connection that knows what it must get: it sends random pipelined memcached commands over keys
 * of its own and checks every reply against what its acknowledged commands allow.
 *
 * Each key has a set of values that it may have. A reply narrows the set to one. When the
 * connection is closed, each command that was not answered may have been executed or not, but in
 * order: the set grows by what each would have made. A reply that belongs to another command, bytes
 * of another connection and a lost write that was acknowledged all show as a value outside the set.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A value, or null for a key that is absent. */
type State = string | null

interface Command {
  readonly text: string
  readonly key: string
  /** The states that a state may become. */
  apply(state: State): State
  /** Parses the reply at the start of `text`; its length, 0 when more bytes are needed. */
  read(text: string): number
  /** Whether the reply that was read fits a state. */
  fits(state: State): boolean
}

const KEYS = 24
const MOST_PIPELINED = 24
const LONGEST_VALUE = 30_000
/** Who waits longer for a reply will not get it, on a busy machine either. */
const PATIENCE_MS = 30_000
const FILLER = 'abcdefghijklmnopqrstuvwxyz'.repeat(Math.ceil(LONGEST_VALUE / 26))

export interface OwnKeysResult {
  commands: number
  /** Connections that ended with commands unanswered. */
  closed: number
  /** Replies that began with SERVER_ERROR. */
  serverErrors: number
  problems: string[]
}

export class OwnKeys {
  readonly result: OwnKeysResult = { commands: 0, closed: 0, serverErrors: 0, problems: [] }
  readonly #name: string
  readonly #port: number
  readonly #states = new Map<string, Set<State>>()
  #random: number
  #serial = 0

  constructor(name: string, port: number, seed: number) {
    this.#name = name
    this.#port = port
    this.#random = seed >>> 0 || 1
    for (let n = 0; n < KEYS; n++) this.#states.set(`${name}-${n}`, new Set([null]))
  }

  /** Runs until the time (of performance.now) is over; reconnects whenever it is closed. */
  async run(until: number): Promise<OwnKeysResult> {
    while (performance.now() < until && this.result.problems.length === 0) {
      const socket = connect(this.#port, '127.0.0.1')
      socket.setNoDelay(true)
      socket.on('error', () => {})
      try {
        await once(socket, 'connect')
        await this.#converse(socket, until)
      } catch {
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
      socket.destroy()
    }
    return this.result
  }

  async #converse(socket: Socket, until: number): Promise<void> {
    const waiting: Command[] = []
    let text = ''
    let wake: (() => void) | undefined
    let isOpen = true
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      while (waiting.length > 0 && this.result.problems.length === 0) {
        const used = this.#check(waiting[0]!, text)
        if (used === 0) break
        text = text.slice(used)
        waiting.shift()
      }
      if (waiting.length === 0 || this.result.problems.length > 0) {
        if (waiting.length === 0 && text !== '')
          this.#problem(`bytes that nobody asked for: ${text.slice(0, 200)}`)
        wake?.()
      }
    })
    socket.on('close', () => {
      isOpen = false
      wake?.()
    })
    while (isOpen && performance.now() < until && this.result.problems.length === 0) {
      const batch = Array.from({ length: 1 + this.#below(MOST_PIPELINED) }, () => this.#command())
      waiting.push(...batch)
      const bytes = batch.map((command) => command.text).join('')
      const half = this.#below(bytes.length + 1)
      socket.write(bytes.slice(0, half), 'latin1')
      if (this.#below(4) === 0) await new Promise((resolve) => setImmediate(resolve))
      if (isOpen) socket.write(bytes.slice(half), 'latin1')
      if (waiting.length > 0 && isOpen) {
        const patience = setTimeout(() => {
          const first = waiting[0]?.text.slice(0, 60)
          this.#problem(`${waiting.length} commands were not answered, first ${first}`)
          wake?.()
        }, PATIENCE_MS)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
        clearTimeout(patience)
      }
    }
    if (waiting.length > 0) this.result.closed++
    for (const command of waiting) this.#mayHaveRun(command)
  }

  #check(command: Command, text: string): number {
    if (text.startsWith('SERVER_ERROR')) {
      const end = text.indexOf('\r\n')
      if (end < 0) return 0
      this.result.serverErrors++
      this.#mayHaveRun(command)
      return end + 2
    }
    let used = 0
    try {
      used = command.read(text)
    } catch (error) {
      this.#problem(String(error))
      return 0
    }
    if (used === 0) return 0
    this.result.commands++
    const before = this.#states.get(command.key)!
    const after = new Set<State>()
    for (const state of before) if (command.fits(state)) after.add(command.apply(state))
    if (after.size === 0) {
      const shown = [...before].map((state) => state?.slice(0, 60) ?? 'absent')
      this.#problem(
        `${JSON.stringify(command.text.slice(0, 80))} was answered ` +
          `${JSON.stringify(text.slice(0, Math.min(used, 200)))}, it may be ${shown.join(' or ')}`,
      )
    }
    this.#states.set(command.key, after)
    return used
  }

  #mayHaveRun(command: Command): void {
    const states = this.#states.get(command.key)!
    for (const state of [...states]) states.add(command.apply(state))
  }

  #problem(text: string): void {
    this.result.problems.push(`${this.#name}: ${text}`)
  }

  #below(limit: number): number {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0
    return Math.floor((this.#random / 2 ** 32) * limit)
  }

  #command(): Command {
    const n = this.#below(KEYS)
    const key = `${this.#name}-${n}`
    if (n % 6 === 0) return this.#counting(key)
    const serial = `${key}:${++this.#serial}:`
    const long = this.#below(8) === 0 ? this.#below(LONGEST_VALUE) : this.#below(60)
    const value = serial + FILLER.slice(0, long)
    switch (this.#below(8)) {
      case 0:
      case 1:
        return line(`set ${key} 0 0 ${value.length}\r\n${value}\r\n`, key, 'STORED', () => value)
      case 2:
        return metaSet(key, value, `${this.#serial}`)
      case 3:
        return answer(`delete ${key}\r\n`, key, 'DELETED', 'NOT_FOUND', () => null)
      case 4: {
        const more = `+${this.#serial}`
        return answer(
          `append ${key} 0 0 ${more.length}\r\n${more}\r\n`,
          key,
          'STORED',
          'NOT_STORED',
          (state) => (state === null ? null : state + more),
        )
      }
      case 5:
        return metaGet(key, `${this.#serial}`)
      default:
        return classicGet(key)
    }
  }

  #counting(key: string): Command {
    if (this.#below(10) === 0) return line(`set ${key} 0 0 1\r\n5\r\n`, key, 'STORED', () => '5')
    if (this.#below(3) === 0) return classicGet(key)
    return increment(key)
  }
}

/** A command that is always answered by one and the same line. */
function line(text: string, key: string, reply: string, apply: Command['apply']): Command {
  const whole = `${reply}\r\n`
  return { text, key, apply, read: exactly([whole]), fits: () => true }
}

/** Reads one of several lines; anything else counts as one line and fits nothing. */
function exactly(lines: readonly string[]): (text: string) => number {
  return (text) => {
    const end = text.indexOf('\r\n')
    if (end < 0) return 0
    if (!lines.includes(text.slice(0, end + 2))) throw new Error(`odd reply: ${text.slice(0, 200)}`)
    return end + 2
  }
}

/** A command with one answer for a key that is there and another for one that is not. */
function answer(
  text: string,
  key: string,
  there: string,
  absent: string,
  apply: Command['apply'],
): Command {
  const lines = exactly([`${there}\r\n`, `${absent}\r\n`])
  let wasThere = false
  const read = (reply: string): number => {
    wasThere = reply.startsWith(`${there}\r\n`)
    return lines(reply)
  }
  return { text, key, apply, read, fits: (state) => (state !== null) === wasThere }
}

function increment(key: string): Command {
  let reply = ''
  const next = (state: State): State => (state === null ? null : String(Number(state) + 1))
  const read = (text: string): number => {
    const end = text.indexOf('\r\n')
    reply = text.slice(0, Math.max(0, end))
    return end + 2 > 1 ? end + 2 : 0
  }
  const fits = (state: State): boolean => (next(state) ?? 'NOT_FOUND') === reply
  return { text: `incr ${key} 1\r\n`, key, apply: next, read, fits }
}

function classicGet(key: string): Command {
  let found: State = null
  const head = `VALUE ${key} 0 `
  const read = (text: string): number => {
    found = null
    if (text.startsWith('END\r\n')) return 5
    const end = text.indexOf('\r\n')
    if (end < 0) return 0
    if (!text.startsWith(head)) throw new Error(`odd reply to get ${key}: ${text.slice(0, 200)}`)
    const bytes = Number(text.slice(head.length, end))
    const whole = end + 2 + bytes + 7
    if (text.length < whole) return 0
    if (text.slice(whole - 7, whole) !== '\r\nEND\r\n') throw new Error(`no END after ${key}`)
    found = text.slice(end + 2, end + 2 + bytes)
    return whole
  }
  return { text: `get ${key}\r\n`, key, apply: (state) => state, read, fits: (s) => s === found }
}

function metaGet(key: string, opaque: string): Command {
  let found: State = null
  const tail = ` k${key} O${opaque}`
  const read = (text: string): number => {
    found = null
    const end = text.indexOf('\r\n')
    if (end < 0) return 0
    const head = text.slice(0, end)
    if (head === 'EN' || head === `EN${tail}`) return end + 2
    if (!head.startsWith('VA ') || !head.endsWith(tail)) throw new Error(`odd reply to mg: ${head}`)
    const bytes = Number(head.slice(3, head.length - tail.length))
    if (text.length < end + 2 + bytes + 2) return 0
    found = text.slice(end + 2, end + 2 + bytes)
    return end + 2 + bytes + 2
  }
  const text = `mg ${key} v k O${opaque}\r\n`
  return { text, key, apply: (state) => state, read, fits: (state) => state === found }
}

function metaSet(key: string, value: string, opaque: string): Command {
  const reply = `HD k${key} O${opaque}`
  const text = `ms ${key} ${value.length} k O${opaque}\r\n${value}\r\n`
  return line(text, key, reply, () => value)
}
