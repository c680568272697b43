/**
 * Commands that change several keys at one moment: they are worked out on an overlay, committed
 * together, and worked out anew when another writer came in between. Nothing is replied before.
 */
import { CONFLICT, CONTENDED, type Outcome, STORED } from '../../engine/raw-access.ts'
import type { Args } from './args.ts'
import type { RedisClient } from './client.ts'
import type { Handler } from './command-table.ts'
import { Overlay } from './overlay.ts'
import { areAsSeen } from './overlay-entry.ts'
import type { Watched } from './transaction.ts'

/** As often another writer may come first; each time a writer has come to its end. */
const TRIES = 1000
/** The longest pause after that, in turns of an empty loop; doubled up to here. */
const LONGEST_PAUSE = 1 << 14

const NOTHING_WATCHED = new Map<string, Watched>()

/** Whether what the client executes now is part of a transaction. */
function isWithin(client: RedisClient): boolean {
  return client.raw !== client.worker.raw
}

/** A handler of which all happens at one moment, or, where it replies an error, nothing. */
export function atomically(handler: Handler): Handler {
  return (client, args) => {
    if (isWithin(client)) handler(client, args)
    else runAlone(client, handler, args)
  }
}

function runAlone(client: RedisClient, handler: Handler, args: Args): void {
  const { reply, worker } = client
  const { errors } = reply
  const run = (): boolean => {
    handler(client, args)
    return reply.errors === errors
  }
  const outcome = workOut(client, NOTHING_WATCHED, run)
  const { scratch } = worker
  if (outcome === STORED) reply.out.copy(scratch.bytes, 0, scratch.length)
  else client.refuse(outcome)
  scratch.clear()
}

/**
 * Works out changes and commits them. Replies go to the worker's `scratch`.
 * @param run executes commands, perhaps more than once; false: there is nothing to commit
 * @returns STORED; CONFLICT: what is watched has changed; CONTENDED, FULL... Nothing was changed
 * then.
 */
export function workOut(
  client: RedisClient,
  watched: Map<string, Watched>,
  run: () => boolean,
): Outcome {
  const { reply, worker } = client
  const { out } = reply
  const overlay = new Overlay(worker.raw)
  client.raw = overlay
  reply.out = worker.scratch
  try {
    for (let tries = 0; ; tries++) {
      worker.scratch.clear()
      overlay.reset()
      if (!run()) return STORED
      const outcome = overlay.commit(watched)
      if (outcome !== CONFLICT || isAnyChanged(client, watched)) return outcome
      if (tries === TRIES) return CONTENDED
      pause(tries)
    }
  } finally {
    client.raw = worker.raw
    reply.out = out
  }
}

/** Whether a watched key is not as it was. */
export function isAnyChanged(
  { worker: { raw } }: RedisClient,
  watched: ReadonlyMap<string, Watched>,
): boolean {
  return !areAsSeen(raw, watched.values())
}

/** Two that abort each other do not meet again at once. */
function pause(tries: number): void {
  const turns = Math.random() * Math.min(LONGEST_PAUSE, 2 ** tries)
  for (let turn = 0; turn < turns; turn++);
}
