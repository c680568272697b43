/**
 * Requests of the binary protocol and their replies, from what memcached 1.6.18 answers. Each row
 * is asked of an empty cache, in one piece; a reply begins with the place of its request.
 */
import { type Request, ask, count, OP, store, words } from './frames.ts'

type Row = readonly [name: string, requests: readonly Request[], replies: readonly string[]]

const TEN = store(OP.set, 'a', '10', { flags: 7 })
const STORED = '0 0x00 cas'
const MISS = '0x01 "Not found"'
const EXISTS = '0x02 "Data exists for key."'
const INVALID = '0x04 "Invalid arguments"'
const NO_NUMBER = '0x06 "Non-numeric server-side value for incr or decr"'
const UNKNOWN = '0x81 "Unknown command"'
const GET = ask(OP.get, 'a')
const NEVER = 0xffff_ffff
const LONGEST = 'k'.repeat(250)

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
    [TEN, ask(OP.append, 'a', { value: 'x', cas: 99n }), ask(OP.append, 'b', { cas: 99n }), GET],
    [STORED, `1 ${EXISTS}`, '2 0x05 "Not stored."', '3 0x00 cas x00000007 "10"'],
  ],
  [
    'with a CAS, add and replace are what set is',
    [
      TEN,
      ...[OP.set, OP.add, OP.replace].flatMap((op) => [
        store(op, 'a', 'x', { cas: 99n }),
        store(op, 'b', 'x', { cas: 99n }),
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
    [TEN, ask(OP.delete, 'a', { cas: 99n }), ask(OP.delete, 'b', { cas: 99n })],
    [STORED, `1 ${EXISTS}`, `2 ${MISS}`],
  ],
  [
    'a value larger than an item takes along what a set was to replace',
    [TEN, store(OP.set, 'a', 'x'.repeat(2_000_000)), GET, ask(OP.noop)],
    [STORED, '1 0x03 "Too large."', `2 ${MISS}`, '3 0x00'],
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

const COUNTING: readonly Row[] = [
  [
    'a counter is made, and counted',
    [
      count(OP.increment, 'n', 1n, 5n),
      count(OP.increment, 'n', 3n, 5n),
      count(OP.decrement, 'n', 6n, 5n),
      count(OP.decrement, 'n', 6n, 5n),
      ask(OP.get, 'n'),
    ],
    [
      '0 0x00 cas "\0\0\0\0\0\0\0\x05"',
      '1 0x00 cas "\0\0\0\0\0\0\0\x08"',
      '2 0x00 cas "\0\0\0\0\0\0\0\x02"',
      '3 0x00 cas "\0\0\0\0\0\0\0\0"',
      '4 0x00 cas x00000000 "0"',
    ],
  ],
  [
    'or not made',
    [count(OP.increment, 'n', 1n, 5n, NEVER), count(OP.decrementq, 'n', 1n, 5n, NEVER)],
    [`0 ${MISS}`, `1 ${MISS}`],
  ],
  [
    'quietly',
    [
      count(OP.incrementq, 'n', 1n, 5n),
      count(OP.incrementq, 'n', 1n),
      count(OP.decrementq, 'n', 3n),
      count(OP.increment, 'n', 0n),
      store(OP.setq, 'n', 'x'),
      count(OP.incrementq, 'n', 1n),
    ],
    ['3 0x00 cas "\0\0\0\0\0\0\0\x03"', `5 ${NO_NUMBER}`],
  ],
  [
    '64 bits, around',
    [
      count(OP.increment, 'n', 1n, 2n ** 64n - 1n),
      count(OP.increment, 'n', 2n),
      count(OP.decrement, 'n', 2n),
      count(OP.increment, 'n', 2n ** 64n - 1n),
    ],
    [
      '0 0x00 cas "\xff\xff\xff\xff\xff\xff\xff\xff"',
      '1 0x00 cas "\0\0\0\0\0\0\0\x01"',
      '2 0x00 cas "\0\0\0\0\0\0\0\0"',
      '3 0x00 cas "\xff\xff\xff\xff\xff\xff\xff\xff"',
    ],
  ],
  [
    'what is no number, and a CAS of another, which a new counter does not mind',
    [
      store(OP.set, 'a', 'x'),
      count(OP.increment, 'a', 1n),
      { ...count(OP.increment, 'a', 1n), cas: 99n },
      { ...count(OP.increment, 'n', 1n), cas: 99n },
    ],
    [STORED, `1 ${NO_NUMBER}`, `2 ${EXISTS}`, '3 0x00 cas "\0\0\0\0\0\0\0\0"'],
  ],
  [
    'a counter that is over at once',
    [count(OP.increment, 'n', 1n, 5n, 2_592_001), ask(OP.get, 'n')],
    ['0 0x00 cas "\0\0\0\0\0\0\0\x05"', `1 ${MISS}`],
  ],
]

const REST: readonly Row[] = [
  [
    'flush',
    [TEN, ask(OP.flush), GET, TEN, ask(OP.flushq), GET],
    [STORED, '1 0x00', `2 ${MISS}`, '3 0x00 cas', `5 ${MISS}`],
  ],
  [
    'a flush in an hour',
    [TEN, ask(OP.flush, '', { extras: words(3600) }), GET],
    [STORED, '1 0x00', '2 0x00 cas x00000007 "10"'],
  ],
  ['quit', [ask(OP.noop), ask(OP.quit), GET], ['0 0x00', '1 0x00', 'closed']],
  ['quitq', [ask(OP.quitq), GET], ['closed']],
  [
    'SASL is not offered, and its values are passed over',
    [
      ask(OP.saslList),
      ask(OP.saslAuth, 'PLAIN', { value: '\0user\0secret' }),
      ask(OP.saslStep, 'PLAIN', { value: 'x'.repeat(3000) }),
      ask(OP.noop),
    ],
    [`0 ${UNKNOWN}`, `1 ${UNKNOWN}`, `2 ${UNKNOWN}`, '3 0x00'],
  ],
  [
    'opcodes that there are not',
    [ask(0x1f), ask(0x3f, '', { value: 'hello' }), ask(0xff), ask(OP.noop)],
    [`0 ${UNKNOWN}`, `1 ${UNKNOWN}`, `2 ${UNKNOWN}`, '3 0x00'],
  ],
  [
    'statistics that there are not',
    [ask(OP.stat, 'nothing'), ask(OP.stat, 'detail'), ask(OP.stat, 'detail x')],
    [`0 ${MISS}`, `1 ${MISS}`, `2 ${MISS}`],
  ],
  [
    'statistics of prefixes',
    [
      ask(OP.stat, 'reset'),
      ask(OP.stat, 'detail on'),
      store(OP.set, 'p:a', '1'),
      ask(OP.get, 'p:a'),
      ask(OP.getq, 'p:b'),
      ask(OP.delete, 'p:a'),
      ask(OP.stat, 'detail dump'),
      ask(OP.stat, 'detail off'),
    ],
    [
      '0 0x00',
      '1 0x00',
      '2 0x00 cas',
      '3 0x00 cas x00000000 "1"',
      '5 0x00',
      '6 0x00 key=detailed "PREFIX p get 2 hit 1 set 1 del 1\r\nEND\r\n"',
      '6 0x00',
      '7 0x00',
    ],
  ],
  [
    'a statistic a reply, and an empty one at the end',
    [ask(OP.stat, 'sizes')],
    ['0 0x00 key=sizes_status "disabled"', '0 0x00'],
  ],
]

/** What ends the connection: its reply, and nothing behind it. */
const BROKEN: readonly Row[] = (
  [
    ['key longer than the body', ask(OP.get, 'a', { lies: { keyBytes: 5 } }), `1 ${UNKNOWN}`],
    ['extras longer than the body', ask(OP.get, 'a', { lies: { extraBytes: 5 } }), `1 ${UNKNOWN}`],
    ['a key of 251 bytes', ask(OP.get, 'k'.repeat(251)), `1 ${INVALID}`],
    ['an unknown opcode with it', ask(0x3f, 'k'.repeat(251)), `1 ${INVALID}`],
    ['get without key', ask(OP.get), `1 ${INVALID}`],
    ['getkq without key', ask(OP.getkq), `1 ${INVALID}`],
    ['get with extras', ask(OP.get, 'a', { extras: words(1) }), `1 ${INVALID}`],
    ['get with value', ask(OP.get, 'a', { value: 'v' }), `1 ${INVALID}`],
    ['set without extras', ask(OP.set, 'a', { value: 'v' }), `1 ${INVALID}`],
    ['setq without key', store(OP.setq, '', 'v'), `1 ${INVALID}`],
    ['append with extras', ask(OP.append, 'a', { extras: words(1) }), `1 ${INVALID}`],
    ['delete without key', ask(OP.delete), `1 ${INVALID}`],
    ['increment with few extras', ask(OP.increment, 'a', { extras: words(1) }), `1 ${INVALID}`],
    ['touch without extras', ask(OP.touch, 'a'), `1 ${INVALID}`],
    ['noop with a body', ask(OP.noop, 'a'), `1 ${INVALID}`],
    ['version with a body', ask(OP.version, '', { value: 'v' }), `1 ${INVALID}`],
    ['quit with a body', ask(OP.quit, 'a'), `1 ${INVALID}`],
    ['flush with a key', ask(OP.flush, 'a'), `1 ${INVALID}`],
    ['flush with long extras', ask(OP.flush, '', { extras: words(1, 2) }), `1 ${INVALID}`],
    ['stat with extras', ask(OP.stat, '', { extras: words(1) }), `1 ${INVALID}`],
    ['SASL list with a key', ask(OP.saslList, 'a'), `1 ${INVALID}`],
    ['SASL without mechanism', ask(OP.saslAuth), `1 ${INVALID}`],
    ['another first byte', ask(OP.get, 'a', { lies: { magic: 0x81 } }), ''],
    ['text', ask(OP.get, 'a', { lies: { magic: 0x67 } }), ''],
  ] as const
).map(([name, request, reply]) => {
  const replies = reply === '' ? ['0 0x00', 'closed'] : ['0 0x00', reply, 'closed']
  return [name, [ask(OP.noop), request, ask(OP.noop)], replies]
})

export const BINARY_CORPUS: Readonly<Record<string, readonly Row[]>> = {
  retrieval: RETRIEVAL,
  storage: STORAGE,
  counting: COUNTING,
  rest: REST,
  broken: BROKEN,
}
