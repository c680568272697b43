/**
 * The frames between acceptor and worker, with real commands in them: several connections whose
 * streams are cut anywhere, pushed through one link in any order, executed now and then, and whose
 * replies are taken late. Each must hear what its stream is answered when it is fed whole.
 */
import { FrameExecutor } from '../../src/server/frame-executor.ts'
import {
  CLOSING,
  createLink,
  CREDITS,
  END,
  GONE,
  LAST,
  Link,
  REPLIED,
} from '../../src/server/link.ts'
import { LinkEnd } from '../../src/server/link-end.ts'
import type { Dialect } from './dialect.ts'
import type { Random } from './random.ts'
import { WireBench } from './twin-bench.ts'

const CLIENTS = 5
const COMMANDS_PER_CLIENT = 120
const LONGEST_CHUNK = 64 * 1024
const MOST_TURNS = 200_000

/** One connection: what it says, and what it hears. */
interface Speaker {
  readonly slot: number
  readonly bench: WireBench
  readonly stream: Buffer
  said: number
  heard: string[]
  /** Bytes of replies that were taken, and that were written to the client. */
  replied: number
  hasEnded: boolean
  isOver: boolean
}

export interface FramesReport {
  readonly frames: number
  readonly bytes: number
  readonly problem: string | undefined
}

/** Runs one random exchange. */
export function exchange(dialect: Dialect, random: Random): FramesReport {
  const end = new LinkEnd(new Link(createLink(CLIENTS, new SharedArrayBuffer(64))), 0)
  const speakers = Array.from({ length: CLIENTS }, (_, slot) => makeSpeaker(dialect, slot, random))
  const executor = new FrameExecutor(end.link, (slot) => speakers[slot]!.bench.connect())
  // How slowly the clients read.
  const slowness = random.one([1, 10, 200])
  let frames = 0
  for (let turn = 0; ; turn++) {
    if (turn === MOST_TURNS) return { frames, bytes: 0, problem: 'it does not come to rest' }
    const what = random.below(10)
    if (what < 5) frames += say(end, random.one(speakers), random)
    else if (what < 8) executor.step()
    else if (what === 8) take(end, speakers)
    else if (random.once(slowness)) acknowledge(end, random.one(speakers))
    if (turn % 50 === 0 && isAtRest(end, speakers, executor)) break
  }
  const bytes = speakers.reduce((sum, { stream }) => sum + stream.length, 0)
  return {
    frames,
    bytes,
    problem: speakers.map((each) => compare(dialect, each)).find((found) => found !== undefined),
  }
}

function makeSpeaker(dialect: Dialect, slot: number, random: Random): Speaker {
  const stream = dialect.stream(random, COMMANDS_PER_CLIENT)
  const bench = new WireBench(dialect.openWorld)
  const state = { said: 0, heard: [], replied: 0, hasEnded: false, isOver: false }
  return { slot, bench, stream, ...state }
}

function say(end: LinkEnd, speaker: Speaker, random: Random): number {
  if (speaker.hasEnded || speaker.isOver || !end.hasRoom) return 0
  const { slot, stream, said } = speaker
  if (said === stream.length) {
    speaker.hasEnded = true
    end.tell(slot, END)
    return 1
  }
  const longest = random.one([1, 10, 100, LONGEST_CHUNK])
  const count = Math.min(stream.length - said, 1 + random.below(longest))
  end.push(slot, stream, said, said + count)
  speaker.said += count
  return 1
}

/** Takes all replies that are in the ring. */
function take(end: LinkEnd, speakers: readonly Speaker[]): void {
  const { replies, control } = end.link
  let position = end.drained
  while (position !== Atomics.load(control, REPLIED)) {
    const at = replies.wordAt(position)
    const [length, slot, kind, request] = replies.words.subarray(at, at + 4)
    const from = replies.payloadAt(position)
    const speaker = speakers[slot!]
    if (speaker !== undefined) {
      speaker.heard.push(replies.bytes.toString('latin1', from, from + length!))
      speaker.replied += length!
      if ((kind! & (CLOSING | GONE)) !== 0) speaker.isOver = true
    }
    if ((kind! & LAST) !== 0) end.consumed = request!
    position = replies.after(position, length!)
  }
  end.took(position)
}

/** Everything that was taken is written to the client. */
function acknowledge(end: LinkEnd, speaker: Speaker): void {
  Atomics.store(end.link.written, 2 * speaker.slot, speaker.replied)
  Atomics.add(end.link.control, CREDITS, 1)
}

function isAtRest(end: LinkEnd, speakers: readonly Speaker[], executor: FrameExecutor): boolean {
  if (!speakers.every(({ hasEnded, isOver }) => hasEnded || isOver)) return false
  take(end, speakers)
  for (const speaker of speakers) acknowledge(end, speaker)
  return !executor.hasWork && end.isIdle
}

function compare(dialect: Dialect, speaker: Speaker): string | undefined {
  const { slot, bench, stream, heard, isOver } = speaker
  const alone = new WireBench(dialect.openWorld)
  const { reply } = alone.feed(stream, [], Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
  const [ours, whole] = [heard.join(''), reply.toString('latin1')]
  const problems = [...alone.close(), ...bench.close()]
  if (problems.length > 0) return `the walker finds: ${problems.join('; ')}`
  if (!isOver) return `connection ${slot} never ends`
  if (ours === whole) return undefined
  let at = 0
  while (ours[at] === whole[at]) at++
  const shown = [ours, whole].map((text) => JSON.stringify(text.slice(at - 60, at + 60)))
  return `connection ${slot} hears ${shown[0]} from byte ${at} on, and not ${shown[1]}`
}
