/**
 * A recorded history: which thread called what when, and what came back.
 *
 * Times are readings of any clock that all threads share: one call precedes another if it returned
 * before the other was invoked, else they overlap. A call that was cut off by the death of its
 * thread has no outcome; it may have taken effect or not, at the latest when it `returned`: when
 * its recovery had ended, Infinity when nobody knows.
 */

export type Value = string | number

/** What a call asks for. `ttl` is in ms; left out: the entry does not expire. */
export type Operation =
  | { readonly name: 'get' | 'gets' | 'has' | 'delete' }
  | { readonly name: 'set' | 'add' | 'replace'; readonly value: Value; readonly ttl?: number }
  | {
      readonly name: 'cas'
      readonly value: Value
      readonly version: number
      readonly ttl?: number
    }
  | { readonly name: 'append' | 'prepend'; readonly value: string }
  | {
      readonly name: 'incr' | 'decr'
      readonly by?: number
      readonly initial?: number
      readonly ttl?: number
    }
  | { readonly name: 'touch'; readonly ttl?: number }
  /** Empties the keys named, or all: `clear()` of an engine or of a namespace. */
  | { readonly name: 'flush'; readonly keys?: readonly string[] }

/**
 * How a call ended. `value` is what the method of the API returned: `undefined` for a miss,
 * `{ value, version }` for `gets`. Nothing is expected of what a flush or a set returned.
 */
export type Outcome =
  | { readonly kind: 'returned'; readonly value: unknown }
  | { readonly kind: 'threw'; readonly code: string }
  | { readonly kind: 'cut' }

export interface Call {
  readonly thread: number
  readonly invoked: number
  readonly returned: number
  /** Not looked at if the operation is a flush. */
  readonly key: string
  readonly operation: Operation
  readonly outcome: Outcome
  /** The wall clock in ms, before and after. Without it what has a ttl may go at any time. */
  readonly clock?: readonly [number, number]
}

export const CUT: Outcome = { kind: 'cut' }

export function returned(value?: unknown): Outcome {
  return { kind: 'returned', value }
}

export function threw(code: string): Outcome {
  return { kind: 'threw', code }
}

/** One line about a call, for a person who looks for the error. */
export function describeCall(call: Call): string {
  const { thread, invoked, key, operation, outcome } = call
  const { name, ...rest } = operation
  const what = name === 'flush' ? '' : `${JSON.stringify(key)} `
  const how = Object.keys(rest).length > 0 ? `${shorten(JSON.stringify(rest))} ` : ''
  const clock = call.clock === undefined ? '' : `  at ${call.clock.join('..')} ms`
  const times = `${invoked}..${call.returned}`
  return `${times}  thread ${thread}  ${name} ${what}${how}-> ${ending(outcome)}${clock}`
}

function ending(outcome: Outcome): string {
  if (outcome.kind === 'cut') return '(died)'
  if (outcome.kind === 'threw') return `threw ${outcome.code}`
  return outcome.value === undefined ? 'undefined' : shorten(JSON.stringify(outcome.value))
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
