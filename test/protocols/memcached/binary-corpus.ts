/**
 * Requests of the binary protocol and their replies, from what memcached 1.6.18 answers. Each row
 * is asked of an empty cache, in one piece; a reply begins with the place of its request.
 */
import { BROKEN, COUNTING, REST } from './binary-corpus-rest.ts'
import { EXISTS, GET, LONGEST, MISS, NEVER, OTHER, type Row, STORED, TEN } from './binary-rows.ts'
import { ask, OP, store, words } from './frames.ts'

const RETRIEVAL: readonly Row[] = [
  ['get', [TEN, GET], [STORED, '1 0x00 cas x00000007 "10"']],
  ['get of nothing', [GET], [`0 ${MISS}`]],
  ['getk', [TEN, ask(OP.getk, 'a')], [STORED, '1 0x00 cas x00000007 key=a "10"']],
  ['getk of nothing gives the key', [ask(OP.getk, 'zz')], ['0 0x01 key=zz']],
  [
    'quiet misses say nothing, hits do',
    [ask(OP.getq, 'a'), ask(OP.getkq, 'a'), TEN, ask(OP.getq, 'a'), ask(OP.getkq, 'a')],
    ['2 0x00 cas', '3 0x00 cas x00000007 "10"', '4 0x00 cas x00000007 key=a "10"'],
  ],
  ['the longest key', [ask(OP.get, LONGEST)], [`0 ${MISS}`]],
  ['an empty value', [store(OP.set, 'a', ''), GET], [STORED, '1 0x00 cas x00000000']],
  [
    'keys and values are any bytes',
    [store(OP.set, 'a \0\r\n\xff', '\r\n\0\xfe'), ask(OP.getk, 'a \0\r\n\xff')],
    [STORED, '1 0x00 cas x00000000 key=a \0\r\n\xff "\r\n\0\xfe"'],
  ],
  [
    'data type, vbucket and CAS of a get mean nothing',
    [TEN, ask(OP.get, 'a', { lies: { dataType: 9, vbucket: 77 }, cas: 5n })],
    [STORED, '1 0x00 cas x00000007 "10"'],
  ],
  [
    'touch and its kin give flags, value, key',
    [TEN, ...[OP.touch, OP.gat, OP.gatk].map((op) => ask(op, 'a', { extras: words(100) }))],
    [
      STORED,
      '1 0x00 cas x00000007',
      '2 0x00 cas x00000007 "10"',
      '3 0x00 cas x00000007 key=a "10"',
    ],
  ],
  [
    'touch of nothing',
    [OP.touch, OP.gat, OP.gatk, OP.gatq, OP.gatkq].map((op) =>
      ask(op, 'a', { extras: words(100) }),
    ),
    [`0 ${MISS}`, `1 ${MISS}`, '2 0x01 key=a'],
  ],
  [
    'quiet hits',
    [TEN, ...[OP.gatq, OP.gatkq].map((op) => ask(op, 'a', { extras: words(0) }))],
    [STORED, '1 0x00 cas x00000007 "10"', '2 0x00 cas x00000007 key=a "10"'],
  ],
  [
    'a time that is over',
    [TEN, ask(OP.gat, 'a', { extras: words(2_592_001) }), GET],
    [STORED, '1 0x00 cas x00000007 "10"', `2 ${MISS}`],
  ],
]

