/**
 * Requests and their replies, from the protocol's text and from what memcached 1.6.18 answers: by
 * line and by value. Each is asked of an empty cache. CAS numbers in a reply are written as N.
 */
type Case = readonly [request: string, reply: string]

const TOO_LONG = 'k'.repeat(251)
const LONGEST = 'k'.repeat(250)
const BAD = 'CLIENT_ERROR bad command line format\r\n'
const TEN = 'set a 5 0 2\r\n10\r\n'
const NO_NUMBER = 'CLIENT_ERROR cannot increment or decrement non-numeric value\r\n'
const USAGE = 'CLIENT_ERROR bad command line format.  Usage: delete <key> [noreply]\r\n'

const RETRIEVAL: readonly Case[] = [
  ['get\r\n', 'ERROR\r\n'],
  ['get a\r\n', 'END\r\n'],
  ['get a\n', 'END\r\n'],
  [' get  a \r\n', 'END\r\n'],
  ['GET a\r\n', 'ERROR\r\n'],
  ['\r\n', 'ERROR\r\n'],
  ['\n', 'ERROR\r\n'],
  ['bogus a b\r\n', 'ERROR\r\n'],
  ['\xff\xfe\r\n', 'ERROR\r\n'],
  [`get ${LONGEST}\r\n`, 'END\r\n'],
  [`get a ${TOO_LONG}\r\n`, BAD],
  ['get a\x01\r\n', BAD],
  [`${TEN}get a b a\r\n`, 'STORED\r\nVALUE a 5 2\r\n10\r\nVALUE a 5 2\r\n10\r\nEND\r\n'],
  [`${TEN}gets a\r\n`, 'STORED\r\nVALUE a 5 2 N\r\n10\r\nEND\r\n'],
  [`get ${'a '.repeat(2000)}\r\n`, 'END\r\n'],
  ['gat\r\n', 'ERROR\r\n'],
  ['gat 10\r\n', 'END\r\n'],
  ['gat x a\r\n', 'CLIENT_ERROR invalid exptime argument\r\n'],
  [`${TEN}gat 10 a b\r\nmg a t\r\n`, 'STORED\r\nVALUE a 5 2\r\n10\r\nEND\r\nHD t10\r\n'],
  [`${TEN}gats 10 b a\r\n`, 'STORED\r\nVALUE a 5 2 N\r\n10\r\nEND\r\n'],
  [`${TEN}gat -1 a\r\nget a\r\n`, 'STORED\r\nVALUE a 5 2\r\n10\r\nEND\r\nEND\r\n'],
]

