/** The changes of `touch`, `append` and `prepend`: what each makes of an old entry. */
import type { Draft } from '../memory/draft.ts'
import { TAG_ASCII, TAG_BYTES, TAG_UTF8 } from './codec.ts'
import { STORED, TOO_LARGE, UNFIT, type Outcome } from './outcomes.ts'
import type { Reading } from './read.ts'
import type { Change } from './update.ts'

/** A new expiry for the same bytes. The version stays. */
export class TouchChange implements Change {
  readonly keepsVersion = true
  readonly #expiry: number

  /** @param expiry absolute, ms; 0 none */
  constructor(expiry: number) {
    this.#expiry = expiry
  }
  make(old: Uint8Array, _reading: Reading, draft: Draft): Outcome {
    draft.bytes = old
    draft.from = 0
    draft.length = old.length
    draft.expiry = this.#expiry
    return STORED
  }
}

/** Bytes before or after what is there. Only text and byte arrays can be added to. */
export class ConcatChange implements Change {
  readonly keepsVersion = false
  readonly #bytes: Uint8Array
  readonly #tag: number
  readonly #before: boolean
  readonly #limit: number

  constructor(bytes: Uint8Array, tag: number, before: boolean, limitBytes: number) {
    this.#bytes = bytes
    this.#tag = tag
    this.#before = before
    this.#limit = limitBytes
  }
  make(old: Uint8Array, reading: Reading, draft: Draft): Outcome {
    const { codec } = reading
    if (codec !== TAG_BYTES && codec !== TAG_ASCII && codec !== TAG_UTF8) return UNFIT
    draft.length = old.length + this.#bytes.length
    if (draft.length > this.#limit) return TOO_LARGE
    const [first, second] = this.#before ? [this.#bytes, old] : [old, this.#bytes]
    draft.bytes = Buffer.concat([first, second])
    draft.from = 0
    if (codec === TAG_ASCII && this.#tag !== TAG_ASCII) draft.codec = TAG_UTF8
    return STORED
  }
}
