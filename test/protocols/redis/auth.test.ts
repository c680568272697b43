/**
 * Users over the Redis protocol: the order of commands while a password is verified, what those may
 * send who are nobody yet, users that are taken out, and ACL as a view.
 */
import { expect, test } from 'vitest'
import { SECRET, usersOf } from '../../auth/support.ts'
import { AuthRedis, NOBODY, no } from './auth-client.ts'
import { encode } from './resp.ts'

test('what follows AUTH in one packet waits, in its order, and no one else does', async () => {
  const redis = new AuthRedis()
  const one = redis.connect()
  const two = redis.connect()
  await two.ask(encode('AUTH adm'))
  const requests = ['AUTH ann secret', 'SET a:1 v', 'GET a:1', 'AUTH ro secret', 'SET a:1 w']
  const first = one.client.feed(Buffer.concat(requests.map((request) => encode(request))))
  expect(first).toBe('')
  expect(one.client.connection.isPaused).toBe(true)
  expect(await two.ask(encode('GET a:1'))).toBe('$-1\r\n')
  const rest = Buffer.concat(requests.slice(1).map((request) => encode(request)))
  const { connection } = one.client
  let replies = await redis.settle(one.client, '')
  replies += await redis.settle(one.client, one.client.feed(rest))
  expect(replies).toBe('+OK\r\n+OK\r\n$1\r\nv\r\n+OK\r\n')
  expect(connection.isClosing).toBe(false)
  replies = await one.ask(encode('SET a:1 w'))
  expect(replies).toBe(`${no('set')}\r\n`)
})

test('users that are taken out or changed lose their connections, others do not', async () => {
  const redis = new AuthRedis()
  const { host } = redis.bench
  const [ann, ro, wo] = [redis.connect(), redis.connect(), redis.connect()]
  await ann.ask(encode('AUTH ann secret'))
  await ro.ask(encode('AUTH ro secret'))
  await wo.ask(encode('AUTH wo secret'))
  redis.auth.authenticator.replace(usersOf(`ann:${SECRET}\nwo:${SECRET} write`))
  expect(host.killed).toEqual([1, 2]) // the prefix of ann went, and ro with all that it had
  // Also before the server has closed them they are nobody.
  expect(await ro.ask(encode('GET k'))).toBe(`${NOBODY}\r\n`)
  expect(await ann.ask(encode('GET a:1'))).toBe(`${NOBODY}\r\n`)
  expect(await wo.ask(encode('SET k v'))).toBe('+OK\r\n')
})

test('who was somebody else before is disconnected when that user is taken out', async () => {
  const redis = new AuthRedis()
  const [listener, fresh] = [redis.connect(), redis.connect()]
  for (const { ask } of [listener, fresh]) {
    await ask(encode('AUTH ro secret'))
    await ask(encode('HELLO 3'))
    await ask(encode('SUBSCRIBE news'))
  }
  await fresh.ask(encode('RESET')) // which ends what it listened to
  for (const { ask } of [listener, fresh]) await ask(encode('AUTH wo secret'))
  redis.auth.authenticator.replace(usersOf(`wo:${SECRET} write`))
  expect(redis.bench.host.killed).toEqual([1])
})

test('a client that goes while its password is verified is not woken', async () => {
  const redis = new AuthRedis()
  const peer = redis.connect()
  peer.client.feed(encode('AUTH ann secret'))
  peer.client.connection.dispose()
  const asked = redis.auth.ask('ann', 'secret')
  expect(await asked).toBe('ann')
  expect(redis.bench.host.served).toEqual([])
})

test('nobody may send little: ten arguments, of 16 KiB each', () => {
  const redis = new AuthRedis()
  const feed = (text: string): string => redis.bench.connect().feed(Buffer.from(text))
  const end = (why: string): string => `-ERR Protocol error: unauthenticated ${why}\r\n`
  expect(feed('*11\r\n')).toBe(end('multibulk length'))
  expect(feed('*2\r\n$16385\r\n')).toBe(end('bulk length'))
  expect(feed('*1000000\r\n')).toBe(end('multibulk length'))
  const client = redis.bench.connect()
  expect(client.feed(Buffer.from('*2\r\n$4\r\nECHO\r\n$16384\r\n'))).toBe('')
  expect(client.connection.isClosing).toBe(false)
})

test('and those who said who they are may send more', async () => {
  const peer = new AuthRedis().connect()
  expect(peer.client.connection.isAuthenticated).toBe(false)
  await peer.ask(encode('AUTH ann secret'))
  expect(peer.client.connection.isAuthenticated).toBe(true)
  const words = ['MSET', ...Array.from({ length: 20 }, (_, i) => [`a:${i}`, 'x'.repeat(20_000)])]
  expect(await peer.ask(encode(words.flat()))).toBe('+OK\r\n')
})