const STORAGE: readonly Case[] = [
  ['set a 0 0\r\n', 'ERROR\r\n'],
  ['set a 0 0 1 noreply\r\nx\r\nget a\r\n', 'VALUE a 0 1\r\nx\r\nEND\r\n'],
  ['set a 0 0 1 bogus\r\nx\r\n', 'STORED\r\n'],
  ['set a 0 0 1 noreply x\r\n', 'ERROR\r\n'],
  ['set a x 0 1\r\nx\r\n', `${BAD}ERROR\r\n`],
  ['set a -1 0 1\r\nx\r\n', `${BAD}ERROR\r\n`],
  ['set a 4294967296 0 1\r\nx\r\n', `${BAD}ERROR\r\n`],
  ['set a 0 0 -1\r\n', BAD],
  ['set a 0 0 2147483646\r\n', BAD],
  ['set a 0 0 x noreply\r\n', ''],
  [`set ${TOO_LONG} 0 0 1\r\nx\r\n`, `${BAD}ERROR\r\n`],
  ['set a 4294967295 0 1\r\nx\r\nget a\r\n', 'STORED\r\nVALUE a 4294967295 1\r\nx\r\nEND\r\n'],
  ['set a 0 0 0\r\n\r\nget a\r\n', 'STORED\r\nVALUE a 0 0\r\n\r\nEND\r\n'],
  ['set a 0 0 4\r\n\r\n\r\n\r\nget a\r\n', 'STORED\r\nVALUE a 0 4\r\n\r\n\r\n\r\nEND\r\n'],
  ['set a 0 -1 1\r\nx\r\nget a\r\n', 'STORED\r\nEND\r\n'],
  ['set a 0 2592000 1\r\nx\r\nmg a t\r\n', 'STORED\r\nHD t2592000\r\n'],
  ['set a 0 2592001 1\r\nx\r\nget a\r\n', 'STORED\r\nEND\r\n'],
  ['set a 0 1800000100 1\r\nx\r\nmg a t\r\n', 'STORED\r\nHD t100\r\n'],
  ['set a 0 0 3\r\nabcdef\r\nget a\r\n', 'CLIENT_ERROR bad data chunk\r\nERROR\r\nEND\r\n'],
  ['set a 0 0 3\r\nab\r\nget a\r\n', 'CLIENT_ERROR bad data chunk\r\nERROR\r\n'],
  ['set a 0 0 3 noreply\r\nabcdef\r\nget a\r\n', 'ERROR\r\nEND\r\n'],
  [
    `${TEN}set a 0 0 3\r\nabcdef\r\nget a\r\n`,
    'STORED\r\nCLIENT_ERROR bad data chunk\r\nERROR\r\nVALUE a 5 2\r\n10\r\nEND\r\n',
  ],
  [`${TEN}add a 0 0 1\r\nx\r\n`, 'STORED\r\nNOT_STORED\r\n'],
  ['add a 0 0 1\r\nx\r\nget a\r\n', 'STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n'],
  ['replace a 0 0 1\r\nx\r\n', 'NOT_STORED\r\n'],
  [`${TEN}replace a 0 0 1\r\nx\r\nget a\r\n`, 'STORED\r\nSTORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n'],
  ['append a 0 0 1\r\nx\r\n', 'NOT_STORED\r\n'],
  [`${TEN}append a 7 9 1\r\nx\r\nmg a v f t\r\n`, 'STORED\r\nSTORED\r\nVA 3 f5 t-1\r\n10x\r\n'],
  [`${TEN}prepend a 7 9 1\r\nx\r\nget a\r\n`, 'STORED\r\nSTORED\r\nVALUE a 5 3\r\nx10\r\nEND\r\n'],
  ['cas a 0 0 1 1\r\nx\r\n', 'NOT_FOUND\r\n'],
  [`${TEN}cas a 0 0 1 0\r\nx\r\n`, 'STORED\r\nEXISTS\r\n'],
  [`${TEN}cas a 0 0 1 18446744073709551615\r\nx\r\n`, 'STORED\r\nEXISTS\r\n'],
  [`${TEN}cas a 0 0 1 18446744073709551616\r\n`, `STORED\r\n${BAD}`],
  [`${TEN}cas a 0 0 1\r\n`, 'STORED\r\nERROR\r\n'],
  [
    'ms a 1 E77\r\nx\r\ncas a 0 0 1 77\r\ny\r\nget a\r\n',
    'HD\r\nSTORED\r\nVALUE a 0 1\r\ny\r\nEND\r\n',
  ],
  [
    'ms a 1 E18446744073709551615\r\nx\r\ngets a\r\ncas a 0 0 1 18446744073709551615\r\ny\r\n',
    'HD\r\nVALUE a 0 1 N\r\nx\r\nEND\r\nSTORED\r\n',
  ],
]

