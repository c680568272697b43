/**
 * Clients that do not behave, against a server in a process of its own, whose memory and open files
 * are read from the system: both must come back to where they were, and a client that behaves must
 * be answered all the while.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { startHeddle } from '../clients/heddle-server.ts'
import { ATTACKS, type Attack, type Sizes } from './attacks.ts'
import type { Tongue } from './tongue.ts'

const MIB = 2 ** 20
const PAGE_BYTES = 4096
/** Garbage that is not yet collected, by three threads. */
const MOST_GROWTH = 64 * MIB
/** What the clients of one attack may cost while it lasts. */
const MOST_DURING = 320 * MIB
const LONGEST_ANSWER_MS = 10_000
const SETTLING_MS = 15_000

export interface HostileReport {
  readonly attack: string
  readonly tongue: string
  readonly handOff: string
  readonly seconds: number
  /** What the attack says it did. */
  readonly did: string
  readonly rssBefore: number
  readonly rssMost: number
  readonly rssAfter: number
  readonly filesBefore: number
  readonly filesAfter: number
  /** Answers to the client that behaves, and the longest it waited. */
  readonly answers: number
  readonly longestMs: number
  readonly problems: readonly string[]
}

/** All attacks, one after the other, on one server. */
export async function attackAll(
  tongue: Tongue,
  handOff: 'frames' | 'sockets',
  sizes: Sizes,
  say = (_: HostileReport) => {},
): Promise<HostileReport[]> {
  const limits = ['--max-connections', '2000', '--memory', '64mb', '--workers', '2']
  const server = await startHeddle(['--handoff', handOff, '--redis-port', '0', ...limits])
  const port = tongue.name === 'redis' ? server.redisPort : server.port
  const target: Target = { tongue, handOff, port, pid: server.pid }
  const reports: HostileReport[] = []
  try {
    // Once for what grows only once: buffers that are freed and kept, compiled code.
    for (const attack of ATTACKS) await attack.run(port, sizes.warm, tongue)
    for (const attack of ATTACKS) {
      reports.push(await attackOnce(attack, target, sizes))
      say(reports.at(-1)!)
    }
  } finally {
    await server.stop()
  }
  return reports
}

interface Target {
  readonly tongue: Tongue
  readonly handOff: string
  readonly port: number
  readonly pid: number
}

async function attackOnce(attack: Attack, target: Target, sizes: Sizes): Promise<HostileReport> {
  const { tongue, handOff, port, pid } = target
  await sleep(100)
  const before = { rss: rssOf(pid), files: filesOf(pid) }
  const good = new GoodClient(port, tongue)
  let rssMost = before.rss
  const watch = setInterval(() => (rssMost = Math.max(rssMost, rssOf(pid))), 50)
  const begun = performance.now()
  const problems: string[] = []
  const did = await attack.run(port, sizes.full, tongue).catch((error: Error) => {
    problems.push(error.message)
    return 'failed'
  })
  const seconds = (performance.now() - begun) / 1000
  clearInterval(watch)
  problems.push(...(await good.end()))
  const isBack = () => filesOf(pid) <= before.files && rssOf(pid) <= before.rss + MOST_GROWTH
  for (let ms = 0; ms < SETTLING_MS && !isBack(); ms += 100) await sleep(100)
  const after = { rss: rssOf(pid), files: filesOf(pid) }
  if (after.files > before.files) problems.push(`${after.files - before.files} files stay open`)
  if (after.rss > before.rss + MOST_GROWTH) problems.push(grown('memory stays', before, after.rss))
  if (rssMost > before.rss + MOST_DURING) problems.push(grown('memory rises', before, rssMost))
  return {
    attack: attack.name,
    tongue: tongue.name,
    handOff,
    seconds: Math.round(seconds * 10) / 10,
    did,
    rssBefore: before.rss,
    rssMost,
    rssAfter: after.rss,
    filesBefore: before.files,
    filesAfter: after.files,
    answers: good.answers,
    longestMs: Math.round(good.longestMs),
    problems,
  }
}

function grown(what: string, { rss }: { rss: number }, now: number): string {
  return `${what}: ${Math.round(now / MIB)} MiB, ${Math.round(rss / MIB)} MiB before`
}

function rssOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * PAGE_BYTES
}

function filesOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Stores and reads one key again and again, and checks every byte of the answers. */
class GoodClient {
  answers = 0
  longestMs = 0
  readonly #problems: string[] = []
  readonly #running: Promise<void>
  readonly #tongue: Tongue
  #isOver = false

  constructor(port: number, tongue: Tongue) {
    this.#tongue = tongue
    this.#running = this.#run(connect(port, '127.0.0.1'))
  }

  async end(): Promise<readonly string[]> {
    this.#isOver = true
    await this.#running
    return this.#problems
  }

  async #run(socket: Socket): Promise<void> {
    socket.on('error', (error) => this.#problems.push(`the good client: ${error.message}`))
    const tongue = this.#tongue
    let received = Buffer.alloc(0)
    let wake = (): void => {}
    socket.on('data', (bytes) => {
      received = Buffer.concat([received, bytes])
      wake()
    })
    for (let n = 0; !this.#isOver && this.#problems.length === 0; n++) {
      const value = `value ${n}`
      const expected = tongue.stored + tongue.found('good', value)
      received = Buffer.alloc(0)
      const begun = performance.now()
      socket.write(tongue.set('good', value) + tongue.get('good'), 'latin1')
      while (received.length < expected.length) {
        const ms = performance.now() - begun
        this.longestMs = Math.max(this.longestMs, ms)
        if (ms > LONGEST_ANSWER_MS) {
          this.#problems.push(`the good client waits ${Math.round(ms)} ms for an answer`)
          break
        }
        await Promise.race([new Promise<void>((resolve) => (wake = resolve)), sleep(200)])
      }
      this.longestMs = Math.max(this.longestMs, performance.now() - begun)
      const reply = tongue.plain(received)
      if (reply === expected) this.answers++
      else this.#problems.push(`the good client is answered ${JSON.stringify(reply.slice(0, 200))}`)
      await sleep(5)
    }
    socket.destroy()
  }
}
