/**
 * The same random streams of pipelined commands to this server and to a memcached: replies are
 * compared batch by batch, in their normal form. A stream that is answered differently is made
 * shorter while it still is, first by whole batches, then by commands.
 */
import { NormalForm } from './normal-form.ts'
import { type Batch, NO_ANSWER, Peer } from './peer.ts'
import { streamOf, timedStreamOf } from './streams.ts'

const COMMANDS_PER_STREAM = 4000
const MOST_REPLAYS = 400

export interface Difference {
  readonly seed: number
  /** It was seen again when the same was asked again. */
  readonly repeats: boolean
  /** The shortest stream that was found to differ, in batches; the first one empties the cache. */
  readonly batches: readonly (readonly string[])[]
  readonly ours: string
  readonly theirs: string
}

export interface Tally {
  commands: number
  streams: number
  replyBytes: number
  difference: Difference | undefined
}

export class Differential {
  readonly #ours: Peer
  readonly #theirs: Peer

  constructor(oursPort: number, theirsPort: number) {
    this.#ours = new Peer(oursPort)
    this.#theirs = new Peer(theirsPort)
  }

  /** Compares `commands` random commands, or until `isOver`; stops at the first difference. */
  async run(seed: number, commands: number, isOver = () => false): Promise<Tally> {
    const tally: Tally = { commands: 0, streams: 0, replyBytes: 0, difference: undefined }
    while (tally.commands < commands && !isOver()) {
      const streamSeed = seed + tally.streams++
      const left = Math.min(COMMANDS_PER_STREAM, commands - tally.commands)
      const batches = streamOf(streamSeed, left, Math.floor(Date.now() / 1000))
      const found = await this.#compare(batches, tally)
      if (found === undefined) continue
      tally.difference = await this.#shrink(streamSeed, batches.slice(0, found.at + 1), found)
      return tally
    }
    this.close()
    return tally
  }

  /** Streams in which time passes, some seconds each: what expires, and a delayed flush. */
  async runTimed(seed: number, streams: number): Promise<Tally> {
    const tally: Tally = { commands: 0, streams: 0, replyBytes: 0, difference: undefined }
    for (let n = 0; n < streams && tally.difference === undefined; n++) {
      tally.streams++
      const batches = timedStreamOf(seed + n, Math.floor(Date.now() / 1000))
      const found = await this.#compare(batches, tally)
      // One that is not seen again met a tick of memcached's clock.
      const again = found && (await this.#compare(batches))
      if (again === undefined) continue
      const texts = batches.slice(0, again.at + 1).map(({ commands }) => commands)
      const { ours, theirs } = again
      tally.difference = { seed: seed + n, repeats: true, batches: texts, ours, theirs }
    }
    this.close()
    return tally
  }

  close(): void {
    this.#ours.close()
    this.#theirs.close()
  }

  /** The first batch that is answered differently; both start from nothing. */
  async #compare(batches: readonly Batch[], tally?: Tally): Promise<Found | undefined> {
    this.close()
    const forms = [new NormalForm(), new NormalForm()] as const
    for (const [at, batch] of batches.entries()) {
      const [ours, theirs] = await Promise.all([this.#ours.ask(batch), this.#theirs.ask(batch)])
      if (tally !== undefined) {
        tally.commands += batch.commands.length
        tally.replyBytes += ours.length
      }
      if (ours.endsWith(NO_ANSWER)) return { at, ours, theirs }
      if (ours === theirs) continue
      const [left, right] = [forms[0].of(withoutNumber(ours)), forms[1].of(withoutNumber(theirs))]
      if (left !== right) return { at, ours: left, theirs: right }
    }
    return undefined
  }

  async #shrink(seed: number, batches: readonly Batch[], found: Found): Promise<Difference> {
    let shortest = [...batches]
    let replays = 0
    let last = found
    let repeats = false
    const attempt = async (candidate: Batch[]): Promise<boolean> => {
      if (++replays > MOST_REPLAYS) return false
      const difference = await this.#compare(candidate)
      if (difference === undefined) return false
      shortest = candidate.slice(0, difference.at + 1)
      last = difference
      return true
    }
    repeats = await attempt(shortest)
    for (
      let size = repeats ? Math.ceil(shortest.length / 2) : 0;
      size >= 1;
      size = Math.floor(size / 2)
    ) {
      for (let at = 1; at < shortest.length; ) {
        const rest = [...shortest.slice(0, at), ...shortest.slice(at + size)]
        if (!(await attempt(rest))) at += size
      }
    }
    for (let at = 1; repeats && at < shortest.length; at++) {
      for (let size = 40; size >= 1; size = Math.floor(size / 2)) {
        for (let from = 0; from < (shortest[at]?.commands.length ?? 0); ) {
          const batch = shortest[at]!
          const commands = batch.commands.filter((_, n) => n < from || n >= from + size)
          const rest = shortest.map((other, n) => (n === at ? { ...batch, commands } : other))
          if (!(await attempt(rest))) from += size
        }
      }
    }
    const { ours, theirs } = last
    const texts = shortest.map(({ commands }) => commands)
    return { seed, repeats, batches: texts, ours, theirs }
  }
}

interface Found {
  readonly at: number
  readonly ours: string
  readonly theirs: string
}

/** Batches are numbered by each peer for itself; the lines that fill up a batch become a number. */
function withoutNumber(reply: string): string {
  return reply.replace(/(?:ERROR\r\n)*EN O\d+\r\n$/, (end) => {
    return `<and ${end.split('ERROR').length - 1} errors>`
  })
}

/** A difference as text: what to send, and both answers from where they differ. */
export function differenceText(difference: Difference): string {
  const { seed, repeats, batches, ours, theirs } = difference
  const sent = (repeats ? batches.slice(1) : batches.slice(-1)).filter(({ length }) => length > 0)
  let same = 0
  while (same < ours.length && ours[same] === theirs[same]) same++
  const from = Math.max(0, same - 100)
  return [
    `answered differently (stream seed ${seed}${repeats ? '' : ', only once; the last batch'}):`,
    ...sent.map((commands) => commands.map((text) => `    ${shown(text)}`).join('\n')),
    `  from byte ${from} on`,
    `  heddle:    ${shown(ours.slice(from, from + 400))}`,
    `  memcached: ${shown(theirs.slice(from, from + 400))}`,
  ].join('\n')
}

/** Long runs of one character are counted: `k{250}`. */
function shown(text: string): string {
  const cut = text.length > 600 ? `${text.slice(0, 300)}... of ${text.length} bytes` : text
  const runs = /([^\\])\1{19,}/g
  return JSON.stringify(cut).replace(runs, (run, of: string) => `${of}{${run.length}}`)
}
