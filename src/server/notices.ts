/**
 * Lines for an operator about clients that were turned away: of each kind one a minute at most,
 * with how many there were, so that an attack cannot fill a disk by what is told of it.
 */
const QUIET_MS = 60_000

/**
 * What is told: `foreign` somebody's browser, or a program that takes this port for another,
 * `certificate` one that is over or will be soon, `users` a file that others can read.
 */
export type NoticeKind =
  | 'foreign'
  | 'certificate'
  | 'users'
  | 'tls'
  | 'full'
  | 'perAddress'
  | 'stalled'
  | 'unauthenticated'

export class Notices {
  readonly #tell: (kind: NoticeKind, line: string) => void
  readonly #now: () => number
  readonly #toldAt = new Map<NoticeKind, number>()
  readonly #untold = new Map<NoticeKind, number>()

  /** @param now in ms */
  constructor(
    tell: (kind: NoticeKind, line: string) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#tell = tell
    this.#now = now
  }

  /** @param text a sentence without its end */
  note(kind: NoticeKind, text: string): void {
    const now = this.#now()
    const toldAt = this.#toldAt.get(kind)
    if (toldAt !== undefined && now - toldAt < QUIET_MS) {
      this.#untold.set(kind, (this.#untold.get(kind) ?? 0) + 1)
      return
    }
    const untold = this.#untold.get(kind) ?? 0
    const more = untold === 0 ? '' : ` (and ${untold} more since the last such line)`
    this.#toldAt.set(kind, now)
    this.#untold.delete(kind)
    this.#tell(kind, `${text}${more}`)
  }
}