const STORAGE: readonly Row[] = [
  [
    'set, add, replace',
    [store(OP.replace, 'a', '1'), store(OP.add, 'a', '2'), store(OP.add, 'a', '3'), TEN, GET],
    [`0 ${MISS}`, '1 0x00 cas', `2 ${EXISTS}`, '3 0x00 cas', '4 0x00 cas x00000007 "10"'],
  ],
  [
    'quiet ones answer only what went wrong',
    [
      store(OP.replaceq, 'a', '1'),
      store(OP.setq, 'a', '2'),
      store(OP.addq, 'a', '3'),
      store(OP.replaceq, 'a', '4'),
      ask(OP.appendq, 'a', { value: '5' }),
      ask(OP.prependq, 'a', { value: '3' }),
      ask(OP.prependq, 'b', { value: '3' }),
      GET,
    ],
    [`0 ${MISS}`, `2 ${EXISTS}`, '6 0x05 "Not stored."', '7 0x00 cas x00000000 "345"'],
  ],
  [
    'append and prepend keep flags',
    [TEN, ask(OP.append, 'a', { value: 'x' }), ask(OP.prepend, 'a', { value: 'y' }), GET],
    [STORED, '1 0x00 cas', '2 0x00 cas', '3 0x00 cas x00000007 "y10x"'],
  ],
  [
    'append and prepend with a CAS of another',
    [
      TEN,
      ask(OP.append, 'a', { value: 'x', cas: OTHER }),
      ask(OP.append, 'b', { cas: OTHER }),
      GET,
    ],
    [STORED, `1 ${EXISTS}`, '2 0x05 "Not stored."', '3 0x00 cas x00000007 "10"'],
  ],
  [
    'with a CAS, add and replace are what set is',
    [
      TEN,
      ...[OP.set, OP.add, OP.replace].flatMap((op) => [
        store(op, 'a', 'x', { cas: OTHER }),
        store(op, 'b', 'x', { cas: OTHER }),
      ]),
    ],
    [STORED, `1 ${EXISTS}`, `2 ${MISS}`, `3 ${EXISTS}`, `4 ${MISS}`, `5 ${EXISTS}`, `6 ${MISS}`],
  ],
  [
    'a time that is over',
    [store(OP.set, 'a', '1', { seconds: 2_592_001 }), GET],
    [STORED, `1 ${MISS}`],
  ],
  [
    'times without a sign',
    [store(OP.set, 'a', '1', { seconds: NEVER, flags: NEVER }), GET],
    [STORED, '1 0x00 cas xffffffff "1"'],
  ],
  [
    'delete',
    [
      ask(OP.delete, 'a'),
      ask(OP.deleteq, 'a'),
      TEN,
      ask(OP.deleteq, 'a'),
      TEN,
      ask(OP.delete, 'a'),
    ],
    [`0 ${MISS}`, `1 ${MISS}`, '2 0x00 cas', '4 0x00 cas', '5 0x00'],
  ],
  [
    'delete with a CAS of another',
    [TEN, ask(OP.delete, 'a', { cas: OTHER }), ask(OP.delete, 'b', { cas: OTHER })],
    [STORED, `1 ${EXISTS}`, `2 ${MISS}`],
  ],
  [
    'a value larger than an item takes along what a set was to replace',
    [TEN, store(OP.set, 'a', 'x'.repeat(2_000_000)), GET, ask(OP.noop)],
    [STORED, '1 0x03 "Too large."', `2 ${MISS}`, '3 0x00'],
  ],
  [
    'whatever the CAS',
    [TEN, store(OP.set, 'a', 'x'.repeat(2_000_000), { cas: OTHER }), GET],
    [STORED, '1 0x03 "Too large."', `2 ${MISS}`],
  ],
  [
    'a value larger than an item, elsewhere and quietly',
    [
      TEN,
      store(OP.addq, 'a', 'x'.repeat(2_000_000)),
      ask(OP.appendq, 'a', { value: 'x'.repeat(2_000_000) }),
      GET,
    ],
    [STORED, '1 0x03 "Too large."', '2 0x03 "Too large."', '3 0x00 cas x00000007 "10"'],
  ],
  [
    'a value that becomes too large',
    [
      store(OP.set, 'a', 'x'.repeat(900_000)),
      ask(OP.append, 'a', { value: 'y'.repeat(200_000) }),
      ask(OP.prependq, 'a', { value: 'y'.repeat(200_000) }),
    ],
    [STORED, '1 0x05 "Not stored."', '2 0x05 "Not stored."'],
  ],
]

export const BINARY_CORPUS: Readonly<Record<string, readonly Row[]>> = {
  retrieval: RETRIEVAL,
  storage: STORAGE,
  counting: COUNTING,
  rest: REST,
  broken: BROKEN,
}
