/**
 * The meta commands flag by flag, as protocol.txt of 1.6.45 describes them: each row has the words
 * of the text that it holds to. memcached 1.6.18, with which the differential run compares, does
 * not know all of these; corpus.ts and recache.test.ts have more of each.
 */
import { expect, test } from 'vitest'
import { withoutVersions } from './corpus.ts'
import { Bench } from './support.ts'

type Row = readonly [words: string, request: string, reply: string]

const TEN = 'set a 5 0 2\r\n10\r\n'
const NINE = 'ms a 2 E9\r\nhi\r\n'

const META_GET: readonly Row[] = [
  ['b: interpret key as base64', `${TEN}mg YQ== b k v\r\n`, 'STORED\r\nVA 2 kYQ== b\r\n10\r\n'],
  ['c: return item cas token', `${NINE}mg a c\r\n`, 'HD\r\nHD c9\r\n'],
  ['"HD" if the CAS does match', `${NINE}mg a v C9\r\n`, 'HD\r\nHD\r\n'],
  ['else "VA <size>"', `${NINE}mg a v C8\r\n`, 'HD\r\nVA 2\r\nhi\r\n'],
  [
    'T(token) will update the TTL regardless of if the CAS matches',
    `${NINE}mg a v C9 T60 t\r\nmg a t\r\n`,
    'HD\r\nHD t60\r\nHD t60\r\n',
  ],
  ['f: return client flags token', `${TEN}mg a f\r\n`, 'STORED\r\nHD f5\r\n'],
  ['h: hit before as a 0 or 1', `${TEN}mg a h\r\nmg a h\r\n`, 'STORED\r\nHD h0\r\nHD h1\r\n'],
  ['k: return key as a token', `${TEN}mg a k\r\n`, 'STORED\r\nHD ka\r\n'],
  ['l: time since item was last accessed', `${TEN}mg a l\r\n`, 'STORED\r\nHD l0\r\n'],
  ['O: copies back with response', `${TEN}mg a O1\r\nmg x O2\r\n`, 'STORED\r\nHD O1\r\nEN O2\r\n'],
  ['q: the "EN" marker is suppressed', 'mg a q\r\nmg a\r\n', 'EN\r\n'],
  [
    'Errors are always returned',
    'mg a q Tx\r\n',
    'CLIENT_ERROR bad token in command line format\r\n',
  ],
  ['s: return item size token', `${TEN}mg a s\r\n`, 'STORED\r\nHD s2\r\n'],
  ['t: TTL remaining (-1 for unlimited)', `${TEN}mg a t\r\n`, 'STORED\r\nHD t-1\r\n'],
  [
    'u: avoids marking an item as being hit',
    `${TEN}mg a u\r\nmg a h\r\n`,
    'STORED\r\nHD\r\nHD h0\r\n',
  ],
  ['flags are added in order', `${TEN}mg a s k f\r\n`, 'STORED\r\nHD s2 ka f5\r\n'],
  ['E: token as new CAS value', 'mg a N30 E9 c\r\nmg a c\r\n', 'HD c9 W\r\nHD c9 Z\r\n'],
  [
    'N: Can be combined with CAS flags to gate the update further',
    'mg a N30 E9 c\r\nms a 1 C9\r\nx\r\nms a 1 C9\r\ny\r\nmg a v\r\n',
    'HD c9 W\r\nHD\r\nEX\r\nVA 1\r\nx\r\n',
  ],
  [
    'R: less than token, win',
    `ms a 1 T20\r\nx\r\nmg a R30\r\nmg a R30\r\n`,
    'HD\r\nHD W\r\nHD Z\r\n',
  ],
  ['T: update remaining TTL', `${TEN}mg a T30\r\nmg a t\r\n`, 'STORED\r\nHD\r\nHD t30\r\n'],
]

