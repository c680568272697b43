/**
 * Changes of the cache are read only while somebody needs them: who begins to waits until it is so,
 * and is told why it cannot be.
 */
import type { Continuation, RedisClient } from './client.ts'
import type { ChangesState } from './host.ts'

type Then = (refusal: string | undefined) => void

const LOOK_MS = 2
const PATIENCE_MS = 10_000
const TOO_LATE = 'ERR changes of the cache cannot be told at the moment, try again'
const REFUSALS: Readonly<Partial<Record<ChangesState, string>>> = {
  taken: 'ERR the program around this server reads the mutation feed itself',
  absent: 'ERR this cache was created without a mutation feed (option feedBytes)',
  full: 'ERR no thread can be attached to the cache any more (option maxThreads)',
}

/**
 * Calls back when changes are told, with why not when they cannot be: at once, or as what remains
 * of the client's command.
 */
export function needChanges(client: RedisClient, then: Then): void {
  client.worker.changes.wish(client)
  const waiting = new Waiting(client, then)
  if (!waiting.step(client)) client.more = waiting
}

class Waiting implements Continuation {
  readonly #until: number
  readonly #then: Then

  constructor(client: RedisClient, then: Then) {
    this.#until = client.raw.now() + PATIENCE_MS
    this.#then = then
  }

  step(client: RedisClient): boolean {
    const state = client.host.changesState
    const refusal = REFUSALS[state] ?? (client.raw.now() > this.#until ? TOO_LATE : undefined)
    if (state !== 'open' && refusal === undefined) {
      client.wait(LOOK_MS)
      return false
    }
    if (refusal === undefined) client.host.passOverChanges()
    this.#then(refusal)
    client.worker.changes.forget(client)
    return true
  }
}
