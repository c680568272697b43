/** The rows of the binary corpus that count, ask for the server's affairs, or break the rules. */
import {
  EXISTS,
  GET,
  INVALID,
  MISS,
  NEVER,
  NO_NUMBER,
  OTHER,
  type Row,
  STORED,
  TEN,
  UNKNOWN,
} from './binary-rows.ts'
import { ask, count, OP, store, words } from './frames.ts'

export const COUNTING: readonly Row[] = [
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
      { ...count(OP.increment, 'a', 1n), cas: OTHER },
      { ...count(OP.increment, 'n', 1n), cas: OTHER },
    ],
    [STORED, `1 ${NO_NUMBER}`, `2 ${EXISTS}`, '3 0x00 cas "\0\0\0\0\0\0\0\0"'],
  ],
  [
    'a counter that is over at once',
    [count(OP.increment, 'n', 1n, 5n, 2_592_001), ask(OP.get, 'n')],
    ['0 0x00 cas "\0\0\0\0\0\0\0\x05"', `1 ${MISS}`],
  ],
]

export const REST: readonly Row[] = [
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
export const BROKEN: readonly Row[] = (
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
