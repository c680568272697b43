/** Requests that arrive together are answered as if they had come one by one. */
import { expect, test } from 'vitest'
import { RandomCommands } from './random-commands.ts'
import { encode, type Request } from './resp.ts'
import { RedisBench } from './support.ts'

const ROUNDS = 40
const MOST_TOGETHER = 100

/** The replies to requests that come one by one, and to the same ones together. */
function bothWays(requests: readonly (Request | Buffer)[]): [string, string] {
  const bytes = requests.map((each) => (Buffer.isBuffer(each) ? each : encode(each)))
  const client = new RedisBench().connect()
  const single = bytes.map((each) => client.feed(each)).join('')
  return [single, new RedisBench().connect().feed(Buffer.concat(bytes))]
}

test('any commands, many at a time', () => {
  const commands = new RandomCommands(20_261_121)
  for (let round = 0; round < ROUNDS; round++) {
    const count = 1 + ((round * 7) % MOST_TOGETHER)
    const requests = Array.from({ length: count }, () => commands.next())
    const [single, together] = bothWays(requests.map((words) => encode([...words])))
    expect(together).toBe(single)
  }
})

test('a database that is selected on the way', () => {
  const [single, together] = bothWays([
    ['SET', 'k', 'zero'],
    ['SELECT', '1'],
    ['GET', 'k'],
    ['SET', 'k', 'one'],
    ['GET', 'k'],
    ['SELECT', '0'],
    ['GET', 'k'],
    ['SWAPDB', '0', '1'],
    ['MOVE', 'k', '2'],
  ])
  expect(together).toBe(single)
  expect(together).toContain('$-1\r\n+OK\r\n$3\r\none\r\n+OK\r\n$4\r\nzero\r\n')
})

test('a transaction whose commands are queued', () => {
  const [single, together] = bothWays([
    ['SET', 'k', '1'],
    ['MULTI'],
    ['INCR', 'k'],
    ['GET', 'other'],
    ['EXEC'],
    ['GET', 'k'],
    ['MULTI'],
    ['SET', 'k', 'never'],
    ['DISCARD'],
    ['GET', 'k'],
  ])
  expect(together).toBe(single)
  expect(together).toContain('*2\r\n:2\r\n$-1\r\n$1\r\n2\r\n')
  expect(together.endsWith('$1\r\n2\r\n')).toBe(true)
})

test('between others: inline commands, empty ones, many arguments, long keys and values', () => {
  const long = 'k'.repeat(100)
  const [single, together] = bothWays([
    ['SET', 'a', '1'],
    Buffer.from('GET a\r\n'),
    Buffer.from('*0\r\n'),
    ['GET', 'a'],
    ['MSET', 'a', '2', 'b', '3', 'c', '4', 'd', '5', long, '6'],
    ['GET', long],
    ['SET', 'big', 'v'.repeat(70_000)],
    ['STRLEN', 'big'],
    ['PING'],
    ['MGET', 'a', 'b', 'c', 'd', long],
    ['', 'a'],
    ['GET', ''],
    ['GET', 'a'],
  ])
  expect(together).toBe(single)
  expect(together.endsWith('$-1\r\n$1\r\n2\r\n')).toBe(true)
})

test('keys and values of all lengths, hits and misses, in capital letters and small ones', () => {
  const lengths = [1, 2, 3, 4, 8, 9, 10, 11, 31, 62, 63, 64, 65, 99, 100, 127, 128, 129, 254, 255]
  const requests = lengths.flatMap((length, n): Request[] => {
    const key = 'k'.repeat(length)
    const value = 'v'.repeat(lengths.at(-1 - n)! + 800 * (n % 3))
    return [
      ['SET', key, value],
      [n % 2 === 0 ? 'GET' : 'gEt', key],
      ['GET', `${key.slice(1)}x`],
      ['SET', key, ''],
      ['GET', key],
      ['GET', ''],
    ]
  })
  const [single, together] = bothWays(requests)
  expect(together).toBe(single)
  expect(together.split('$-1\r\n').length - 1).toBe(2 * lengths.length)
})

test('replies that outgrow the buffer, at every place in it', () => {
  for (let length = 30; length < 40; length++) {
    const requests: Request[] = [['SET', 'k', 'v'.repeat(length)]]
    for (let n = 0; n < 3000; n++) requests.push(['GET', 'k'])
    const [single, together] = bothWays(requests)
    expect(together === single).toBe(true)
    expect(together.length).toBeGreaterThan(3000 * length)
  }
  const many = ['MGET', ...Array.from({ length: 3000 }, () => 'k')]
  const [single, together] = bothWays([['SET', 'k', 'v'.repeat(33)], many, ['GET', 'k']])
  expect(together === single).toBe(true)
  expect(together).toBe(`+OK\r\n*3000\r\n${`$33\r\n${'v'.repeat(33)}\r\n`.repeat(3001)}`)
})

test('values of other types, flushed ones, and ones that are over, among plain ones', () => {
  const [single, together] = bothWays([
    ['PFADD', 'sketch', 'a'],
    ['SET', 'a', '1'],
    ['GET', 'a'],
    ['GET', 'sketch'],
    ['APPEND', 'a', '2'],
    ['GET', 'a'],
    ['SET', 'b', '3', 'EX', '100'],
    ['GET', 'b'],
    ['PEXPIREAT', 'b', '1'],
    ['GET', 'b'],
    ['FLUSHALL'],
    ['GET', 'a'],
    ['SET', 'a', '4'],
    ['GET', 'a'],
  ])
  expect(together).toBe(single)
  expect(together.endsWith('+OK\r\n$-1\r\n+OK\r\n$1\r\n4\r\n')).toBe(true)
})

test('a request that is refused for its size, in pieces, before and behind others', () => {
  const engine = { memory: '4mb', maxItemSize: '16kb' }
  const bytes = Buffer.concat([
    encode(['SET', 'a', '1']),
    encode(['SET', 'a', 'v'.repeat(100_000)]),
    encode(['GET', 'a']),
    encode(['GET', 'none']),
  ])
  for (const step of [1000, 4096, 65_536, bytes.length]) {
    const client = new RedisBench(engine).connect()
    let replies = ''
    for (let at = 0; at < bytes.length; at += step) {
      replies += client.feed(bytes.subarray(at, at + step))
    }
    expect(replies).toMatch(/^\+OK\r\n-ERR [^\r]+\r\n\$1\r\n1\r\n\$-1\r\n$/)
  }
})

test.each([
  ['*2\r\n$3\r\nGET\r\n$01\r\na\r\n', 'ERR Protocol error: invalid bulk length'],
  ['*2\r\n$3\r\nGET\r\n$1x\r\na\r\n', 'ERR Protocol error: invalid bulk length'],
  ['*2\r\n$3\r\nGET\r\n:1\r\na\r\n', "ERR Protocol error: expected '$', got ':'"],
  ['*x\r\n', 'ERR Protocol error: invalid multibulk length'],
])('what is no request, behind requests: %j', (bytes, error) => {
  const requests = Buffer.concat([encode('SET a 1'), encode('GET a'), Buffer.from(bytes)])
  const client = new RedisBench().connect()
  expect(client.feed(requests)).toBe(`+OK\r\n$1\r\n1\r\n-${error}\r\n`)
})
