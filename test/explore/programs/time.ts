/** Programs about time: expiry by the clock, flushes that are due later, the mutation feed. */
import type { Program } from '../program.ts'
import {
  EVICT_DEAD,
  FLUSH_SOON,
  LATER,
  LISTEN,
  POLL,
  LATER_FLUSHED,
  SET_TTL,
  TOUCH_TTL,
} from './more-operations.ts'
import {
  ADD,
  APPEND,
  CAS,
  DELETE,
  FLUSH,
  GET,
  INCR,
  ITERATE,
  MAINTAIN,
  SET,
  TOUCH,
} from './operations.ts'
import { type Lines, timed, type Timed } from './timed.ts'

const EXPIRING: Readonly<Record<string, Timed>> = {
  'time: touch x expire': {
    about: 'a touch that comes in time or too late',
    first: 'expires',
    lines: [
      [[TOUCH_TTL, 'a']],
      [
        [LATER, 'a'],
        [GET, 'a'],
      ],
    ],
  },
  'time: maintain x set': {
    about: 'a sweep meets an entry with a time to live that is being stored in its page',
    first: 'over',
    lines: [[[MAINTAIN, 'a']], [[SET_TTL, 'b']]],
  },
  'time: maintain x set over': {
    about: 'a sweep frees what is over while it is stored anew',
    first: 'over',
    lines: [
      [[MAINTAIN, 'a']],
      [
        [SET_TTL, 'a'],
        [GET, 'a'],
      ],
    ],
  },
  'time: maintain x maintain': {
    about: 'two sweeps of one page',
    first: 'over',
    lines: [
      [[MAINTAIN, 'a']],
      [
        [MAINTAIN, 'a'],
        [SET_TTL, 'b'],
      ],
    ],
  },
  'time: maintain x maintain x set': {
    about: 'two sweeps of one page and a new entry',
    first: 'over',
    lines: [[[MAINTAIN, 'a']], [[MAINTAIN, 'a']], [[SET_TTL, 'b']]],
  },
  'time: get x add': {
    about: 'a reader frees what is over while somebody adds it',
    first: 'over',
    lines: [
      [
        [GET, 'a'],
        [GET, 'a'],
      ],
      [[ADD, 'a']],
    ],
  },
  'time: delete x add': {
    about: 'a delete meets what is over while somebody adds it',
    first: 'over',
    lines: [[[DELETE, 'a']], [[ADD, 'a']]],
  },
  'time: later x add x add': {
    about: 'an entry is over between two adds',
    first: 'expires',
    lines: [
      [[LATER, 'a']],
      [
        [ADD, 'a'],
        [ADD, 'a'],
      ],
    ],
  },
  'time: evict dead x set': {
    about: 'what is over makes room while it is stored anew',
    first: 'over',
    lines: [[[EVICT_DEAD, 'a']], [[SET, 'a']]],
  },
  'time: no eviction, dead x set': {
    about: 'only what is over makes room',
    first: 'over',
    options: { eviction: 'none' },
    lines: [[[EVICT_DEAD, 'a']], [[SET_TTL, 'a']]],
  },
  'time: flush soon x set': {
    about: 'a flush is due while an entry is stored',
    first: 'lives',
    lines: [
      [
        [FLUSH_SOON, 'a'],
        [LATER_FLUSHED, 'a'],
        [GET, 'a'],
      ],
      [[SET, 'a']],
    ],
  },
  'time: flush soon x incr, add': {
    about: 'a flush is due while an entry is changed and another is added',
    first: 'lives',
    lines: [
      [
        [FLUSH_SOON, 'a'],
        [LATER_FLUSHED, 'a'],
        [ADD, 'b'],
      ],
      [
        [INCR, 'a'],
        [ADD, 'b'],
      ],
    ],
  },
}

/** Who does what while somebody listens: each record must be told, once, and in order. */
const TOLD: readonly Lines[] = [
  [[[SET, 'a']], [[SET, 'a']]],
  [
    [[SET, 'a']],
    [
      [DELETE, 'a'],
      [ADD, 'a'],
    ],
  ],
  [
    [[ADD, 'b']],
    [
      [ADD, 'b'],
      [DELETE, 'b'],
    ],
  ],
  [[[INCR, 'a']], [[CAS, 'a']], [[APPEND, 'a']]],
  [[[TOUCH, 'a']], [[SET, 'a']]],
  [
    [[FLUSH, 'a']],
    [
      [SET, 'a'],
      [FLUSH, 'a'],
    ],
  ],
  [[[FLUSH, 'a']], [[INCR, 'a']], [[ITERATE, 'a']]],
]

function told(lines: Lines): Program {
  const name = lines.map((line) => line.map(([kind, at]) => `${kind.name} ${at}`).join(', '))
  return timed(`feed: ${name.join(' x ')}`, {
    about: 'somebody reads the mutation feed',
    first: 'lives',
    options: { hasFeed: true },
    lines,
  })
}

/** Rings with room for a few records: what finds none is counted, and told as lost. */
const LOST: readonly Lines[] = [
  [
    [
      [SET, 'a'],
      [SET, 'a'],
      [SET, 'a'],
      [SET, 'a'],
      [SET, 'a'],
    ],
    [[DELETE, 'a']],
  ],
  [
    [
      [SET, 'a'],
      [DELETE, 'a'],
      [ADD, 'a'],
      [FLUSH, 'a'],
      [SET, 'a'],
    ],
    [[SET, 'a']],
  ],
]

function lost(lines: Lines, at: number): Program {
  return timed(`feed: full rings ${at + 1}`, {
    about: 'the mutation ring of a thread is full',
    first: 'lives',
    options: { hasFeed: true, ringBytes: 128 },
    lines,
  })
}

/** The reader is a thread like others; rings of 128 bytes go round while it reads. */
const READ: readonly Lines[] = [
  [
    [
      [LISTEN, 'a'],
      [POLL, 'a'],
      [POLL, 'a'],
    ],
    [
      [SET, 'a'],
      [DELETE, 'a'],
    ],
  ],
  [
    [
      [LISTEN, 'a'],
      [POLL, 'a'],
      [POLL, 'a'],
    ],
    [
      [ADD, 'b'],
      [DELETE, 'b'],
      [ADD, 'b'],
      [SET, 'a'],
    ],
  ],
  [
    [
      [LISTEN, 'a'],
      [POLL, 'a'],
    ],
    [[SET, 'a']],
    [[DELETE, 'a']],
  ],
]

function read(lines: Lines, at: number): Program {
  return timed(`feed: read ${at + 1}`, {
    about: 'a thread reads the mutation feed while others write',
    first: 'lives',
    options: { hasFeed: true, ringBytes: at === 1 ? 128 : 1024, isUnread: true },
    lines,
  })
}

export const TIME: readonly Program[] = [
  ...Object.entries(EXPIRING).map(([name, what]) => timed(name, what)),
  ...TOLD.map(told),
  ...LOST.map(lost),
  ...READ.map(read),
]