const COUNTING: readonly Case[] = [
  ['incr a 1\r\n', 'NOT_FOUND\r\n'],
  ['decr a 1 noreply\r\nmn\r\n', 'MN\r\n'],
  [`${TEN}incr a\r\n`, 'STORED\r\nERROR\r\n'],
  [`${TEN}incr a x\r\n`, 'STORED\r\nCLIENT_ERROR invalid numeric delta argument\r\n'],
  [`${TEN}incr a 1\r\nget a\r\n`, 'STORED\r\n11\r\nVALUE a 5 2\r\n11\r\nEND\r\n'],
  [`${TEN}incr a 90\r\nget a\r\n`, 'STORED\r\n100\r\nVALUE a 5 3\r\n100\r\nEND\r\n'],
  [`${TEN}decr a 1\r\nget a\r\n`, 'STORED\r\n9\r\nVALUE a 5 2\r\n9 \r\nEND\r\n'],
  [`${TEN}decr a 11\r\nincr a 5\r\nget a\r\n`, 'STORED\r\n0\r\n5\r\nVALUE a 5 2\r\n5 \r\nEND\r\n'],
  [`${TEN}incr a 18446744073709551615\r\n`, 'STORED\r\n9\r\n'],
  [`${TEN}incr a 1 noreply\r\nget a\r\n`, 'STORED\r\nVALUE a 5 2\r\n11\r\nEND\r\n'],
  ['set a 0 0 20\r\n18446744073709551615\r\nincr a 1\r\n', 'STORED\r\n0\r\n'],
  ['set a 0 0 20\r\n18446744073709551616\r\nincr a 1\r\n', `STORED\r\n${NO_NUMBER}`],
  ['set a 0 0 0\r\n\r\nincr a 1\r\n', `STORED\r\n${NO_NUMBER}`],
  ['set a 0 0 2\r\n-1\r\nincr a 1\r\n', `STORED\r\n${NO_NUMBER}`],
  ['touch a 10\r\n', 'NOT_FOUND\r\n'],
  [`${TEN}touch a\r\n`, 'STORED\r\nERROR\r\n'],
  [`${TEN}touch a x\r\n`, 'STORED\r\nCLIENT_ERROR invalid exptime argument\r\n'],
  [`${TEN}touch a 10\r\nmg a t\r\n`, 'STORED\r\nTOUCHED\r\nHD t10\r\n'],
  [`${TEN}touch a 10 noreply\r\nmn\r\n`, 'STORED\r\nMN\r\n'],
  [`${TEN}touch a -1\r\nget a\r\n`, 'STORED\r\nTOUCHED\r\nEND\r\n'],
  ['delete a\r\n', 'NOT_FOUND\r\n'],
  ['delete\r\n', 'ERROR\r\n'],
  [`${TEN}delete a\r\nget a\r\n`, 'STORED\r\nDELETED\r\nEND\r\n'],
  [`${TEN}delete a 0\r\n`, 'STORED\r\nDELETED\r\n'],
  [`${TEN}delete a 1\r\nget a\r\n`, `STORED\r\n${USAGE}VALUE a 5 2\r\n10\r\nEND\r\n`],
  [`${TEN}delete a 0 noreply\r\nget a\r\n`, 'STORED\r\nEND\r\n'],
]

const META_GET: readonly Case[] = [
  ['mg\r\n', 'ERROR\r\n'],
  ['mg a\r\n', 'EN\r\n'],
  ['mg a q\r\nmn\r\n', 'MN\r\n'],
  ['mg a k O1\r\n', 'EN ka O1\r\n'],
  [`${TEN}mg a\r\n`, 'STORED\r\nHD\r\n'],
  [`${TEN}mg a q\r\n`, 'STORED\r\nHD\r\n'],
  [`${TEN}mg a t v f k s Oabc q\r\n`, 'STORED\r\nVA 2 t-1 f5 ka s2 Oabc\r\n10\r\n'],
  [`${TEN}mg a v v\r\n`, 'STORED\r\nCLIENT_ERROR duplicate flag\r\n'],
  [`${TEN}mg a z\r\n`, 'STORED\r\nCLIENT_ERROR invalid flag\r\n'],
  [`mg a ${'v '.repeat(21)}\r\n`, 'CLIENT_ERROR options flags are too long\r\n'],
  [`mg a O${'x'.repeat(32)}\r\n`, `EN O${'x'.repeat(32)}\r\n`],
  [`mg a O${'x'.repeat(33)}\r\n`, 'CLIENT_ERROR opaque token too long\r\n'],
  ['mg a Tx\r\n', 'CLIENT_ERROR bad token in command line format\r\n'],
  [`mg ${TOO_LONG} v\r\n`, BAD],
  ['mg YQ b\r\n', 'CLIENT_ERROR error decoding key\r\n'],
  ['mg !!!! b\r\n', 'CLIENT_ERROR error decoding key\r\n'],
  ['ms AGIK 1 b\r\nx\r\nmg AGIK b k v\r\n', 'HD\r\nVA 1 kAGIK b\r\nx\r\n'],
  [`${TEN}mg YQ== b v\r\n`, 'STORED\r\nVA 2\r\n10\r\n'],
  [`${TEN}mg a T30 t\r\nmg a t\r\n`, 'STORED\r\nHD t30\r\nHD t30\r\n'],
  [`${TEN}mg a t T30\r\n`, 'STORED\r\nHD t-1\r\n'],
  [`${TEN}mg a h l\r\nmg a h l\r\n`, 'STORED\r\nHD h0 l0\r\nHD h1 l0\r\n'],
  [`${TEN}mg a u h\r\nmg a h\r\n`, 'STORED\r\nHD h0\r\nHD h0\r\n'],
  [`${TEN}mg a c\r\n`, 'STORED\r\nHD cN\r\n'],
  ['ms a 1 E9\r\nx\r\nmg a v C9\r\nmg a v C8\r\n', 'HD\r\nHD\r\nVA 1\r\nx\r\n'],
  ['mg a N30 E9 c\r\nmg a c\r\n', 'HD c9 W\r\nHD c9 Z\r\n'],
  [`${TEN}mg a Lx Py v\r\n`, 'STORED\r\nVA 2\r\n10\r\n'],
  ['mn\r\n', 'MN\r\n'],
  ['me a\r\n', 'EN\r\n'],
  ['me\r\n', BAD],
]