const META_SET: readonly Row[] = [
  ['b: base64', 'ms YQ== 1 b k\r\nx\r\nget a\r\n', 'HD kYQ== b\r\nVALUE a 0 1\r\nx\r\nEND\r\n'],
  ['c: return CAS value if successfully stored', 'ms a 1 c E5\r\nx\r\n', 'HD c5\r\n'],
  ['c: Will return 0 on error', `${NINE}ms a 1 c C8\r\nx\r\n`, 'HD\r\nEX c0\r\n'],
  ['C: only store if the token matches', `${NINE}ms a 1 C9\r\nx\r\n`, 'HD\r\nHD\r\n'],
  ['"NF": the item did not exist', 'ms a 1 C9\r\nx\r\n', 'NF\r\n'],
  [
    'Sets flags to 0 if not supplied',
    `${TEN}ms a 1\r\nx\r\nmg a f\r\n`,
    'STORED\r\nHD\r\nHD f0\r\n',
  ],
  ['F: set client flags', 'ms a 1 F4294967295\r\nx\r\nmg a f\r\n', 'HD\r\nHD f4294967295\r\n'],
  [
    'a CAS value that is lower may be accepted, but the item will be marked as "stale"',
    `${NINE}ms a 2 I C8\r\nho\r\nmg a v\r\n`,
    'HD\r\nHD\r\nVA 2 X W\r\nho\r\n',
  ],
  ['one that is higher may not', `${NINE}ms a 2 I C10\r\nho\r\n`, 'HD\r\nEX\r\n'],
  ['O: copies back with response', 'ms a 1 O7 k\r\nx\r\n', 'HD O7 ka\r\n'],
  ['q: "HD" will not be sent', 'ms a 1 q\r\nx\r\nmn\r\n', 'MN\r\n'],
  ['Any other code will still be returned', 'ms a 1 q C9\r\nx\r\n', 'NF\r\n'],
  ['Any other code will still be returned', `${TEN}ms a 1 q ME\r\nx\r\n`, 'STORED\r\nNS\r\n'],
  ['s: new size on append', `${TEN}ms a 2 MA s\r\nhi\r\n`, 'STORED\r\nHD s4\r\n'],
  ['T: Time-To-Live', 'ms a 1 T60\r\nx\r\nmg a t\r\n', 'HD\r\nHD t60\r\n'],
  ['E: "add" command', `${TEN}ms a 1 ME\r\nx\r\nms b 1 ME\r\nx\r\n`, 'STORED\r\nNS\r\nHD\r\n'],
  ['A: "append"', `${TEN}ms a 1 MA\r\nx\r\nmg a v\r\n`, 'STORED\r\nHD\r\nVA 3\r\n10x\r\n'],
  ['P: "prepend"', `${TEN}ms a 1 MP\r\nx\r\nmg a v\r\n`, 'STORED\r\nHD\r\nVA 3\r\nx10\r\n'],
  ['R: Set only if item already exists', 'ms a 1 MR\r\nx\r\n', 'NS\r\n'],
  ['S: "set" command', 'ms a 1 MS\r\nx\r\nmg a v\r\n', 'HD\r\nVA 1\r\nx\r\n'],
  ['Append will also respect a cas value', `${NINE}ms a 1 MA C8\r\nx\r\n`, 'HD\r\nEX\r\n'],
  [
    'Append normally ignores T',
    `${TEN}ms a 1 MA T60\r\nx\r\nmg a t\r\n`,
    'STORED\r\nHD\r\nHD t-1\r\n',
  ],
  [
    'N: It uses the TTL from N instead of T',
    'ms a 1 MP N30 T60\r\nx\r\nmg a t v\r\n',
    'HD\r\nVA 1 t30\r\nx\r\n',
  ],
]

const META_DELETE: readonly Row[] = [
  ['b: base64', `${TEN}md YQ== b k\r\nmg a\r\n`, 'STORED\r\nHD kYQ== b\r\nEN\r\n'],
  ['C: only delete if a CAS value matches', `${NINE}md a C8\r\nmd a C9\r\n`, 'HD\r\nEX\r\nHD\r\n'],
  ['C: or mark-stale', `${NINE}md a I C8\r\nmg a\r\n`, 'HD\r\nEX\r\nHD\r\n'],
  ['E: new CAS value', `${NINE}md a I E12\r\nmg a c\r\n`, 'HD\r\nHD\r\nHD c12 X W\r\n'],
  [
    'I: give the item a new CAS value',
    `${NINE}md a I\r\nmg a v C9\r\n`,
    'HD\r\nHD\r\nVA 2 X W\r\nhi\r\n',
  ],
  [
    'I: will be supplied an X flag',
    `${TEN}md a I\r\nmg a\r\nmg a\r\n`,
    'STORED\r\nHD\r\nHD X W\r\nHD Z X\r\n',
  ],
  ['k, O', `${TEN}md a O7 k\r\n`, 'STORED\r\nHD O7 ka\r\n'],
  ['q: any other response is still returned', 'md a q\r\n', 'NF\r\n'],
  ['T: only when paired with the I flag', `${TEN}md a T30\r\nmg a\r\n`, 'STORED\r\nHD\r\nEN\r\n'],
  ['T: updates TTL', `${TEN}md a I T30\r\nmg a t\r\n`, 'STORED\r\nHD\r\nHD t30 X W\r\n'],
  [
    'x: replacing it with an empty value',
    `${TEN}md a x\r\nmg a v\r\n`,
    'STORED\r\nHD\r\nVA 0\r\n\r\n',
  ],
  ['x with I: a tombstone', `${TEN}md a x I\r\nmg a v\r\n`, 'STORED\r\nHD\r\nVA 0 X W\r\n\r\n'],
]

