/**
 * lru_crawler metadump and mgdump: one line for every entry, bucket by bucket, while others write.
 * Each key that lives throughout is listed once. A turn looks at so many buckets, or fewer when the
 * reply buffer is full, and then others come first; nobody waits for a dump.
 */
import { GONE, HIT, MARK_FETCHED, MAX_RETRIES } from '../../engine/raw-access.ts'
import { casHighOf, casLowOf, type ClientSession, type Continuation } from './client-session.ts'
import { asBigInt } from './decimal.ts'
import { encodeKey } from './watch-lines.ts'

const BUCKETS_PER_TURN = 4096

/** The number that operators see for a size class: 1 is the smallest. */
export function classOf(classBytes: ArrayLike<number>, chunkBytes: number): number {
  for (let i = 0; i < classBytes.length; i++) if (classBytes[i] === chunkBytes) return i + 1
  return 0
}

/** Whether a key can only be named in base64: it has a space or a control character. */
export function isBinaryKey(key: Uint8Array): boolean {
  return key.some((byte) => byte <= 32 || byte === 127)
}

export class Dump implements Continuation {
  readonly #isMeta: boolean
  readonly #classes: ReadonlySet<number> | undefined
  #bucket = 0
  #keys: Uint8Array[] = []

  /**
   * @param isMeta `metadump`, with what is known of each; else `mgdump`, lines that are commands
   * @param classes numbers of size classes; undefined: all
   */
  constructor(isMeta: boolean, classes: ReadonlySet<number> | undefined) {
    this.#isMeta = isMeta
    this.#classes = classes
  }

  step(session: ClientSession): boolean {
    const { raw, out } = session
    const { buckets } = raw.view
    for (let turn = 0; ; turn++) {
      while (this.#keys.length > 0) {
        if (out.isFull) return false
        this.#describe(session, this.#keys.pop()!)
      }
      if (this.#bucket === buckets) {
        out.text(this.#isMeta ? 'END\r\n' : 'EN\r\n')
        return true
      }
      if (turn === BUCKETS_PER_TURN) return false
      this.#keys = raw.keysIn(this.#bucket++)
    }
  }

  #describe(session: ClientSession, key: Uint8Array): void {
    const { raw } = session
    if (!raw.stage(key, 0, key.length)) return
    for (let tries = 0; tries < MAX_RETRIES; tries++) {
      const found = raw.open()
      if (found !== HIT) {
        if (found === GONE) return
        continue
      }
      const sizeClass = classOf(raw.view.classes.bytes, raw.chunkBytes())
      const line = this.#isMeta ? metaLine(session, key, sizeClass) : commandLine(key)
      if (!raw.confirmQuietly()) continue
      if (this.#classes?.has(sizeClass) !== false) session.say(line)
      return
    }
  }
}

function metaLine(session: ClientSession, key: Uint8Array, sizeClass: number): string {
  const { raw } = session
  const { reading } = raw
  const exp = reading.expiry === 0 ? -1 : Math.ceil(reading.expiry / 1000)
  const la = Math.floor(session.now / 1000) - session.idleSeconds(reading.marks)
  const cas = asBigInt(casHighOf(reading), casLowOf(reading))
  const isFetched = (reading.marks & MARK_FETCHED) !== 0 || raw.heat() > 0
  const size = Math.max(raw.chunkBytes(), key.length + reading.length)
  return (
    `key=${encodeKey(key, 0, key.length)} exp=${exp} la=${la} cas=${cas} ` +
    `fetch=${isFetched ? 'yes' : 'no'} cls=${sizeClass} size=${size}\n`
  )
}

function commandLine(key: Uint8Array): string {
  const bytes = Buffer.from(key)
  if (isBinaryKey(key)) return `mg ${bytes.toString('base64')} b\r\n`
  return `mg ${bytes.toString('latin1')}\r\n`
}
