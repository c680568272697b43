/**
 * The terminal as a screen that is drawn over and over: the alternate screen, so what was there is
 * there again afterwards; each frame is one write that overwrites lines in place and clears what
 * is left of each, so nothing flickers. However the process ends, the terminal is as it was.
 */
const ENTER = '\u001b[?1049h\u001b[?25l'
const LEAVE = '\u001b[?25h\u001b[?1049l'
const BEGIN_FRAME = '\u001b[?2026h\u001b[H'
const END_FRAME = '\u001b[J\u001b[?2026l'
const CLEAR_REST = '\u001b[K'
/** q, and what a raw terminal sends for Ctrl-C and Ctrl-D. */
const QUITS = ['q', 'Q', '\u0003', '\u0004']
const DEFAULT_WIDTH = 80
const DEFAULT_HEIGHT = 24

export interface Output {
  write(text: string): unknown
  readonly columns?: number
  readonly rows?: number
  readonly writableLength?: number
}

export interface Keys {
  setRawMode?(isRaw: boolean): unknown
  on(event: 'data', listener: (chunk: Buffer | string) => void): unknown
  resume(): unknown
  pause(): unknown
}

export class Screen {
  readonly #output: Output
  readonly #keys: Keys
  #isOpen = false

  constructor(output: Output, keys: Keys) {
    this.#output = output
    this.#keys = keys
  }

  get width(): number {
    return this.#output.columns || DEFAULT_WIDTH // 0: a terminal that nobody gave a size
  }

  get height(): number {
    return this.#output.rows || DEFAULT_HEIGHT
  }

  /** @param quit called for q, Ctrl-C and Ctrl-D, which a raw terminal brings as bytes */
  open(quit: () => void): void {
    this.#isOpen = true
    this.#output.write(ENTER)
    this.#keys.setRawMode?.(true)
    this.#keys.on('data', (chunk) => {
      if ([...chunk.toString()].some((key) => QUITS.includes(key))) quit()
    })
    this.#keys.resume()
  }

  /** A frame that the terminal has not taken yet is not overtaken by the next. */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen || (this.#output.writableLength ?? 0) > 0) return
    const body = lines.map((line) => `${line}${CLEAR_REST}`).join('\r\n')
    this.#output.write(BEGIN_FRAME + body + END_FRAME)
  }

  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#keys.setRawMode?.(false)
    this.#keys.pause()
    this.#output.write(LEAVE)
  }
}
