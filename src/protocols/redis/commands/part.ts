/**
 * Reading a part of a string: which bytes, is known when its length is. Only those are copied, so
 * a look at a few bytes of a large value costs what it costs of a small one.
 */
import { GONE, HIT, MAX_RETRIES } from '../../../engine/raw-access.ts'
import type { RedisClient } from '../client.ts'
import { CONTENDED_REPLY, WRONG_TYPE } from '../errors.ts'
import type { Integer } from '../values/integer.ts'
import { isString } from '../value-type.ts'
import { ABSENT, NOTHING, REFUSED } from './edit.ts'
import { noteUse } from './use.ts'

/** What a command wants of a string, and once it was read, where that lies. */
export class Part {
  /** The bytes that hold it, `to` not included. */
  from = 0
  to = 0
  /** Its first and last bit, counted from the beginning of byte `from`; first > last: none. */
  first = 0
  last = -1
  /** What the client is told instead if there is a string. */
  refusal: string | undefined
  #start = 0
  #end = -1
  #isBits = false

  /** From `start` to `end`, both included; below 0 they count from the end of the string. */
  want(start: Integer, end: Integer, isBits: boolean): void {
    this.#start = Number(start)
    this.#end = Number(end)
    this.#isBits = isBits
    this.refusal = undefined
  }

  /** As `want`, but nothing where both count from the end and are the wrong way round. */
  wantInOrder(start: Integer, end: Integer, isBits: boolean): void {
    if (start < 0 && end < 0 && start > end) this.want(1, 0, false)
    else this.want(start, end, isBits)
  }

  /** Places it in a string of so many bytes. */
  place(length: number): void {
    const isBits = this.#isBits
    const units = isBits ? 8 * length : length
    const start = this.#start
    const end = this.#end
    const first = Math.max(start < 0 ? units + start : start, 0)
    const last = Math.min(Math.max(end < 0 ? units + end : end, 0), units - 1)
    const isEmpty = first > last
    this.from = isEmpty ? 0 : isBits ? Math.floor(first / 8) : first
    this.to = isEmpty ? 0 : isBits ? Math.floor(last / 8) + 1 : last + 1
    this.first = isBits && !isEmpty ? first - 8 * this.from : 0
    this.last = isBits && !isEmpty ? last - 8 * this.from : 8 * (this.to - this.from) - 1
  }
}

/** Short parts are read into this, which is good until the next read. */
const SHORT = new Uint8Array(64)

/**
 * The bytes from `part.from` on of the string under the staged key; there may be more of them than
 * were asked for.
 */
export function readPart(
  client: RedisClient,
  part: Part,
): Uint8Array | typeof ABSENT | typeof REFUSED {
  const { raw, reply } = client
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const seen = raw.open()
    if (seen === GONE) return ABSENT
    if (seen !== HIT) continue
    const refusal = isString(raw.reading.codec) ? part.refusal : WRONG_TYPE
    let bytes = NOTHING
    if (refusal === undefined) {
      part.place(raw.reading.length)
      const length = part.to - part.from
      bytes = length <= SHORT.length ? SHORT : new Uint8Array(length)
      raw.copyPart(bytes, 0, part.from, part.to)
    }
    if (!raw.confirm()) continue
    noteUse(client)
    if (refusal === undefined) return bytes
    reply.error(refusal)
    return REFUSED
  }
  reply.error(CONTENDED_REPLY)
  return REFUSED
}

/** Replies with a part of the string under the staged key; of an absent one it is empty. */
export function sendPart(client: RedisClient, part: Part): void {
  const { raw, reply } = client
  const { out } = reply
  const mark = out.length
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const seen = raw.open()
    if (seen === GONE) {
      reply.bulk(NOTHING)
      return
    }
    if (seen !== HIT) continue
    const { codec, length } = raw.reading
    part.place(length)
    const bytes = part.to - part.from
    const at = reply.openBulk(bytes)
    raw.copyPart(out.bytes, at, part.from, part.to)
    if (raw.confirm()) {
      if (isString(codec)) reply.closeBulk(bytes)
      else {
        out.length = mark
        reply.error(WRONG_TYPE)
      }
      noteUse(client)
      return
    }
    out.length = mark
  }
  reply.error(CONTENDED_REPLY)
}
