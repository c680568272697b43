/**
 * Warnings of the process (Node's, the engine's, the server's own) as lines of the log: Node would
 * print them on stderr in a form of its own. Each thread has its `process` and its warnings.
 */

/** The server logs the death of a worker itself, and warns the process for whoever embeds it. */
const LOGGED_ELSEWHERE = ['HEDDLE_WORKER']

/** From now on this thread's warnings are told, and Node prints them no more. */
export function takeWarnings(tell: (warning: { code: string; why: string }) => void): void {
  process.removeAllListeners('warning')
  process.on('warning', (warning: Error & { code?: string }) => {
    const { code, name, message } = warning
    if (code !== undefined && LOGGED_ELSEWHERE.includes(code)) return
    tell({ code: code ?? name, why: message })
  })
}