const META_SET: readonly Case[] = [
  ['ms\r\n', 'ERROR\r\n'],
  ['ms a\r\n', BAD],
  ['ms a S2\r\n', BAD],
  ['ms a -1\r\n', BAD],
  [`ms ${TOO_LONG} 2\r\n`, BAD],
  ['ms a 2 c\r\nhi\r\n', 'HD cN\r\n'],
  ['ms a 2 T0 F5\r\nhi\r\nget a\r\n', 'HD\r\nVALUE a 5 2\r\nhi\r\nEND\r\n'],
  ['ms a 2 Fx\r\nhi\r\nmn\r\n', `${BAD}MN\r\n`],
  ['ms a 2 z\r\nhi\r\nmn\r\n', 'CLIENT_ERROR invalid flag\r\nMN\r\n'],
  ['ms a 2 c c\r\nhi\r\nmn\r\n', 'CLIENT_ERROR duplicate flag\r\nMN\r\n'],
  ['ms a 2 MX\r\nhi\r\nmn\r\n', 'CLIENT_ERROR invalid mode for ms M token\r\nMN\r\n'],
  ['ms a 2 M\r\nhi\r\nmn\r\n', 'CLIENT_ERROR incorrect length for M token\r\nMN\r\n'],
  ['ms a 2 Cx\r\nhi\r\nmn\r\n', 'CLIENT_ERROR bad token in command line format\r\nMN\r\n'],
  ['ms a 2 b\r\nhi\r\nmn\r\n', 'CLIENT_ERROR error decoding key\r\nMN\r\n'],
  ['ms a 3 q\r\nabcdef\r\n', 'CLIENT_ERROR bad data chunk\r\nERROR\r\n'],
  ['ms a 2 k O1 q\r\nhi\r\nmn\r\n', 'MN\r\n'],
  ['ms YQ== 2 b k O1 s\r\nhi\r\nget a\r\n', 'HD kYQ== b O1 s2\r\nVALUE a 0 2\r\nhi\r\nEND\r\n'],
  [
    'ms a 2 ME\r\nhi\r\nms a 2 ME k\r\nho\r\nget a\r\n',
    'HD\r\nNS ka\r\nVALUE a 0 2\r\nhi\r\nEND\r\n',
  ],
  ['ms a 2 MA\r\nhi\r\n', 'NS\r\n'],
  ['ms a 2 MR q\r\nhi\r\n', 'NS\r\n'],
  [`${TEN}ms a 2 MA s F9\r\nhi\r\nget a\r\n`, 'STORED\r\nHD s4\r\nVALUE a 5 4\r\n10hi\r\nEND\r\n'],
  [`${TEN}ms a 2 MP\r\nhi\r\nget a\r\n`, 'STORED\r\nHD\r\nVALUE a 5 4\r\nhi10\r\nEND\r\n'],
  [`${TEN}ms a 2 MR\r\nhi\r\nget a\r\n`, 'STORED\r\nHD\r\nVALUE a 0 2\r\nhi\r\nEND\r\n'],
  ['ms a 2 MA N30 T50\r\nhi\r\nmg a t v\r\n', 'HD\r\nVA 2 t30\r\nhi\r\n'],
  ['ms a 2 C9\r\nhi\r\n', 'NF\r\n'],
  ['ms a 2 E9\r\nhi\r\nms a 2 C8 q k\r\nho\r\nmg a v c\r\n', 'HD\r\nEX ka\r\nVA 2 c9\r\nhi\r\n'],
  [
    'ms a 2 E9\r\nhi\r\nms a 2 C9 E12 c\r\nho\r\nmg a v c\r\n',
    'HD\r\nHD c12\r\nVA 2 c12\r\nho\r\n',
  ],
  [
    'ms a 2 E9\r\nhi\r\nms a 2 MA C8\r\nho\r\nms a 2 MA C9 E13\r\nho\r\nmg a v c\r\n',
    'HD\r\nEX\r\nHD\r\nVA 4 c13\r\nhiho\r\n',
  ],
  ['ms a 2 E9\r\nhi\r\nms a 2 MR C8\r\nho\r\n', 'HD\r\nEX\r\n'],
  ['ms a 2 ME C1\r\nhi\r\n', 'HD\r\n'],
]

