/** Who may run which text command on which key; a row per command. */
import { describe, expect, test } from 'vitest'
import { SECRET } from '../../auth/support.ts'
import { AuthMemcached, DENIED } from './auth-client.ts'

const base64 = (key: string): string => Buffer.from(key).toString('base64')
/** Commands on `KEY`, and the rights that each needs; `all`: no prefix may limit the user. */
const RIGHTS: readonly (readonly [string, string])[] = [
  ['get KEY\r\n', 'read'],
  ['gets KEY\r\n', 'read'],
  [`get ${'in:x '.repeat(40)}KEY\r\n`, 'read'],
  ['gat 0 KEY\r\n', 'read write'],
  ['gats 0 in:1 KEY\r\n', 'read write'],
  ['mg KEY v\r\n', 'read'],
  ['mg KEY v N30\r\n', 'read write'],
  ['mg KEY T30\r\n', 'read write'],
  ['mg KEY t R30\r\n', 'read write'],
  ['me KEY\r\n', 'read'],
  ['set KEY 0 0 1\r\nv\r\n', 'write'],
  ['add KEY 0 0 1\r\nv\r\n', 'write'],
  ['replace KEY 0 0 1\r\nv\r\n', 'write'],
  ['append KEY 0 0 1\r\nv\r\n', 'write'],
  ['prepend KEY 0 0 1\r\nv\r\n', 'write'],
  ['cas KEY 0 0 1 1\r\nv\r\n', 'write'],
  ['ms KEY 1\r\nv\r\n', 'write'],
  ['md KEY\r\n', 'write'],
  ['ma KEY\r\n', 'read write'],
  ['delete KEY\r\n', 'write'],
  ['touch KEY 0\r\n', 'write'],
  ['incr KEY 1\r\n', 'read write'],
  ['decr KEY 1\r\n', 'read write'],
  ['flush_all\r\n', 'write all'],
  ['version\r\n', ''],
  ['mn\r\n', ''],
  ['stats\r\n', ''],
  ['stats items\r\n', ''],
  ['stats settings\r\n', ''],
  ['stats conns\r\n', 'admin'],
  ['stats reset\r\n', 'admin'],
  ['stats detail dump\r\n', 'admin'],
  ['verbosity 0\r\n', 'admin'],
  ['cache_memlimit 64\r\n', 'admin'],
  ['lru_crawler metadump all\r\n', 'admin'],
  ['lru tune\r\n', 'admin'],
  ['slabs automove 0\r\n', 'admin'],
  ['shutdown\r\n', 'admin'],
  ['watch fetchers\r\n', 'admin'],
]

describe.each(RIGHTS)('%j', (text, needs) => {
  const at = (key: string): string => text.replace('KEY', key)
  const users = { ann: 'read write', ro: 'read', wo: 'write', ops: 'read write admin' }

  test(`needs: ${needs || 'a user'}`, async () => {
    const memcached = new AuthMemcached()
    for (const [name, has] of Object.entries(users)) {
      const client = await memcached.connect().as(name)
      const wanted = needs.split(' ').filter((word) => word !== '' && word !== 'all')
      const may = wanted.every((right) => has.split(' ').includes(right))
      const reply = await client.ask(at('in:k'))
      if (may) expect(reply, name).not.toContain(DENIED)
      else expect(reply, name).toBe(DENIED)
    }
  })

  test('by prefix', async () => {
    const client = await new AuthMemcached().connect().as('in')
    const isFree = needs === ''
    const isHers = isFree || (!needs.includes('admin') && !needs.includes('all'))
    const inside = await client.ask(at('in:k'))
    if (isHers) expect(inside).not.toContain(DENIED)
    else expect(inside).toBe(DENIED)
    if (!text.includes('KEY')) return
    for (const key of ['out:k', 'in', 'IN:k', 'xin:k']) {
      expect(await client.ask(at(key)), key).toBe(DENIED)
    }
    // Its values are passed over: what follows is a command.
    expect(await client.ask('mn\r\n')).toBe('MN\r\n')
  })
})

test('base64 hides no key', async () => {
  const memcached = new AuthMemcached()
  const [ann, limited] = [await memcached.connect().as('ann'), await memcached.connect().as('in')]
  await ann.ask('set out:k 0 0 1\r\nv\r\n')
  await ann.ask('set in:k 0 0 1\r\nw\r\n')
  // Spelled so that the base64 text itself begins with the prefix, or does not.
  expect(await limited.ask(`mg ${base64('out:k')} v b\r\n`)).toBe(DENIED)
  expect(await limited.ask(`mg ${base64('out:k')} b v\r\n`)).toBe(DENIED)
  expect(await limited.ask(`ms ${base64('out:k')} 1 b\r\nx\r\n`)).toBe(DENIED)
  expect(await limited.ask(`md ${base64('out:k')} q b\r\n`)).toBe(DENIED)
  expect(await limited.ask(`me ${base64('out:k')} b\r\n`)).toBe(DENIED)
  expect(await limited.ask(`mg ${base64('in:k')} v b\r\n`)).toBe(
    'VA 1 b\r\nw\r\n'.replace(' b', ''),
  )
  expect(await ann.ask('get out:k\r\n')).toBe('VALUE out:k 0 1\r\nv\r\nEND\r\n')
  const prefixed = new AuthMemcached(`u:${SECRET} prefix=${base64('out:k').slice(0, 4)}`)
  const other = await prefixed.connect().as('u')
  expect(await other.ask(`mg ${base64('out:k')} v b\r\n`)).toBe(DENIED)
})

test('a refused value of any length is passed over, and noreply stays silent', async () => {
  const memcached = new AuthMemcached()
  const client = await memcached.connect().as('ro')
  const value = 'get in:k\r\n'.repeat(1000)
  const text = `set k 0 0 ${value.length} noreply\r\n${value}\r\nmn\r\n`
  expect(await client.ask(text)).toBe('MN\r\n')
  expect(await client.ask(`set k 0 0 ${value.length}\r\n${value}\r\nmn\r\n`)).toBe(
    `${DENIED}MN\r\n`,
  )
  // Larger than an item may be: the old value stays, too.
  const ann = await memcached.connect().as('ann')
  await ann.ask('set k 0 0 1\r\nv\r\n')
  const huge = 'x'.repeat(2 * 1024 * 1024)
  expect(await client.ask(`set k 0 0 ${huge.length}\r\n${huge}\r\n`)).toBe(DENIED)
  expect(await client.ask(`ms k ${huge.length}\r\n${huge}\r\n`)).toBe(DENIED)
  expect(await client.ask('get k\r\n')).toBe('VALUE k 0 1\r\nv\r\nEND\r\n')
  expect(memcached.auth.counts.denied).toBe(4)
})
