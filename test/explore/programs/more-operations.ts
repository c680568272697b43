/** Operations for programs about memory, time and deaths: long values, pages, limits, recovery. */
import { poke } from '#atomics'
import { CONTROL } from '../../../native-layout/control-block.ts'
import { COUNTER } from '../../../native-layout/thread-row.ts'
import { movePage, trimStep } from '../../../src/engine/slab-admin.ts'
import { openFeed } from '../../../src/engine/feed.ts'
import { EXISTS } from '../../../src/engine/outcomes.ts'
import { APPLY, storeDraft } from '../../../src/engine/store.ts'
import { recoverDead } from '../../../src/memory/lease.ts'
import { giveBackTop } from '../../../src/memory/page-claim.ts'
import { drainStep, wishForPage } from '../../../src/memory/page-moves.ts'
import { enter, leave } from '../../../src/memory/row.ts'
import { settle } from '../../../src/memory/slab-allocator.ts'
import type { MemoryView } from '../../../src/memory/view.ts'
import {
  aside,
  deedOf,
  freshValue,
  type Kind,
  LATER_MS,
  type Place,
  tick,
  TTL_MS,
} from './operations.ts'

/** Bytes of a value that takes several of the smallest pages' chunks. */
export const LONG_BYTES = 150

function textOf(place: Place, bytes: number): string {
  return freshValue(place).repeat(bytes).slice(0, bytes)
}

/** Stores a value of so many bytes. */
export function setOf(size: string, bytes: number): Kind {
  const steps = (place: Place): ReturnType<Kind['steps']> => {
    const value = textOf(place, bytes)
    const { actor, key } = place
    const run = (): void => actor.engine.set(key, value)
    return [deedOf(`set ${size}`, place, { name: 'set', value }, run)]
  }
  return { name: `set-${size}`, steps }
}

export const SET_LONG = setOf('long', LONG_BYTES)

/** Bytes of a value that takes the largest chunk of a page of 512 bytes. */
const WIDE_BYTES = 40

/** Needs a page of another size class than most entries. */
export const SET_WIDE = setOf('wide', WIDE_BYTES)

/** Bytes of a value that takes the smallest chunk but one of such a page. */
const MIDDLE_BYTES = 16

/** Another size, for which there is mostly no page. */
export const SET_MIDDLE = setOf('middle', MIDDLE_BYTES)

/** A version from elsewhere, larger than those that the program draws. */
const ELSEWHERE = 2 ** 33

/** A record from elsewhere, stored if it is newer. */
export const APPLY_NEWER: Kind = {
  name: 'apply',
  steps: (place) => {
    const value = freshValue(place)
    const { view, session } = place.actor
    const deed = deedOf('apply', place, { name: 'set', value }, () => {
      view.key.loadString(place.key, 0)
      Object.assign(session.draft, { bytes: Buffer.from(value), from: 0, length: value.length })
      Object.assign(session.draft, { codec: 1, expiry: 0, flags: 0, marks: 0 })
      Object.assign(session.draft, { casHigh: 0, casLow: 0 })
      return storeDraft(view, session.draft, APPLY, ELSEWHERE + place.actor.index)
    })
    // What is not newer stays as it is.
    const actions: typeof deed.actions = (result) => (result === EXISTS ? [] : deed.actions(result))
    return [{ ...deed, actions }]
  },
}

export const APPEND_LONG: Kind = {
  name: 'append-long',
  needsEntry: true,
  steps: (place) => {
    const value = textOf(place, LONG_BYTES)
    const { actor, key } = place
    return [
      deedOf('append long', place, { name: 'append', value }, () =>
        actor.engine.append(key, value),
      ),
    ]
  },
}

export const GETS: Kind = {
  name: 'gets',
  steps: (place) => [
    deedOf('gets', place, { name: 'gets' }, () => place.actor.engine.gets(place.key)),
  ],
}

/** Lives a little. */
export const SET_TTL: Kind = {
  name: 'set-ttl',
  steps: (place) => {
    const value = freshValue(place)
    const { actor, key } = place
    const run = (): void => actor.engine.set(key, value, TTL_MS)
    return [deedOf('set ttl', place, { name: 'set', value, ttl: TTL_MS }, run)]
  },
}

