/** One cache behind text, binary and embedded calls: what is written through one is read by all. */
import { expect, test } from 'vitest'
import { shown } from './binary-peer.ts'
import { ask, count, OP, store } from './frames.ts'
import { Bench } from './support.ts'

test('what is written through one is read through the others', () => {
  const bench = new Bench()
  const { engine } = bench
  const client = bench.connect()
  shown(client, store(OP.set, 'b', 'binary', { flags: 1 }))
  bench.ask('set t 2 0 4\r\ntext\r\n')
  engine.set('e', 'embedded')
  const texts = 'VALUE b 1 6\r\nbinary\r\nVALUE t 2 4\r\ntext\r\nVALUE e 0 8\r\nembedded\r\nEND\r\n'
  expect(bench.ask('get b t e\r\n')).toBe(texts)
  expect(shown(client, ...['b', 't', 'e'].map((key) => ask(OP.getk, key)))).toEqual([
    '0x00 cas x00000001 key=b "binary"',
    '0x00 cas x00000002 key=t "text"',
    '0x00 cas x00000000 key=e "embedded"',
  ])
  expect([engine.get('b'), engine.get('t'), engine.get('e')]).toEqual([
    new Uint8Array(Buffer.from('binary')),
    new Uint8Array(Buffer.from('text')),
    'embedded',
  ])
  shown(client, ask(OP.delete, 't'), ask(OP.append, 'e', { value: '!' }))
  expect(bench.ask('get t e\r\n')).toBe('VALUE e 0 9\r\nembedded!\r\nEND\r\n')
})

test('a number is counted through all of them', () => {
  const bench = new Bench()
  const { engine } = bench
  const client = bench.connect()
  expect(engine.increment('n', { by: 40 })).toBe(40)
  expect(shown(client, count(OP.increment, 'n', 1n))).toEqual(['0x00 cas "\0\0\0\0\0\0\0)"'])
  expect(bench.ask('incr n 1\r\n')).toBe('42\r\n')
  expect(engine.get('n')).toBe(42)
  shown(client, count(OP.increment, 'made', 1n, 99n))
  expect(engine.increment('made')).toBe(100)
})

test('keys that the text protocol cannot name are read in base64', () => {
  const bench = new Bench()
  shown(bench.connect(), store(OP.set, '\0\n', 'x'))
  expect(bench.ask('mg AAo= b v\r\n')).toBe('VA 1\r\nx\r\n')
  expect([...bench.engine.keys()]).toEqual(['\0\n'])
})