const META_ARITHMETIC: readonly Row[] = [
  ['b: base64', `${TEN}ma YQ== b k v\r\n`, 'STORED\r\nVA 2 kYQ== b\r\n11\r\n'],
  [
    'C: only if a CAS value matches',
    'ms a 1 E9\r\n1\r\nma a C8\r\nma a C9\r\n',
    'HD\r\nEX\r\nHD\r\n',
  ],
  ['c: the new CAS value after success', `${TEN}ma a c\r\n`, 'STORED\r\nHD cN\r\n'],
  ['E: new CAS value', `${TEN}ma a E12 c\r\n`, 'STORED\r\nHD c12\r\n'],
  ['N: on a miss automatically create the item', 'ma a N30 v t\r\n', 'VA 1 t30\r\n0\r\n'],
  [
    'J: seeded as the value on a miss',
    'ma a N0 J13 v\r\nma a v\r\n',
    'VA 2\r\n13\r\nVA 2\r\n14\r\n',
  ],
  ['J: must be combined with an N flag', 'ma a J13 v\r\n', 'NF\r\n'],
  ['D: delta to apply', `${TEN}ma a D32 v\r\n`, 'STORED\r\nVA 2\r\n42\r\n'],
  [
    'T: On success, sets the remaining TTL',
    `${TEN}ma a T30\r\nmg a t\r\n`,
    'STORED\r\nHD\r\nHD t30\r\n',
  ],
  [
    'T: also of a counter that gets longer',
    'set a 0 0 1\r\n9\r\nma a T30 v\r\nmg a t\r\n',
    'STORED\r\nVA 2\r\n10\r\nHD t30\r\n',
  ],
  ['M: I and its alias +', `${TEN}ma a MI\r\nma a M+ v\r\n`, 'STORED\r\nHD\r\nVA 2\r\n12\r\n'],
  ['M: D and its alias -', `${TEN}ma a MD\r\nma a M- v\r\n`, 'STORED\r\nHD\r\nVA 1\r\n8\r\n'],
  ['Decrementing will reach 0', `${TEN}ma a MD D11 v\r\n`, 'STORED\r\nVA 1\r\n0\r\n'],
  [
    'Incrementing can overflow',
    'set a 0 0 20\r\n18446744073709551615\r\nma a D2 v\r\n',
    'STORED\r\nVA 1\r\n1\r\n',
  ],
  ['O, k: on a miss, too', 'ma a O7 k\r\n', 'NF O7 ka\r\n'],
  ['q: see details under mset', `${TEN}ma a q\r\nma b q\r\n`, 'STORED\r\nNF\r\n'],
  ['t: return current TTL', `${TEN}ma a t\r\n`, 'STORED\r\nHD t-1\r\n'],
]

const META_REST: readonly Row[] = [
  ['me: a miss looks like', 'me a\r\n', 'EN\r\n'],
  ['mn: this static response', 'mn\r\n', 'MN\r\n'],
  ['mn: tagged to the end of the chain', 'mg a q\r\nmg b q\r\nmn\r\n', 'MN\r\n'],
]

const TABLES = { mg: META_GET, ms: META_SET, md: META_DELETE, ma: META_ARITHMETIC, me: META_REST }

test.each(Object.entries(TABLES))('%s: every flag does what the text says', (_name, rows) => {
  for (const [words, request, reply] of rows) {
    expect([words, request, withoutVersions(new Bench().ask(request))]).toEqual([
      words,
      request,
      reply,
    ])
  }
})

test('every flag that the text names has a row', () => {
  const flags = {
    mg: 'bcCfhklOqstuvENRT',
    ms: 'bcCEFIkOqsTMN',
    md: 'bCEIkOqTx',
    ma: 'bCENJDTMOqtcvk',
  }
  for (const [command, letters] of Object.entries(flags)) {
    const rows = TABLES[command as keyof typeof TABLES]
    const lines = rows.flatMap(([, request]) => {
      return request.split('\r\n').filter((line) => line.startsWith(`${command} `))
    })
    const first = command === 'ms' ? 3 : 2
    const used = new Set(
      lines.flatMap((line) =>
        line
          .split(' ')
          .slice(first)
          .map((of) => of[0]),
      ),
    )
    expect([command, [...letters].filter((letter) => !used.has(letter))]).toEqual([command, []])
  }
})

test('me with b: the response key is base64 encoded, too', () => {
  const reply = new Bench().ask('ms AGIK 1 b\r\nx\r\nme AGIK b\r\n')
  expect(reply).toMatch(/^HD\r\nME AGIK exp=-1 la=0 cas=\d+ fetch=no cls=\d+ size=\d+\r\n$/)
})
