/**
 * CLIENT PAUSE: a command that may not run now waits, copied, as what remains to be answered; its
 * connection executes nothing else meanwhile. Every few milliseconds it looks whether it may go on.
 */
import type { Args } from './args.ts'
import { SETTING } from './board.ts'
import type { Continuation, RedisClient } from './client.ts'
import type { Command } from './command-table.ts'

const LOOK_MS = 10
/** Not write commands, but they write. */
const ALSO_WRITE: readonly string[] = ['pfcount', 'publish', 'spublish']

/** Whether a command has to wait now. */
export function isPaused(client: RedisClient, command: Command): boolean {
  const { board } = client.host
  const until = board.setting(SETTING.pausedUntil)
  if (until === 0 || until <= client.raw.now()) return false
  return board.setting(SETTING.pausesWrites) === 0 || writes(client, command)
}

function writes(client: RedisClient, { name, isWrite }: Command): boolean {
  if (isWrite || ALSO_WRITE.includes(name)) return true
  if (name !== 'exec') return false
  return client.transaction?.queue.some(({ command }) => writes(client, command)) === true
}

export class Postponed implements Continuation {
  readonly #command: Command
  readonly #args: Args

  constructor(command: Command, args: Args) {
    this.#command = command
    this.#args = args.copy()
  }

  step(client: RedisClient): boolean {
    if (isPaused(client, this.#command)) {
      client.wait(LOOK_MS)
      return false
    }
    client.more = undefined
    client.execute(this.#command, this.#args)
    return client.more === undefined
  }
}
