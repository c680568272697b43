/**
 * The accesses of one execution, in the order in which they happened, and what there is to say of
 * an access: its kind, its words, whether it wrote.
 */

/** Kinds of access. A mark is no access of the program: the explorer's own words are written. */
export const LOAD = 0
export const STORE = 1
export const SWAP = 2
export const ADD = 3
export const PEEK = 4
export const POKE = 5
export const CLOSE = 6
/** A thread goes to sleep unless the word has changed. */
export const WAIT = 7
/** A thread gives a callback for when the word is rung. */
export const LISTEN = 8
export const RING = 9
export const INVOKE = 10
export const RETURN = 11
export const DEATH = 12
export const END = 13
export const KIND_NAMES = [
  'load',
  'store',
  'compareExchange',
  'add',
  'peek',
  'poke',
  'closeReads',
  'wait',
  'listen',
  'ring',
  'begins',
  'returns',
  'dies',
  'ends',
] as const

/** Accesses that may do something: a death before them leaves something else than one after them. */
export function mayMatter(kind: number): boolean {
  const mayWrite = kind === STORE || kind === SWAP || kind === ADD || kind === POKE
  return mayWrite || kind === RING || kind === RETURN
}

/** Atomic accesses that read: alone, or because they failed to write. */
export function isAtomicLoad(kind: number): boolean {
  return kind === LOAD || kind === SWAP || kind === CLOSE || kind === WAIT || kind === LISTEN
}

export class Trace {
  readonly most: number
  count = 0
  readonly thread: Uint8Array
  readonly kind: Uint8Array
  readonly word: Int32Array
  readonly span: Uint8Array
  readonly wrote: Uint8Array
  /** Which older value a read got, 0 the newest. */
  readonly older: Uint8Array

  constructor(most: number) {
    this.most = most
    this.thread = new Uint8Array(most)
    this.kind = new Uint8Array(most)
    this.word = new Int32Array(most)
    this.span = new Uint8Array(most)
    this.wrote = new Uint8Array(most)
    this.older = new Uint8Array(most)
  }

  push(thread: number, kind: number, word: number, span: number, wrote: boolean): void {
    const at = this.count++
    this.thread[at] = thread
    this.kind[at] = kind
    this.word[at] = word
    this.span[at] = span
    this.wrote[at] = wrote ? 1 : 0
  }
}
