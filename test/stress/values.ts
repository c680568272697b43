/**
 * Values that say who wrote them, under which key and when in that writer's life, and whose every
 * byte follows from those numbers: a reader makes the value anew and compares, so a torn, mixed,
 * misplaced or invented value cannot pass.
 *
 *   text   key|writer|sequence|size|filler      filler: `size` characters of a fixed pattern
 *   list   such values one after the other, each ended by a line feed; made by append
 */

/** What a value says of itself. */
export interface Origin {
  readonly key: string
  /** Number of the worker that wrote it. */
  readonly writer: number
  /** The how manieth write of that worker it is. */
  readonly sequence: number
  readonly size: number
}

const PATTERN_LENGTH = 96 * 1024
const LARGEST_OFFSET = 16 * 1024
export const LARGEST_VALUE = PATTERN_LENGTH - LARGEST_OFFSET
const PATTERN = makePattern()

function makePattern(): string {
  let state = 0x1234567
  let text = ''
  while (text.length < PATTERN_LENGTH) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    text += (state >>> 4).toString(36)
  }
  return text.slice(0, PATTERN_LENGTH)
}

/** The text of a value. */
export function textOf({ key, writer, sequence, size }: Origin): string {
  const offset = (writer * 7919 + sequence * 104_729) % LARGEST_OFFSET
  return `${key}|${writer}|${sequence}|${size}|${PATTERN.slice(offset, offset + size)}`
}

/** The value as it is stored: by turns text, bytes, an object. */
export function stored(origin: Origin): unknown {
  const text = textOf(origin)
  if (origin.sequence % 3 === 1) return Buffer.from(text, 'latin1')
  return origin.sequence % 16 === 2 ? { text } : text
}

/** What a value says of itself, or a sentence about what is wrong with it. */
export function originOf(key: string, value: unknown): Origin | string {
  const text = plainText(value)
  if (text === undefined) return `a ${typeof value} that nobody wrote`
  return originOfText(key, text)
}

function plainText(value: unknown): string | undefined {
  if (typeof value === 'string') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('latin1')
  const { text } = (value ?? {}) as { text?: unknown }
  return typeof text === 'string' ? text : undefined
}

function originOfText(key: string, text: string): Origin | string {
  const [saidKey = '', writer = '', sequence = '', size = ''] = text.split('|', 4)
  const origin = { key, writer: Number(writer), sequence: Number(sequence), size: Number(size) }
  if (saidKey !== key) return `a value of ${excerpt(text)}`
  const isWhole = Number.isSafeInteger(origin.size) && text === textOf(origin)
  return isWhole ? origin : `a damaged value of ${text.length} characters: ${excerpt(text)}`
}

/** The values that a list holds, or a sentence about what is wrong with it. */
export function originsInList(key: string, list: unknown): Origin[] | string {
  if (typeof list !== 'string') return `a ${typeof list} that nobody wrote`
  const lines = list.split('\n')
  if (lines.pop() !== '') return `a list that ends within a value: ${excerpt(list.slice(-40))}`
  const origins: Origin[] = []
  for (const line of lines) {
    const origin = originOfText(key, line)
    if (typeof origin === 'string') return `in a list ${origin}`
    origins.push(origin)
  }
  return origins
}

function excerpt(text: string): string {
  return JSON.stringify(text.slice(0, 40))
}
