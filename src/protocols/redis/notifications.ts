/**
 * Keyspace notifications: which changes of keys are published to which channels. Redis names the
 * command that changed a key; here changes come from the commits of all doors, and a commit knows
 * that a value was stored, deleted, found expired or evicted. So there are four events; classes of
 * events that do not occur here are accepted and shown, and mean nothing.
 */
import type { ChangeKind } from './host.ts'

/** Letters in the order in which CONFIG GET shows them; those of `A` first. */
const CLASSES = 'g$lshzxetdn'
const PLACES = 'KE'
const REST = 'm'
/** `A` does not stand for new keys, though what has all the others is shown as `A`. */
const ALL_CLASSES = 'g$lshzxetd'
const LETTERS: string = CLASSES + PLACES + REST

export const INVALID_CLASS = "Invalid event class character. Use 'Ag$lshzxeKEtmdn'."

function bit(letter: string): number {
  return 1 << LETTERS.indexOf(letter)
}

const ALL: number = [...ALL_CLASSES].reduce((sum, letter) => sum | bit(letter), 0)
const KEYSPACE = bit('K')
const KEYEVENT = bit('E')

/** @returns undefined when there is another letter among them */
export function eventFlags(letters: string): number | undefined {
  let flags = 0
  for (const letter of letters) {
    if (letter === 'A') flags |= ALL
    else if (LETTERS.includes(letter)) flags |= bit(letter)
    else return undefined
  }
  return flags
}

/** As CONFIG GET shows them. */
export function eventLetters(flags: number): string {
  const isAll = (flags & ALL) === ALL
  const shown = (isAll ? '' : CLASSES) + PLACES + REST
  return (isAll ? 'A' : '') + [...shown].filter((letter) => (flags & bit(letter)) !== 0).join('')
}

const EVENTS: Readonly<Record<ChangeKind, { name: string; class: number } | undefined>> = {
  set: { name: 'set', class: bit('$') },
  del: { name: 'del', class: bit('g') },
  expired: { name: 'expired', class: bit('x') },
  evicted: { name: 'evicted', class: bit('e') },
  flush: undefined,
}

/** Publishes what a change of a key is to be told as. Names have a character per byte. */
export function notify(
  flags: number,
  kind: ChangeKind,
  database: number,
  key: string,
  publish: (channel: string, message: string) => void,
): void {
  const event = EVENTS[kind]
  if (event === undefined || (flags & event.class) === 0) return
  if ((flags & KEYSPACE) !== 0) publish(`__keyspace@${database}__:${key}`, event.name)
  if ((flags & KEYEVENT) !== 0) publish(`__keyevent@${database}__:${event.name}`, key)
}