test('a connection that is somebody has a state that no other worker knows', async () => {
  const peer = new AuthRedis().connect()
  expect(peer.client.connection.hasState).toBe(false)
  await peer.ask(encode('AUTH ann secret'))
  expect(peer.client.connection.hasState).toBe(true)
})

test('who one is does not change within a transaction', async () => {
  const peer = new AuthRedis().connect()
  await peer.ask(encode('AUTH ann secret'))
  await peer.ask(encode('MULTI'))
  for (const request of ['AUTH adm', 'HELLO 3 AUTH default adm']) {
    const refused = '-ERR Command not allowed inside a transaction\r\n'
    expect(await peer.ask(encode(request))).toBe(refused)
  }
  expect(await peer.ask(encode('EXEC'))).toMatch(/^-EXECABORT /)
  expect(await peer.ask(encode('ACL WHOAMI'))).toBe('$3\r\nann\r\n')
})

test('KEYS, SCAN and RANDOMKEY tell of nothing but its own keys', async () => {
  const redis = new AuthRedis()
  const admin = redis.connect()
  await admin.ask(encode('AUTH adm'))
  for (let i = 0; i < 100; i++) {
    await admin.ask(encode(`SET b:${i} x`))
    if (i % 10 === 0) await admin.ask(encode(`SET a:${i} x`))
  }
  const ann = redis.connect()
  await ann.ask(encode('AUTH ann secret'))
  for (const request of ['KEYS *', 'KEYS b*', 'SCAN 0 COUNT 1000', 'SCAN 0 COUNT 1000 MATCH *']) {
    expect(await ann.ask(encode(request)), request).not.toMatch(/b:/)
  }
  expect((await ann.ask(encode('KEYS *'))).match(/a:\d+/g)).toHaveLength(10)
  expect((await ann.ask(encode('SCAN 0 COUNT 1000'))).match(/a:\d+/g)).toHaveLength(10)
  for (let i = 0; i < 20; i++) expect(await ann.ask(encode('RANDOMKEY'))).toMatch(/a:\d+/)
  expect((await admin.ask(encode('KEYS *'))).match(/[ab]:\d+/g)).toHaveLength(110)
})

test('ACL is a view of the file', async () => {
  const redis = new AuthRedis()
  const admin = redis.connect()
  await admin.ask(encode('AUTH adm'))
  const list = await admin.ask(encode('ACL LIST'))
  expect(list).toContain('user default on ~* &* +@all\r\n')
  expect(list).toContain('user ann on ~a:* resetchannels &a:* -@all +@read +@write +@pubsub ')
  expect(list).toContain('user ro on ~* &* -@all +@read +@pubsub ')
  expect(list).not.toMatch(/scrypt|secret|#/)
  expect(await admin.ask(encode('ACL USERS'))).toBe(
    '*4\r\n$7\r\ndefault\r\n$3\r\nann\r\n$2\r\nro\r\n$2\r\nwo\r\n',
  )
  const ann = await admin.ask(encode('ACL GETUSER ann'))
  expect(ann).toMatch(/^\*12\r\n\$5\r\nflags\r\n\*1\r\n\$2\r\non\r\n\$9\r\npasswords\r\n\*0\r\n/)
  expect(ann).toContain('$4\r\nkeys\r\n$4\r\n~a:*\r\n$8\r\nchannels\r\n$4\r\n&a:*\r\n')
  expect(await admin.ask(encode('ACL GETUSER none'))).toBe('$-1\r\n')
  for (const request of ['ACL SETUSER x', 'ACL DELUSER ann', 'ACL LOAD', 'ACL SAVE']) {
    expect(await admin.ask(encode(request))).toMatch(
      /^-ERR users are in the file of --auth-file: change them there and send the process a SIGHUP/,
    )
  }
})

test('CLIENT LIST and CLIENT KILL know users', async () => {
  const redis = new AuthRedis()
  const [admin, ann] = [redis.connect(), redis.connect()]
  await admin.ask(encode('AUTH adm'))
  await ann.ask(encode('AUTH ann secret'))
  expect(await admin.ask(encode('CLIENT LIST'))).toMatch(/user=default [\s\S]*user=ann /)
  expect(await admin.ask(encode('CLIENT KILL USER nobody'))).toBe("-ERR No such user 'nobody'\r\n")
  expect(await admin.ask(encode('CLIENT KILL USER ann'))).toBe(':1\r\n')
  expect(redis.bench.host.killed).toEqual([2])
})
