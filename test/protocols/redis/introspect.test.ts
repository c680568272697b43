/** COMMAND: what it tells of each command is what a real redis-server tells. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { COMMANDS } from '../../../src/protocols/redis/commands.ts'
import { hasRedis, RedisServer, type SocketClient } from './redis-server.ts'
import { encode, parse } from './resp.ts'
import { RedisBench } from './support.ts'
import { table, withRedis } from './table.ts'

withRedis()

const isHere = hasRedis()
let server: RedisServer
let rival: SocketClient
beforeAll(async () => {
  if (!isHere) return
  server = await RedisServer.start()
  rival = await server.connect()
})
afterAll(() => server?.stop())

/** Of Redis 7.2, where the reference is 7.0. */
const LATER = ['client|no-touch', 'client|setinfo']

test.each([2, 3])('COMMAND INFO of every command, RESP%i', async (version) => {
  if (!isHere) return
  const client = new RedisBench().connect()
  client.ask(`HELLO ${version}`)
  await rival.ask(encode(`HELLO ${version}`))
  for (const { name, subcommands } of COMMANDS.commands) {
    const request = encode(`COMMAND INFO ${name}`)
    const own = client.feed(request)
    const theirs = await rival.ask(request)
    expect(settled(parse(own), name), name).toEqual(settled(parse(theirs), name))
    if (subcommands.length === 0) expect(own).toBe(theirs)
  }
})

test.each([2, 3])('COMMAND DOCS of every command, RESP%i', async (version) => {
  if (!isHere) return
  const client = new RedisBench().connect()
  client.ask(`HELLO ${version}`)
  await rival.ask(encode(`HELLO ${version}`))
  for (const { name, subcommands } of COMMANDS.commands) {
    const request = encode(`COMMAND DOCS ${name}`)
    const own = client.feed(request)
    const theirs = await rival.ask(request)
    if (subcommands.length === 0) {
      expect(own, name).toBe(theirs)
      continue
    }
    const [left, right] = [documented(parse(own)), documented(parse(theirs))]
    expect(left.fields, name).toEqual(right.fields)
    expect(left.subcommands.size).toBe(subcommands.length)
    for (const [sub, fields] of left.subcommands) {
      if (LATER.includes(sub)) expect(fields, sub).toContain('7.2.0')
      else expect(fields, sub).toEqual(right.subcommands.get(sub))
    }
  }
})

interface Documented {
  readonly fields: unknown
  readonly subcommands: Map<string, unknown>
}

/** Subcommands in any order: Redis has its own. */
function documented(reply: unknown): Documented {
  const [, fields] = reply as [string, unknown[]]
  const pairs = pairsOf(fields)
  const own = pairs.find(([name]) => name === 'subcommands')?.[1] as unknown[]
  const rest = pairs.filter(([name]) => name !== 'subcommands')
  return { fields: rest, subcommands: new Map(pairsOf(own)) }
}

function pairsOf(flat: readonly unknown[]): [string, unknown][] {
  return Array.from({ length: flat.length / 2 }, (_, i) => [String(flat[2 * i]), flat[2 * i + 1]])
}

/** Subcommands in order and without what only one side has. */
function settled(reply: unknown, name: string): unknown {
  const [command] = reply as unknown[][]
  const known = COMMANDS.commands.find((each) => each.name === name)!.subcommands
  const names = known.map((each) => each.name).filter((each) => !LATER.includes(each))
  const [subcommands, ...rest] = command!.toReversed()
  const own = (subcommands as unknown[][]).filter(([sub]) => names.includes(String(sub)))
  own.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  return [rest, own]
}

test('COMMAND, COUNT and LIST tell of the same commands', () => {
  const client = new RedisBench().connect()
  const all = parse(client.ask('COMMAND')) as unknown[]
  expect(all).toHaveLength(COMMANDS.commands.length)
  expect(client.ask('COMMAND COUNT')).toBe(`:${all.length}\r\n`)
  const names = parse(client.ask('COMMAND LIST')) as string[]
  expect(names).toEqual(COMMANDS.inOrder.map(({ name }) => name).toSorted(inTableOrder))
  const docs = parse(client.ask('COMMAND DOCS get client')) as unknown[]
  expect(docs.slice(0, 1)).toEqual(['get'])
  expect(JSON.stringify(docs)).toContain('client|id')
})

function inTableOrder(a: string, b: string): number {
  const place = (name: string) => COMMANDS.inOrder.findIndex((each) => each.name === name)
  return place(a) - place(b)
}

table('COMMAND GETKEYS', [
  ['COMMAND GETKEYS GET a', '*1\n$1\na'],
  ['COMMAND GETKEYS MSET a 1 b 2', '*2\n$1\na\n$1\nb'],
  ['COMMAND GETKEYS BITOP AND d a b', '*3\n$1\nd\n$1\na\n$1\nb'],
  ['COMMAND GETKEYS RENAME a b', '*2\n$1\na\n$1\nb'],
  ['COMMAND GETKEYS OBJECT ENCODING a', '*1\n$1\na'],
  ['COMMAND GETKEYS PING a', '-ERR The command has no key arguments'],
  ['COMMAND GETKEYS NOSUCH a', '-ERR Invalid command specified'],
  ['COMMAND GETKEYS GET a b', '-ERR Invalid number of arguments specified for command'],
  [
    'COMMAND GETKEYSANDFLAGS GET a',
    '*1\n*2\n$1\na\n*2\n+RO\n+access',
    '*1\n*2\n$1\na\n~2\n+RO\n+access',
  ],
  ['COMMAND LIST FILTERBY PATTERN getde*', '*1\n$6\ngetdel'],
  ['COMMAND LIST FILTERBY MODULE none', '*0'],
  ['COMMAND LIST FILTERBY NOSUCH a', '-ERR syntax error'],
  ['COMMAND LIST a', '-ERR syntax error'],
  ['COMMAND INFO nosuch', '*1\n$-1', '*1\n_'],
  ['COMMAND COUNT a', "-ERR wrong number of arguments for 'command|count' command"],
])
