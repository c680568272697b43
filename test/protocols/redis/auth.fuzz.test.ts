/**
 * Whatever a user with a prefix sends, it learns no value and no name outside of the prefix, and
 * changes none: random requests of every command, over keys of its own and of others.
 */
import { expect, test } from 'vitest'
import { COMMANDS } from '../../../src/protocols/redis/commands.ts'
import { SECRET } from '../../auth/support.ts'
import { AuthRedis } from './auth-client.ts'
import { encode } from './resp.ts'

const OTHERS = ['out:1', 'out:2', 'i', 'in', 'IN:1', ' in:1', '', 'h\0', 'pf']
/** Its name is in no request: who sees it was told. */
const UNNAMED = 'never-named'
const WORDS = [
  ...['in:1', 'in:2', 'in:', 'in:*', '*', '?n:1', '[^x]*', '0', '1', '2', '-1', '3', '100'],
  ...['GET', 'EX', 'NX', 'XX', 'KEEPTTL', 'MATCH', 'COUNT', 'TYPE', 'string', 'DB', 'REPLACE'],
  ...['AND', 'OR', 'NOT', 'u8', 'INCRBY', 'OVERFLOW', 'SAT', 'LEN', 'IDX', 'v', 'ASYNC', 'USER'],
]
/** They end the connection, hold back its replies, or leave its user. */
const LEFT_OUT = ['quit', 'reset', 'auth', 'hello', 'client|reply', 'debug']

function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const COMMAND_NAMES = COMMANDS.inOrder.filter(({ name, execute }) => {
  return execute !== undefined && !LEFT_OUT.includes(name)
})

function requestOf(below: (limit: number) => number): string[] {
  const { name, arity, firstKey } = COMMAND_NAMES[below(COMMAND_NAMES.length)]!
  const words = name.split('|')
  const most = Math.abs(arity) + (arity < 0 ? below(5) : 0)
  const count = below(20) === 0 ? below(8) : most
  while (words.length < count) {
    const isKey = words.length >= firstKey && below(3) > 0
    // Mostly its own keys, or most commands would be refused at once.
    if (!isKey) words.push(WORDS[below(WORDS.length)]!)
    else if (below(4) > 0) words.push(WORDS[below(3)]!)
    else words.push(OTHERS[below(OTHERS.length)]!)
  }
  return words
}

test.each([1, 2, 3])('seed %i', async (seed) => {
  const below = generator(seed)
  const redis = new AuthRedis(`ops:${SECRET} admin\nu:${SECRET} prefix=in:`)
  const ops = redis.connect()
  await ops.ask(encode('AUTH ops secret'))
  const names = [...OTHERS, UNNAMED]
  for (const database of ['0', '1']) {
    await ops.ask(encode(`SELECT ${database}`))
    for (const name of names) await ops.ask(encode(['SET', name, `HIDDEN ${name}`]))
    await ops.ask(encode(['PFADD', 'pf', 'HIDDEN']))
  }
  const dump = async (): Promise<string> => {
    let all = ''
    for (const database of ['0', '1']) {
      await ops.ask(encode(`SELECT ${database}`))
      all += await ops.ask(encode(['MGET', ...names]))
      for (const name of names) all += await ops.ask(encode(['PEXPIRETIME', name]))
    }
    return all
  }
  const before = await dump()
  expect(before.split('HIDDEN')).toHaveLength(2 * names.length + 1)
  const user = redis.connect()
  await user.ask(encode('AUTH u secret'))
  await user.ask(encode('HELLO 3'))
  let refusals = 0
  let done = 0
  for (let i = 0; i < 20_000; i++) {
    const request = requestOf(below)
    const reply = user.client.feed(encode(request))
    const told = reply.includes('HIDDEN') || reply.includes(UNNAMED)
    expect(told, `${JSON.stringify(request)}: ${reply}`).toBe(false)
    if (reply.startsWith('-NOPERM')) refusals++
    else if (!reply.startsWith('-')) done++
    expect(user.client.connection.isClosing).toBe(false)
    if (i % 5000 === 0) expect(await dump()).toBe(before)
  }
  expect(await dump()).toBe(before)
  // It did something, and was refused something.
  expect(Math.min(refusals, done)).toBeGreaterThan(2000)
})
