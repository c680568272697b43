/**
 * Anything in a few words, for error messages: never more than a line, and no code of the value
 * runs while it is described (no getter, no toString, no proxy trap that could throw).
 */
const SHOWN_CHARACTERS = 40
const SHOWN_BIGINT = 10n ** 40n

/** A short, safe rendering of anything. */
export function describe(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return describeString(value)
    case 'bigint':
      return value < SHOWN_BIGINT && value > -SHOWN_BIGINT ? `${value}n` : 'a large bigint'
    case 'function':
      return 'a function'
    case 'symbol':
      return 'a symbol'
    case 'object':
      return describeObject(value)
    default:
      return Object.is(value, -0) ? '-0' : String(value)
  }
}

/** Keeps what is small: an error in a log queue must not keep a hundred megabytes alive. */
export function retainable(value: unknown): unknown {
  if (typeof value === 'string') return value.slice(0, SHOWN_CHARACTERS)
  const isReference = (typeof value === 'object' && value !== null) || typeof value === 'function'
  return isReference ? describe(value) : value
}

/** 65535 as "65,535", whatever the locale of the machine. */
export function count(quantity: number): string {
  return quantity.toLocaleString('en-US')
}

function describeString(text: string): string {
  if (text.length <= SHOWN_CHARACTERS) return JSON.stringify(text)
  return `${JSON.stringify(text.slice(0, SHOWN_CHARACTERS))}... (${count(text.length)} characters)`
}

function describeObject(value: object | null): string {
  if (value === null) return 'null'
  if (ArrayBuffer.isView(value)) return `a view of ${count(value.byteLength)} bytes`
  try {
    return Array.isArray(value) ? `an array of ${count(value.length)}` : 'an object'
  } catch {
    return 'a revoked proxy'
  }
}