const META_REST: readonly Case[] = [
  ['md a\r\n', 'NF\r\n'],
  ['md a q k O3\r\n', 'NF ka O3\r\n'],
  [`${TEN}md a k O1\r\nget a\r\n`, 'STORED\r\nHD ka O1\r\nEND\r\n'],
  [`${TEN}md a q\r\nmn\r\n`, 'STORED\r\nMN\r\n'],
  [`${TEN}md a C0 q k\r\nmg a\r\n`, 'STORED\r\nEX ka\r\nHD\r\n'],
  ['ms a 1 E9\r\nx\r\nmd a C8\r\nmd a C9\r\nmg a\r\n', 'HD\r\nEX\r\nHD\r\nEN\r\n'],
  [`${TEN}md a z\r\n`, 'STORED\r\nCLIENT_ERROR invalid or duplicate flag\r\n'],
  [`md ${TOO_LONG}\r\n`, BAD],
  [`${TEN}md a x\r\nmg a v f\r\n`, 'STORED\r\nHD\r\nVA 0 f0\r\n\r\n'],
  ['ms a 1 E9 F3\r\nx\r\nmd a x T30\r\nmg a c t v\r\n', 'HD\r\nHD\r\nVA 0 c9 t30\r\n\r\n'],
  [`${TEN}md a I x T9 E5\r\nmg a v t c\r\n`, 'STORED\r\nHD\r\nVA 0 t9 c5 X W\r\n\r\n'],
  ['ma\r\n', 'ERROR\r\n'],
  ['ma a k O2\r\n', 'NF ka O2\r\n'],
  [`${TEN}ma a\r\n`, 'STORED\r\nHD\r\n'],
  [`${TEN}ma a v t c k O1\r\n`, 'STORED\r\nVA 2 t-1 cN ka O1\r\n11\r\n'],
  [`${TEN}ma a q\r\nma a v\r\n`, 'STORED\r\nVA 2\r\n12\r\n'],
  [
    `${TEN}ma a MD D3 v\r\nma a M- v\r\nma a M+ D4 v\r\nma a MI v\r\n`,
    'STORED\r\nVA 1\r\n7\r\nVA 1\r\n6\r\nVA 2\r\n10\r\nVA 2\r\n11\r\n',
  ],
  [`${TEN}ma a MX\r\n`, 'STORED\r\nCLIENT_ERROR invalid mode for ma M token\r\n'],
  [`${TEN}ma a D-1\r\n`, 'STORED\r\nCLIENT_ERROR invalid or duplicate flag\r\n'],
  ['ma a N0 J13 v t\r\nma a v\r\n', 'VA 2 t-1\r\n13\r\nVA 2\r\n14\r\n'],
  ['ma a N30 v t\r\nmg a t v\r\n', 'VA 1 t30\r\n0\r\nVA 1 t30\r\n0\r\n'],
  [`${TEN}ma a T30 t\r\nmg a t\r\n`, 'STORED\r\nHD t30\r\nHD t30\r\n'],
  ['ms a 1 E9\r\n1\r\nma a C8 v\r\nma a C9 E10 v c\r\n', 'HD\r\nEX\r\nVA 1 c10\r\n2\r\n'],
  ['set a 0 0 1\r\nx\r\nma a q\r\n', `STORED\r\n${NO_NUMBER}`],
]

