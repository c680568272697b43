/**
 * Win, stale, recache: who is told to write a new value (W), who that somebody else was told (Z),
 * and who that the value is old (X). Of many clients, on any threads, one wins.
 */
import { expect, test } from 'vitest'
import { Bench } from './support.ts'

const TEN = 'set a 5 0 2\r\n10\r\n'

test('N makes an empty entry once, and its maker wins', () => {
  const client = new Bench().connect()
  expect(client.ask('mg a N30 t v\r\n')).toBe('VA 0 t30 W\r\n\r\n')
  expect(client.ask('mg a N30 t v\r\n')).toBe('VA 0 t30 Z\r\n\r\n')
  expect(client.ask('mg a v\r\nget a\r\n')).toBe('VA 0 Z\r\n\r\nVALUE a 0 0\r\n\r\nEND\r\n')
  expect(client.ask('ms a 1 T60\r\nx\r\nmg a N30 v t\r\n')).toBe('HD\r\nVA 1 t60\r\nx\r\n')
})

test('an entry that N made is gone after its seconds, and can be won again', () => {
  const bench = new Bench()
  const client = bench.connect()
  client.ask('mg a N30\r\n')
  bench.clock.ms += 30_000
  expect(client.ask('mg a N30\r\nmg a N30\r\n')).toBe('HD W\r\nHD Z\r\n')
})

test('R lets one client win when less than its seconds remain', () => {
  const bench = new Bench()
  const client = bench.connect()
  client.ask('ms a 2 T60\r\nhi\r\n')
  expect(client.ask('mg a R30 t\r\n')).toBe('HD t60\r\n')
  bench.clock.ms += 30_000
  expect(client.ask('mg a R30 t\r\n')).toBe('HD t30\r\n')
  bench.clock.ms += 1_000
  expect(client.ask('mg a R30 t v\r\n')).toBe('VA 2 t29 W\r\nhi\r\n')
  expect(client.ask('mg a R30 t v\r\n')).toBe('VA 2 t29 Z\r\nhi\r\n')
  expect(client.ask('mg a\r\n')).toBe('HD Z\r\n')
  expect(client.ask('ms a 2 T60\r\nho\r\nmg a R30 v\r\n')).toBe('HD\r\nVA 2\r\nho\r\n')
})

test('R on an entry without expiry never wins', () => {
  expect(new Bench().ask(`${TEN}mg a R1000 t\r\n`)).toBe('STORED\r\nHD t-1\r\n')
})

test('the winner changes neither value, CAS nor expiry', () => {
  const bench = new Bench()
  const client = bench.connect()
  client.ask('ms a 2 T10 F7\r\nhi\r\n')
  const before = client.ask('mg a c f v t\r\n')
  expect(client.ask('mg a c f v t R30\r\n')).toBe(before.replace(' t10', ' t10 W'))
  expect(client.ask('mg a c f v t\r\n')).toBe(before.replace(' t10', ' t10 Z'))
})

test('md I makes an entry stale: the first reader wins, others know both', () => {
  const client = new Bench().connect()
  client.ask(TEN)
  const cas = client.ask('mg a c\r\n')
  expect(client.ask('md a I T30\r\n')).toBe('HD\r\n')
  expect(client.ask('mg a v t f\r\n')).toBe('VA 2 t30 f5 X W\r\n10\r\n')
  expect(client.ask('mg a v\r\n')).toBe('VA 2 Z X\r\n10\r\n')
  expect(client.ask('get a\r\n')).toBe('VALUE a 5 2\r\n10\r\nEND\r\n')
  expect(client.ask('mg a c\r\n')).not.toContain(cas.trim())
  // Made stale again, it can be won again.
  expect(client.ask('md a I\r\nmg a\r\nmg a\r\n')).toBe('HD\r\nHD X W\r\nHD Z X\r\n')
  // A touch changes neither.
  expect(client.ask('touch a 0\r\nmg a\r\n')).toBe('TOUCHED\r\nHD Z X\r\n')
  // A new value ends both.
  expect(client.ask('ms a 1\r\nz\r\nmg a v\r\n')).toBe('HD\r\nVA 1\r\nz\r\n')
})

test('what is appended to is neither stale nor won', () => {
  expect(new Bench().ask(`${TEN}md a I\r\nmg a\r\nappend a 0 0 1\r\nx\r\nmg a v\r\n`)).toBe(
    'STORED\r\nHD\r\nHD X W\r\nSTORED\r\nVA 3\r\n10x\r\n',
  )
})

test('ms I takes an older CAS as a stale value, with the expiry of the entry', () => {
  const client = new Bench().connect()
  client.ask('ms a 2 E100 T60 F5\r\n10\r\n')
  expect(client.ask('ms a 2 C101 I\r\nhi\r\n')).toBe('EX\r\n')
  expect(client.ask('ms a 2 C99 I T5 F6 E100\r\nhi\r\n')).toBe('HD\r\n')
  expect(client.ask('mg a v t f c\r\n')).toBe('VA 2 t60 f6 c100 X W\r\nhi\r\n')
  // The token stays handed out.
  expect(client.ask('ms a 2 C99 I E101\r\nho\r\nmg a v c\r\n')).toBe(
    'HD\r\nVA 2 c101 Z X\r\nho\r\n',
  )
  // The CAS that it has makes it fresh again.
  expect(client.ask('ms a 2 C101 I T7\r\nhu\r\nmg a v t\r\n')).toBe('HD\r\nVA 2 t7\r\nhu\r\n')
  expect(client.ask('ms b 2 C1 I\r\nhi\r\n')).toBe('NF\r\n')
})

test('ms I compares CAS numbers as unsigned 64-bit numbers', () => {
  const client = new Bench().connect()
  client.ask('ms a 2 E18446744073709551615\r\nhi\r\n')
  expect(client.ask('ms a 2 C9223372036854775808 I E1\r\nho\r\nmg a c\r\n')).toBe(
    'HD\r\nHD c1 X W\r\n',
  )
  expect(client.ask('ms a 2 C9223372036854775808 I\r\nho\r\n')).toBe('EX\r\n')
})

test('a use that is noted keeps the marks', () => {
  const bench = new Bench()
  const client = bench.connect()
  client.ask(`${TEN}md a I\r\nmg a\r\n`)
  bench.clock.ms += 100_000
  client.ask('get a\r\n')
  expect(client.ask('mg a l h\r\n')).toBe('HD l0 h1 Z X\r\n')
})

test('u neither wins less nor counts as a use', () => {
  const bench = new Bench()
  const client = bench.connect()
  client.ask(`${TEN}md a I\r\n`)
  bench.clock.ms += 10_000
  expect(client.ask('mg a u l h\r\nmg a u l h\r\n')).toBe('HD l10 h0 X W\r\nHD l10 h0 Z X\r\n')
})

test('where the policy keeps no count of uses, the first read is noted in the entry', () => {
  const bench = new Bench({ eviction: 'none' })
  const client = bench.connect()
  client.ask(TEN)
  expect(client.ask('mg a u h\r\nget a\r\nmg a h\r\nset a 0 0 1\r\nx\r\nmg a h\r\n')).toBe(
    'HD h0\r\nVALUE a 5 2\r\n10\r\nEND\r\nHD h1\r\nSTORED\r\nHD h0\r\n',
  )
})
