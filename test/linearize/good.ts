/** Histories written by hand that an order explains. Rows: see build.ts. */
import {
  add,
  alone,
  append,
  cas,
  type Example,
  example,
  flush,
  FULL,
  get,
  gets,
  HAS_5,
  HAS_A,
  incr,
  LOSES,
  NEVER,
  remove,
  seen,
  set,
  timed,
} from './build.ts'
import { CUT, threw, returned as gave } from './history.ts'
import { present } from './model.ts'

export const GOOD: readonly Example[] = [
  example('nothing', []),
  alone('what was set is read', [[set('a')], [get, 'a'], [remove, true], [get], [remove, false]]),
  alone('add, replace', [
    [{ name: 'replace', value: 'a' }, false],
    [add('b'), true],
    [add('c'), false],
    [{ name: 'replace', value: 'd' }, true],
    [get, 'd'],
    [{ name: 'has' }, true],
  ]),
  alone('append and prepend', [
    [append('x'), false],
    [set('b')],
    [append('c'), true],
    [{ name: 'prepend', value: 'a' }, true],
    [get, 'abc'],
  ]),
  alone('counters', [
    [{ name: 'decr' }, undefined],
    [incr, 1],
    [{ name: 'incr', by: 4 }, 5],
    [{ name: 'decr', by: 9 }, 0],
    [get, 0],
    [remove, true],
    [{ name: 'decr', initial: 3 }, 3],
  ]),
  alone('text that counts stays text', [[set('9')], [incr, 10], [get, '10']]),
  alone('versions grow, touch keeps them', [
    [set('a')],
    [gets, { value: 'a', version: 3 }],
    [{ name: 'touch' }, true],
    [cas('b', 3), 'stored'],
    [cas('c', 3), 'exists'],
    [gets, { value: 'b', version: 9 }],
    [remove, true],
    [cas('c', 9), 'missing'],
  ]),
  alone('a version that was another is that of the next entry', [
    [set('a')],
    [cas('b', 9), 'exists'],
    [set('c')],
    [cas('d', 9), 'stored'],
    [cas('e', 12), 'exists'],
    [append('f'), true],
    [cas('g', 12), 'stored'],
  ]),
  alone('a version is another than those that were compared', [
    [set('a')],
    [cas('b', 9), 'exists'],
    [cas('b', 11), 'exists'],
    [gets, { value: 'a', version: 10 }],
    [cas('b', 10), 'stored'],
    [cas('c', 11), 'stored'],
  ]),
  example('of two that compare the same version the later wins, a set being between', [
    [0, 1, 2, set('a')],
    [1, 3, 4, cas('b', 9), gave('exists')],
    [2, 3, 8, set('c')],
    [0, 7, 9, cas('d', 9), gave('stored')],
  ]),
  example(
    'a read meets a write under way, or not',
    [
      [0, 1, 8, set('b')],
      [1, 2, 3, get, gave('a')],
      [2, 4, 5, get, gave('b')],
    ],
    HAS_A,
  ),
  example('of two sets that overlap either may be last', [
    [0, 1, 5, set('b')],
    [1, 2, 4, set('c')],
    [0, 6, 7, get, gave('b')],
  ]),
  example('of two adds that overlap the later call may win', [
    [0, 1, 5, add('a'), gave(false)],
    [1, 2, 4, add('b'), gave(true)],
    [2, 6, 7, get, gave('b')],
  ]),
  example(
    'three increments in another order than they were called',
    [
      [0, 1, 9, incr, gave(8)],
      [1, 2, 9, incr, gave(6)],
      [2, 3, 9, incr, gave(7)],
    ],
    HAS_5,
  ),
  example('an entry set, read, deleted and read by overlapping calls', [
    [0, 1, 9, set('b')],
    [1, 2, 9, get, gave('b')],
    [2, 3, 9, remove, gave(true)],
    [1, 10, 11, get],
  ]),
  example(
    'a dead set that was read',
    [
      [0, 1, NEVER, set('b'), CUT],
      [1, 4, 5, get, gave('a')],
      [1, 6, 7, get, gave('b')],
    ],
    HAS_A,
  ),
  example(
    'a dead set that never was',
    [
      [0, 1, NEVER, set('b'), CUT],
      [1, 6, 7, get, gave('a')],
    ],
    HAS_A,
  ),
  example(
    'a dead increment counts once',
    [
      [0, 1, 4, incr, CUT],
      [1, 5, 6, incr, gave(7)],
      [1, 7, 8, get, gave(7)],
    ],
    HAS_5,
  ),
  example(
    'a dead cas that won',
    [
      [0, 1, 4, cas('b', 7), CUT],
      [1, 5, 6, cas('c', 7), gave('exists')],
    ],
    HAS_A,
  ),
  example(
    'eviction may take an entry at any time',
    [
      [0, 1, 2, set('a')],
      [1, 3, 4, get],
      [1, 5, 6, add('b'), gave(true)],
    ],
    LOSES,
  ),
  example(
    'a refused set changes nothing',
    [
      [0, 1, 2, set('b'), FULL],
      [0, 3, 4, get, gave('a')],
    ],
    HAS_A,
  ),
  example(
    'a counter cannot be made of text, nor text of a number',
    [
      [0, 1, 2, incr, threw('HEDDLE_NOT_A_NUMBER')],
      [1, 1, 2, append('x'), threw('HEDDLE_BAD_VALUE'), 'n'],
    ],
    { initial: { k: present('a'), n: present(1) } },
  ),
  example('a flush empties every key', [
    [0, 1, 2, set('a'), gave(), 'k'],
    [0, 3, 4, set('b'), gave(), 'l'],
    [1, 5, 6, flush],
    [0, 7, 8, get, gave(), 'k'],
    [0, 9, 10, get, gave(), 'l'],
  ]),
  example('a flush of some keys leaves the others', [
    [0, 1, 2, set('a'), gave(), 'k'],
    [0, 3, 4, set('b'), gave(), 'l'],
    [1, 5, 6, { name: 'flush', keys: ['l', 'm'] }],
    [0, 7, 8, get, gave('a'), 'k'],
    [0, 9, 10, get, gave(), 'l'],
  ]),
  ...[undefined, 'a'].map((left) =>
    example(
      `a dead flush empties all keys or none: ${left ?? 'all'}`,
      [
        [0, 1, 10, flush, CUT],
        [1, 11, 12, get, gave(left), 'k'],
        [1, 13, 14, get, gave(left), 'l'],
      ],
      { initial: { k: present('a'), l: present('a') } },
    ),
  ),
  example('a set that overlaps a flush may be before it or after it', [
    [0, 1, 9, set('a'), gave(), 'k'],
    [1, 1, 9, set('b'), gave(), 'l'],
    [2, 2, 8, flush],
    [0, 10, 11, get, gave('a'), 'k'],
    [1, 10, 11, get, gave(), 'l'],
  ]),
  example(
    'versions go on after an entry was lost',
    [
      [0, 1, 2, gets, seen('a', 7)],
      [0, 3, 4, get],
      [1, 5, 6, set('a')],
      [0, 7, 8, gets, seen('a', 8)],
    ],
    { ...HAS_A, ...LOSES },
  ),
  {
    name: 'an entry is over at its time, also if it was changed meanwhile',
    calls: timed([
      [100, 100, { name: 'set', value: 1, ttl: 10 }],
      [109, 109, incr, 2],
      [110, 110, get],
      [111, 111, { name: 'set', value: 2, ttl: 10 }],
      [115, 115, { name: 'touch', ttl: 90 }, true],
      [130, 130, get, 2],
      [131, 131, { name: 'touch' }, true],
      [900, 900, get, 2],
    ]),
  },
  {
    name: 'when an entry is over is as uncertain as the clock of its writer and its reader',
    calls: timed([
      [100, 104, { name: 'set', value: 'a', ttl: 10 }],
      [110, 111, get, 'a'],
      [112, 112, get],
    ]),
  },
]
