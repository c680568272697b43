/**
 * Who watches a server while it works: a scraper that asks for /metrics every second, and a
 * dashboard, which is a stream of /events that is read for as long as it is open (where the server
 * has one).
 */
const SCRAPE_EVERY_MS = 1000

export interface Watchers {
  /** @returns scrapes so far, and bytes of the dashboard's events */
  leave(): Promise<{ readonly scrapes: number; readonly eventBytes: number }>
}

/** @param base `http://127.0.0.1:8080` @throws when a scrape fails */
export async function startWatching(base: string): Promise<Watchers> {
  let scrapes = 0
  let eventBytes = 0
  let failure: unknown
  const scrape = async (): Promise<void> => {
    const response = await fetch(`${base}/metrics`)
    const text = await response.text()
    if (response.status !== 200 || !text.includes('heddle_hits_total')) {
      throw new Error(`/metrics answered ${response.status}: ${text.slice(0, 100)}`)
    }
    scrapes++
  }
  await scrape()
  const timer = setInterval(() => {
    scrape().catch((error) => (failure ??= error))
  }, SCRAPE_EVERY_MS)
  const closing = new AbortController()
  const dashboard = readEvents(base, closing.signal, (bytes) => {
    eventBytes += bytes
  })
  return {
    leave: async () => {
      clearInterval(timer)
      closing.abort()
      await dashboard
      if (failure !== undefined) throw failure
      return { scrapes, eventBytes }
    },
  }
}

/** Reads until it is aborted; a server without a dashboard has no events. */
async function readEvents(
  base: string,
  signal: AbortSignal,
  received: (bytes: number) => void,
): Promise<void> {
  try {
    const response = await fetch(`${base}/events`, { signal })
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel()
      return
    }
    for await (const chunk of response.body) received(chunk.length)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
