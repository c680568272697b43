/** Histories written by hand that no order explains. Rows: see build.ts. */
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
  LOSES_ONE,
  NEVER,
  remove,
  set,
  timed,
} from './build.ts'
import { CUT, threw, returned as gave } from './history.ts'
import { present } from './model.ts'

export const BAD: readonly Example[] = [
  alone('a value that nobody wrote', [[set('a')], [get, 'b']]),
  alone('a miss without a reason', [[set('a')], [get]]),
  alone('a deleted value is read', [[set('a')], [remove, true], [get, 'a']]),
  alone('a delete of what is not there', [[remove, true]]),
  alone('two deletes of one entry', [[set('a')], [remove, true], [remove, true]]),
  alone('two adds in a row both won', [
    [add('a'), true],
    [add('b'), true],
  ]),
  alone('an add that lost against nobody', [[add('a'), false]]),
  alone('a lost append', [[set('a')], [append('b'), true], [append('c'), true], [get, 'ac']]),
  alone('an append twice', [[set('a')], [append('b'), true], [get, 'abb']]),
  alone('an older version later', [
    [set('a')],
    [gets, { value: 'a', version: 5 }],
    [set('b')],
    [gets, { value: 'b', version: 4 }],
  ]),
  alone('two values of one version', [
    [set('a')],
    [gets, { value: 'a', version: 5 }],
    [set('b')],
    [gets, { value: 'b', version: 5 }],
  ]),
  alone(
    'a touch that changed the version',
    [
      [gets, { value: 'a', version: 7 }],
      [{ name: 'touch' }, true],
      [gets, { value: 'a', version: 8 }],
    ],
    HAS_A,
  ),
  alone('a cas that won on a version that had just been another', [
    [set('a')],
    [cas('b', 9), 'exists'],
    [cas('c', 9), 'stored'],
  ]),
  alone('a version that a cas had found to be another', [
    [set('a')],
    [{ name: 'touch' }, true],
    [cas('b', 9), 'exists'],
    [cas('b', 8), 'exists'],
    [{ name: 'touch' }, true],
    [gets, { value: 'a', version: 9 }],
  ]),
  example('two that compare the same version, of which the second wins after the first lost', [
    [0, 1, 2, set('a')],
    [1, 3, 6, cas('b', 9), gave('exists')],
    [2, 4, 5, get, gave('a')],
    [0, 7, 9, cas('c', 9), gave('stored')],
    [1, 8, 10, get, gave('c')],
  ]),
  alone(
    'two entries of a key are lost, but one was evicted',
    [[set('a')], [get], [set('b')], [get]],
    LOSES_ONE,
  ),
  example(
    'entries of two keys are lost, but one was evicted',
    [
      [0, 1, 2, set('a')],
      [0, 3, 4, set('b'), gave(), 'l'],
      [0, 5, 6, get],
      [0, 7, 8, get, gave(), 'l'],
    ],
    LOSES_ONE,
  ),
  example(
    'overlapping adds won three times, but one entry was evicted',
    [
      [0, 1, 6, add('a'), gave(true)],
      [1, 2, 6, add('b'), gave(true)],
      [2, 3, 6, add('c'), gave(true)],
    ],
    LOSES_ONE,
  ),
  alone(
    'a cas that won on an old version',
    [[gets, { value: 'a', version: 7 }], [set('b')], [cas('c', 7), 'stored']],
    HAS_A,
  ),
  alone('a cas that failed without a rival', [[cas('c', 7), 'exists']], HAS_A),
  alone(
    'a version that an entry had before it was deleted',
    [[remove, true], [set('b')], [gets, { value: 'b', version: 6 }]],
    HAS_A,
  ),
  example(
    'a stale read',
    [
      [0, 1, 2, set('b')],
      [1, 3, 4, get, gave('a')],
    ],
    HAS_A,
  ),
  example('two readers see two writes in opposite order', [
    [0, 1, 9, set('b')],
    [1, 1, 9, set('c')],
    [2, 2, 3, get, gave('b')],
    [3, 2, 3, get, gave('c')],
    [2, 4, 5, get, gave('c')],
    [3, 4, 5, get, gave('b')],
  ]),
  example(
    'new, then old again',
    [
      [0, 1, 9, set('b')],
      [1, 2, 3, get, gave('b')],
      [1, 4, 5, get, gave('a')],
    ],
    HAS_A,
  ),
  example(
    'two increments with one result',
    [
      [0, 1, 9, incr, gave(6)],
      [1, 1, 9, incr, gave(6)],
    ],
    HAS_5,
  ),
  example(
    'a lost increment',
    [
      [0, 1, 4, incr, gave(6)],
      [1, 1, 4, incr, gave(7)],
      [0, 5, 6, get, gave(6)],
    ],
    HAS_5,
  ),
  example('two overlapping adds both won', [
    [0, 1, 9, add('a'), gave(true)],
    [1, 1, 9, add('b'), gave(true)],
  ]),
  example(
    'two overlapping cas both won',
    [
      [0, 1, 9, cas('b', 7), gave('stored')],
      [1, 1, 9, cas('c', 7), gave('stored')],
    ],
    HAS_A,
  ),
  example(
    'two overlapping deletes of one entry',
    [
      [0, 1, 9, remove, gave(true)],
      [1, 1, 9, remove, gave(true)],
    ],
    HAS_A,
  ),
  example(
    'a lost entry comes back',
    [
      [0, 1, 2, get, gave('a')],
      [0, 3, 4, get],
      [0, 5, 6, get, gave('a')],
    ],
    { ...HAS_A, ...LOSES },
  ),
  example(
    'a dead set comes and goes',
    [
      [0, 1, NEVER, set('b'), CUT],
      [1, 4, 5, get, gave('b')],
      [1, 6, 7, get, gave('a')],
    ],
    HAS_A,
  ),
  example(
    'a dead set takes effect after its recovery',
    [
      [0, 1, 3, set('b'), CUT],
      [1, 4, 5, get, gave('a')],
      [1, 6, 7, get, gave('b')],
    ],
    HAS_A,
  ),
  example(
    'a dead increment counts twice',
    [
      [0, 1, 4, incr, CUT],
      [1, 5, 6, get, gave(7)],
    ],
    HAS_5,
  ),
  example(
    'a refused set changed the value',
    [
      [0, 1, 2, set('b'), FULL],
      [0, 3, 4, get, gave('b')],
    ],
    HAS_A,
  ),
  example(
    'a refused set removed the value',
    [
      [0, 1, 2, set('b'), FULL],
      [0, 3, 4, get],
    ],
    HAS_A,
  ),
  example(
    'a number that is refused as one',
    [[0, 1, 2, incr, threw('HEDDLE_NOT_A_NUMBER')]],
    HAS_5,
  ),
  example('an error that no call may end with', [[0, 1, 2, get, threw('HEDDLE_UNDECODABLE')]]),
  example(
    'a flushed value comes back',
    [
      [0, 1, 2, set('a')],
      [1, 3, 4, flush],
      [0, 5, 6, get, gave('a')],
    ],
    LOSES,
  ),
  example(
    'a flush that empties two keys one after the other',
    [
      [0, 1, 20, flush],
      [1, 2, 3, get, gave(), 'l'],
      [1, 4, 5, set('b'), gave(), 'l'],
      [1, 6, 7, get, gave('a'), 'k'],
      [1, 8, 9, get, gave('b'), 'l'],
      [2, 21, 22, get, gave(), 'k'],
      [2, 23, 24, get, gave('b'), 'l'],
    ],
    { initial: { k: present('a'), l: present('a') } },
  ),
  example(
    'a dead flush that emptied one key of two',
    [
      [0, 1, 10, flush, CUT],
      [1, 11, 12, get, gave(), 'k'],
      [1, 13, 14, get, gave('a'), 'l'],
    ],
    { initial: { k: present('a'), l: present('a') } },
  ),
  {
    name: 'an entry that is over before its time',
    calls: timed([
      [100, 104, { name: 'set', value: 'a', ttl: 10 }],
      [108, 109, get],
    ]),
  },
  {
    name: 'an entry that is read after its time',
    calls: timed([
      [100, 104, { name: 'set', value: 'a', ttl: 10 }],
      [114, 115, get, 'a'],
    ]),
  },
]
