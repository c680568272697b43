/**
 * The seam of '#words' under the Node condition `explore`: the server's hand-off of work. Timeouts
 * never end, so that a wake-up which got lost is a deadlock; a word that is rung wakes all.
 */
import * as plain from '../../src/server/words.ts'
import { compareExchange, copyIn as copyBytesIn } from './atomics.ts'
import { machine, OFF } from './machine.ts'
import { ASLEEP } from './thread.ts'
import { LISTEN, RING, WAIT } from './trace.ts'

export { add, load, peek, peekBuffer, poke, store } from './atomics.ts'

export function copyIn(shared: Buffer, at: number, source: Buffer, from: number, to: number): void {
  copyBytesIn(shared, at, source, from, to - from)
}

/** The callback is woken at once, as if a word that it waits for were rung already. */
export function soon(callback: () => void): void {
  if (machine.mode === OFF) {
    plain.soon(callback)
    return
  }
  const thread = machine.current
  const at = thread.callbacks.push(callback) - 1
  const word = machine.words.returnsOf(thread.index)
  if (!machine.begin(LISTEN, word, 1)) return
  machine.end(LISTEN, word, 1, false, 0)
  thread.woken.push(at)
}

export function swap(words: Int32Array, at: number, seen: number, fresh: number): boolean {
  return compareExchange(words, at, seen, fresh) === (seen | 0)
}

export function ring(words: Int32Array, at: number): void {
  if (machine.mode === OFF) {
    plain.ring(words, at)
    return
  }
  const word = machine.words.baseOf(words) + at
  if (machine.begin(RING, word, 1)) machine.end(RING, word, 1, true, 0)
}

export function restWhile(words: Int32Array, at: number, seen: number, ms: number): void {
  if (machine.mode === OFF) {
    plain.restWhile(words, at, seen, ms)
    return
  }
  const word = machine.words.baseOf(words) + at
  if (!machine.begin(WAIT, word, 1)) return
  const sleeps = machine.words.get(word) === (seen | 0)
  machine.end(WAIT, word, 1, false, sleeps ? 1 : 0)
  if (sleeps) machine.sleep(ASLEEP, word)
  machine.stale?.woke(machine.current.index, word)
}

export function whenRung(words: Int32Array, at: number, seen: number, wake: () => void): void {
  if (machine.mode === OFF) {
    plain.whenRung(words, at, seen, wake)
    return
  }
  const thread = machine.current
  const callback = thread.callbacks.push(wake) - 1
  const word = machine.words.baseOf(words) + at
  if (!machine.begin(LISTEN, word, 1)) return
  const sleeps = machine.words.get(word) === (seen | 0)
  machine.end(LISTEN, word, 1, false, sleeps ? 1 : 0)
  if (sleeps) thread.listening.set(callback, word)
  else {
    thread.woken.push(callback)
    machine.stale?.woke(thread.index, word)
  }
}
