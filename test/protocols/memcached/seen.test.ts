/** Many keys and many requests at once are answered as each by itself. */
import { expect, test } from 'vitest'
import { Bench } from './support.ts'

const LENGTHS = [0, 1, 9, 10, 31, 32, 33, 99, 100, 127, 128, 129, 999, 1000, 5000]
const keyOf = (n: number) => 'k'.repeat(1 + ((n * 17) % 70)) + n
const KEYS = Array.from({ length: 2 * LENGTHS.length }, (_, n) => keyOf(n))

/** A bench with a value for each key of an even number, every third of them with flags. */
function filled(): Bench {
  const bench = new Bench({ memory: '8mb' })
  const client = bench.connect()
  for (const [n, length] of LENGTHS.entries()) {
    const flags = n % 3 === 0 ? 7 : 0
    const value = String.fromCharCode(97 + n).repeat(length)
    expect(client.ask(`set ${keyOf(2 * n)} ${flags} 0 ${length}\r\n${value}\r\n`)).toBe(
      'STORED\r\n',
    )
  }
  return bench
}

const withoutEnd = (reply: string) => reply.replace(/END\r\n$/, '')

test('get and gets of many keys', () => {
  const bench = filled()
  for (const command of ['get', 'gets']) {
    for (const count of [2, 7, KEYS.length]) {
      for (let from = 0; from + count <= KEYS.length; from += count) {
        const keys = KEYS.slice(from, from + count)
        const single = keys.map((key) => withoutEnd(bench.ask(`${command} ${key}\r\n`))).join('')
        expect(bench.ask(`${command} ${keys.join(' ')}\r\n`)).toBe(`${single}END\r\n`)
      }
    }
  }
})

test('requests that arrive together, with counts of their own', () => {
  const bench = filled()
  const single = KEYS.map((key) => bench.ask(`get ${key}\r\n`)).join('')
  const client = bench.connect()
  client.ask('version\r\n')
  const before = bench.ask('stats\r\n')
  expect(client.ask(KEYS.map((key) => `get ${key}\r\n`).join(''))).toBe(single)
  expect(client.ask(`get ${KEYS.slice(0, 20).join(' ')}\r\n`)).toContain('END\r\n')
  const after = bench.ask('stats\r\n')
  const grown = (name: string) => {
    const of = (text: string) => Number(text.match(new RegExp(`STAT ${name} (\\d+)`))![1])
    return of(after) - of(before)
  }
  expect(grown('cmd_get')).toBe(KEYS.length + 20)
  expect(grown('get_hits')).toBe(LENGTHS.length + 10)
  expect(grown('get_misses')).toBe(LENGTHS.length + 10)
})

test('replies that outgrow the buffer', () => {
  for (let length = 30; length < 40; length++) {
    const client = new Bench().connect()
    const value = 'v'.repeat(length)
    client.ask(`set k 0 0 ${length}\r\n${value}\r\n`)
    const line = `VALUE k 0 ${length}\r\n${value}\r\n`
    expect(client.ask('get k\r\n'.repeat(3000)) === `${line}END\r\n`.repeat(3000)).toBe(true)
    const many = `get${' k'.repeat(30)}\r\n`
    expect(client.ask(many.repeat(80)) === `${line.repeat(30)}END\r\n`.repeat(80)).toBe(true)
  }
})

test('prefixes are counted while somebody asks for them', () => {
  const bench = new Bench()
  const client = bench.connect()
  client.ask('set a:1 0 0 1\r\nx\r\nset a:2 0 0 1\r\ny\r\nstats detail on\r\n')
  client.ask('get a:1\r\nget a:2\r\nget a:1 a:2 a:3\r\n')
  expect(client.ask('stats detail dump\r\n')).toContain('PREFIX a get 5 hit 4 set 0 del 0')
})
