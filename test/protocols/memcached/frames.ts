/** Requests of the binary protocol as bytes, and replies as text that a test can be read with. */

export const OP = {
  get: 0x00,
  set: 0x01,
  add: 0x02,
  replace: 0x03,
  delete: 0x04,
  increment: 0x05,
  decrement: 0x06,
  quit: 0x07,
  flush: 0x08,
  getq: 0x09,
  noop: 0x0a,
  version: 0x0b,
  getk: 0x0c,
  getkq: 0x0d,
  append: 0x0e,
  prepend: 0x0f,
  stat: 0x10,
  setq: 0x11,
  addq: 0x12,
  replaceq: 0x13,
  deleteq: 0x14,
  incrementq: 0x15,
  decrementq: 0x16,
  quitq: 0x17,
  flushq: 0x18,
  appendq: 0x19,
  prependq: 0x1a,
  verbosity: 0x1b,
  touch: 0x1c,
  gat: 0x1d,
  gatq: 0x1e,
  saslList: 0x20,
  saslAuth: 0x21,
  saslStep: 0x22,
  gatk: 0x23,
  gatkq: 0x24,
} as const

/** `told`: the last CAS that the server told of the key. */
export type Cas = bigint | 'told'

export interface Request {
  readonly op: number
  readonly key: string
  readonly value: string
  readonly extras: Buffer
  readonly cas: Cas
  /** Fields of the header that say something else than the truth. */
  readonly lies: Readonly<Partial<Record<LyingField, number>>>
}
type LyingField = 'magic' | 'keyBytes' | 'extraBytes' | 'dataType' | 'vbucket' | 'bodyBytes'

const NONE = Buffer.alloc(0)

/** 32-bit words as extras. */
export function words(...of: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * of.length)
  for (const [index, word] of of.entries()) bytes.writeUInt32BE(word, 4 * index)
  return bytes
}

export function ask(op: number, key = '', rest: Partial<Request> = {}): Request {
  return { op, key, value: '', extras: NONE, cas: 0n, lies: {}, ...rest }
}

/** set, add, replace and their quiet forms. */
export function store(
  op: number,
  key: string,
  value: string,
  { flags = 0, seconds = 0, cas = 0n as Cas } = {},
): Request {
  return ask(op, key, { value, cas, extras: words(flags, seconds) })
}

export function count(op: number, key: string, by: bigint, first = 0n, seconds = 0): Request {
  const extras = Buffer.alloc(20)
  extras.writeBigUInt64BE(by, 0)
  extras.writeBigUInt64BE(first, 8)
  extras.writeUInt32BE(seconds, 16)
  return ask(op, key, { extras })
}

/** A request as bytes. @param cas what `told` stands for */
export function encode(request: Request, opaque: number, cas: bigint): Buffer {
  const { op, extras, lies } = request
  const key = Buffer.from(request.key, 'latin1')
  const value = Buffer.from(request.value, 'latin1')
  const header = Buffer.alloc(24)
  header[0] = lies.magic ?? 0x80
  header[1] = op
  header.writeUInt16BE(lies.keyBytes ?? key.length, 2)
  header[4] = lies.extraBytes ?? extras.length
  header[5] = lies.dataType ?? 0
  header.writeUInt16BE(lies.vbucket ?? 0, 6)
  header.writeUInt32BE(lies.bodyBytes ?? extras.length + key.length + value.length, 8)
  header.writeUInt32BE(opaque, 12)
  header.writeBigUInt64BE(request.cas === 'told' ? cas : request.cas, 16)
  return Buffer.concat([header, extras, key, value])
}

/** Requests with their places as opaque, and no CAS. */
export function stream(requests: readonly Request[]): Buffer {
  return Buffer.concat(requests.map((request, place) => encode(request, place, 0n)))
}

export interface Reply {
  readonly opaque: number
  readonly op: number
  readonly status: number
  readonly cas: bigint
  readonly key: string
  readonly extras: string
  readonly value: string
}

/** Whole replies; what is no reply is an error. */
export function decode(bytes: Buffer): Reply[] {
  const replies: Reply[] = []
  for (let at = 0; at < bytes.length; ) {
    const bodyBytes = at + 24 <= bytes.length ? bytes.readUInt32BE(at + 8) : Infinity
    if (bytes[at] !== 0x81 || bytes[at + 5] !== 0 || at + 24 + bodyBytes > bytes.length) {
      throw new Error(`no reply at ${at}: ${bytes.toString('hex', at, at + 24)}`)
    }
    const [keyBytes, extraBytes] = [bytes.readUInt16BE(at + 2), bytes[at + 4]!]
    const keyAt = at + 24 + extraBytes
    const end = at + 24 + bodyBytes
    replies.push({
      op: bytes[at + 1]!,
      status: bytes.readUInt16BE(at + 6),
      opaque: bytes.readUInt32BE(at + 12),
      cas: bytes.readBigUInt64BE(at + 16),
      extras: bytes.toString('hex', at + 24, keyAt),
      key: bytes.toString('latin1', keyAt, keyAt + keyBytes),
      value: bytes.toString('latin1', keyAt + keyBytes, end),
    })
    at = end
  }
  return replies
}

/** `status`, then what there is of `cas`, `x` and extras, `key=`, `"value"`. */
export function show({ status, cas, extras, key, value }: Reply): string {
  const parts = [`0x${status.toString(16).padStart(2, '0')}`]
  if (cas !== 0n) parts.push('cas')
  if (extras !== '') parts.push(`x${extras}`)
  if (key !== '') parts.push(`key=${key}`)
  if (value !== '') parts.push(`"${value}"`)
  return parts.join(' ')
}