/** Lives on, longer than the program. */
export const TOUCH_TTL: Kind = {
  name: 'touch-ttl',
  needsEntry: true,
  steps: (place) => {
    const ttl = 10 * LATER_MS
    const { actor, key } = place
    return [deedOf('touch ttl', place, { name: 'touch', ttl }, () => actor.engine.touch(key, ttl))]
  },
}

/** Time passes. */
export const LATER: Kind = { name: 'later', steps: (place) => [tick(place, LATER_MS)] }

/** A flush that is due in a while. */
export const FLUSH_SOON: Kind = {
  name: 'flush-soon',
  steps: ({ actor }) => [
    aside('flush soon', () => actor.engine.flush({ at: actor.world.now() + TTL_MS })),
  ],
}

/** Time passes, and a flush that was due is as good as done. */
export const LATER_FLUSHED: Kind = {
  name: 'later-flushed',
  steps: (place) => {
    const later = tick(place, LATER_MS)
    const flush = { key: '', operation: { name: 'flush' }, result: undefined } as const
    return [{ ...later, actions: () => [flush] }]
  },
}

/** What a thread does on the side, between the beginning and the end of an operation. */
export function inBracket(label: string, act: (view: MemoryView) => void): Kind {
  const steps = ({ actor: { view } }: Place): ReturnType<Kind['steps']> => [
    aside(label, () => {
      enter(view)
      act(view)
      leave(view)
    }),
  ]
  return { name: label, mayEvict: true, steps }
}

/** Names and marks a page of the smallest chunks to be drained for the largest. */
export const WISH = inBracket('wish', (view) => {
  wishForPage(view, view.classes.bytes.length - 3, true)
  poke(view.control, CONTROL.WISH, 0) // Whoever comes may have it: the class's writes do not.
})
/** A few steps of the drain that is under way. */
export const DRAIN = inBracket('drain', (view) => drainStep(view, 4))
/** Throws out what is over, or was flushed, and nothing else. */
export const EVICT_DEAD = inBracket('evict-dead', (view) => {
  view.policy.evict(view, -1, COUNTER.evictedForMemory)
})

/** A page of the largest chunks becomes one of the smallest. */
export const MOVE_BACK: Kind = {
  name: 'move-back',
  mayEvict: true,
  steps: ({ actor: { view } }) => [
    aside('move page back', () => movePage(view, view.classes.bytes.length - 3, 0)),
  ],
}

/** Drains pages above the limit. */
export const TRIM: Kind = {
  name: 'trim',
  mayEvict: true,
  steps: ({ actor: { view } }) => [aside('trim', () => trimStep(view))],
}

/** All free chunks of the smallest class go back to their pages. */
export const GIVE_BACK: Kind = {
  name: 'give-back',
  steps: ({ actor: { view } }) => [
    aside('give back', () => {
      while (giveBackTop(view, 0));
    }),
  ],
}

/** The quarantine, crowded magazines, the drain: what each write does last. */
export const SETTLE: Kind = {
  name: 'settle',
  mayEvict: true,
  steps: ({ actor: { view } }) => [aside('settle', () => settle(view))],
}

/** The thread becomes the reader of the mutation feed. */
export const LISTEN: Kind = {
  name: 'listen',
  steps: ({ actor: { world, view, index } }) => {
    world.reader.thread = index
    const listen = (): void => {
      world.reader.feed = openFeed(view)
    }
    return [aside('listen', listen)]
  },
}

/** It takes what it is told. */
export const POLL: Kind = {
  name: 'poll',
  steps: ({ actor: { world } }) => [
    { label: 'poll', run: () => world.reader.feed!.poll(), ticks: 0, actions: () => [] },
  ],
}

/** Recovers whoever is dead. */
export const RECOVER: Kind = {
  name: 'recover',
  steps: ({ actor: { view } }) => [aside('recover', () => recoverDead(view))],
}