const REST: readonly Case[] = [
  [`${TEN}flush_all\r\nget a\r\n`, 'STORED\r\nOK\r\nEND\r\n'],
  [`${TEN}flush_all 0 noreply\r\nget a\r\n`, 'STORED\r\nEND\r\n'],
  [`${TEN}flush_all x\r\n`, 'STORED\r\nCLIENT_ERROR invalid exptime argument\r\n'],
  [`${TEN}flush_all 10\r\nget a\r\n`, 'STORED\r\nOK\r\nVALUE a 5 2\r\n10\r\nEND\r\n'],
  ['version\r\n', 'VERSION 1.6.45-heddle-0.1.0\r\n'],
  ['verbosity\r\n', 'ERROR\r\n'],
  ['verbosity 1\r\n', 'OK\r\n'],
  ['verbosity x\r\n', BAD],
  ['verbosity 1 noreply\r\n', ''],
  ['misbehave\r\n', 'ERROR\r\n'],
  ['stats foo\r\n', 'ERROR\r\n'],
  ['stats sizes\r\n', 'STAT sizes_status disabled\r\nEND\r\n'],
  ['stats detail\r\n', 'CLIENT_ERROR usage: stats detail on|off|dump\r\n'],
  ['lru_crawler\r\n', 'ERROR\r\n'],
  ['lru_crawler sleep 1000001\r\n', 'CLIENT_ERROR sleep must be one second or less\r\n'],
  ['lru_crawler tocrawl x\r\n', BAD],
  ['lru_crawler crawl 1,200\r\n', 'BADCLASS invalid class id\r\n'],
  ['lru mode flat\r\n', 'ERROR the cache evicts by CLOCK, which has nothing to tune\r\n'],
  ['slabs reassign 1 1\r\n', 'SAME src and dst class are identical\r\n'],
  ['slabs reassign 1 200\r\n', 'BADCLASS invalid src or dst class id\r\n'],
  ['slabs automove 3\r\n', 'ERROR\r\n'],
  ['watch foo\r\n', 'ERROR\r\n'],
  ['shutdown x\r\n', 'CLIENT_ERROR invalid shutdown mode\r\n'],
  ['quit\r\nget a\r\n', ''],
  [`${'x'.repeat(2049)}\r\nget a\r\n`, 'CLIENT_ERROR line too long\r\n'],
  [`${TEN}lru_crawler mgdump all\r\n`, 'STORED\r\nmg a\r\nEN\r\n'],
  ['ms AGIK 1 b\r\nx\r\nlru_crawler mgdump hash\r\n', 'HD\r\nmg AGIK b\r\nEN\r\n'],
]

export const CORPUS: Readonly<Record<string, readonly Case[]>> = {
  retrieval: RETRIEVAL,
  storage: STORAGE,
  counting: COUNTING,
  'meta get': META_GET,
  'meta set': META_SET,
  'meta rest': META_REST,
  rest: REST,
}

/** Replies with the CAS numbers that no client chose written as N: they are large. */
export function withoutVersions(reply: string): string {
  return reply
    .replace(/^(VALUE \S+ \d+ \d+) \d+\r/gm, '$1 N\r')
    .replace(/^((?:HD|VA)[^\r]*) c(\d+)/gm, (all, head: string, cas: string) => {
      return GIVEN.has(cas) ? all : `${head} cN`
    })
}
const GIVEN = new Set(['0', '5', '9', '10', '12', '13'])
