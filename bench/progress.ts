/**
 * The progress line on standard error: what runs now, how far it is, the seconds so far. On a
 * terminal the line is rewritten in place; elsewhere (a log, a pipe) a line is written at most
 * every few seconds, so that logs stay short.
 */
const QUIET_SECONDS = 5
const ERASE_LINE = '\r\u001b[2K'

export interface Progress {
  /** Begins a part; `steps` may be refined by later calls of `step`. */
  begin(part: string): void
  step(what: string, done: number, of: number): void
  /** Ends the part and returns its seconds. */
  end(): number
}

export function startProgress(stream: NodeJS.WriteStream = process.stderr): Progress {
  const inPlace = stream.isTTY === true
  const startedAt = performance.now()
  let part = ''
  let partStartedAt = startedAt
  let shownAt = 0

  function write(text: string, isLast: boolean): void {
    const total = ((performance.now() - startedAt) / 1000).toFixed(0)
    const line = `[${total.padStart(3)} s] ${part}: ${text}`
    if (inPlace) stream.write(`${ERASE_LINE}${line}${isLast ? '\n' : ''}`)
    else stream.write(`${line}\n`)
    shownAt = performance.now()
  }
  return {
    begin(name) {
      part = name
      partStartedAt = performance.now()
      write('starts', false)
    },
    step(what, done, of) {
      const isDue = inPlace || performance.now() - shownAt > QUIET_SECONDS * 1000
      if (isDue) write(`${done}/${of} ${what}`, false)
    },
    end() {
      const seconds = (performance.now() - partStartedAt) / 1000
      write(`done in ${seconds.toFixed(1)} s`, true)
      return seconds
    },
  }
}
