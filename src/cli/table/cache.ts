/** The option table: the cache itself. */
import { EVICTIONS } from '../../engine/eviction/names.ts'
import { type FlagGroup, megabytes, numberOrText, plain, unitOrText } from '../flag.ts'

export const CACHE: FlagGroup = {
  title: 'The cache',
  flags: [
    {
      name: 'memory',
      short: 'm',
      value: 'SIZE',
      help: 'all memory of the cache, from 2mb (64mb); -m 64 is 64 megabytes',
      more:
        'Table, bookkeeping and entries together. Threads and connections come on top of it: ' +
        'docs/operations.md has the sum.',
      option: 'engine.memory',
      standard: '64mb',
      isOwnDefault: true,
      allowed: { text: '2mb to 64gb, and no more than the machine or container has' },
      read: numberOrText,
      readShort: megabytes,
    },
    {
      name: 'max-item-size',
      short: 'I',
      value: 'SIZE',
      help: 'the largest value, at most half of the memory (1mb)',
      option: 'engine.maxItemSize',
      standard: '1mb',
      allowed: { text: '1 byte to 128mb, and at most half of `memory`' },
      read: numberOrText,
      readShort: unitOrText,
    },
    {
      name: 'expected-entries',
      value: 'N',
      help: 'how many entries to expect: sizes the table (memory / 173)',
      more:
        'The table takes 13 bytes for each. Say it when entries are much larger than 160 bytes, ' +
        'and the memory is better used, or smaller, and they find a slot; `heddle plan` prints it.',
      option: 'engine.expectedEntries',
      allowed: { least: 1, most: 4_294_967_296 },
      read: numberOrText,
    },
    {
      name: 'eviction',
      value: EVICTIONS.join('|'),
      help: 'which entries make room, if any (clock)',
      more:
        '`clock` evicts what was not read lately. `s3-fifo`, `sieve` and `lfu` also hold back ' +
        'what was asked for once only, which raises the hit ratio of most loads, at 6 to 12 ' +
        'bytes more for each entry. `random` takes any entry, `fifo` the oldest. With `none` a ' +
        'write that finds no room is refused with an error of the protocol.',
      option: 'engine.eviction',
      standard: 'clock',
      allowed: { words: EVICTIONS },
      read: plain,
    },
  ],
}
