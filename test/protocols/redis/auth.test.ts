/**
 * Users over the Redis protocol: AUTH and HELLO beside a real redis-server with the same users, the
 * order of commands while a password is verified, and what those may send who are nobody yet.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AuthBench, SECRET, usersOf } from '../../auth/support.ts'
import { hasRedis, RedisServer, type SocketClient } from './redis-server.ts'
import { encode } from './resp.ts'
import { type InProcessClient, RedisBench } from './support.ts'

const USERS = `
  default:adm admin
  ann:${SECRET} prefix=a:
  ro:${SECRET} read
  wo:${SECRET} write
`
/** The same users as Redis has them; what heddle's rights leave to everybody is `+` there. */
const COMMON = '+@connection +@transaction +acl|whoami +acl|cat +command +info'
const RIVAL_USERS = [
  '--requirepass adm',
  `--user ann on >secret ~a:* resetchannels &a:* +@read +@write +@pubsub ${COMMON}`,
  `--user ro on >secret ~* &* +@read ${COMMON}`,
  `--user wo on >secret ~* &* +@write ${COMMON}`,
].flatMap((flags) => flags.split(' '))

interface Peer {
  ask(bytes: Buffer): Promise<string>
}

class AuthRedis {
  readonly bench = new RedisBench()
  readonly auth: AuthBench

  constructor(users = USERS) {
    this.auth = new AuthBench(users)
    this.bench.host.authenticator = this.auth.authenticator
  }

  connect(slot?: number): Peer & { client: InProcessClient } {
    const client = this.bench.connect(slot)
    return { client, ask: (bytes) => this.settle(client, client.feed(bytes)) }
  }

  /** Replies so far, and those that come once passwords are verified. */
  async settle(client: InProcessClient, replies: string): Promise<string> {
    let all = replies
    const { slot } = client.connection.client
    while (client.connection.isPaused) {
      const { served } = this.bench.host
      while (!served.includes(slot)) await new Promise((done) => setTimeout(done, 1))
      served.splice(0)
      all += client.feed(Buffer.alloc(0))
    }
    return all
  }
}

const isHere = hasRedis()
let rival: RedisServer | undefined
beforeAll(async () => {
  if (isHere) rival = await RedisServer.start(RIVAL_USERS)
})
afterAll(() => rival?.stop())

const WRONG = '-WRONGPASS invalid username-password pair or user is disabled.'
const NOBODY = '-NOAUTH Authentication required.'
const NO_KEY = '-NOPERM this user has no permissions to access one of the keys used as arguments'
const NO_CHANNEL =
  '-NOPERM this user has no permissions to access one of the channels used as arguments'
const no = (name: string): string => {
  return `-NOPERM this user has no permissions to run the '${name}' command`
}
const ABORTED = '-EXECABORT Transaction discarded because of'

/** Each on a connection of its own, with the same replies from both. */
const DIALOGUES: Readonly<Record<string, readonly (readonly [string, string | RegExp])[]>> = {
  'nobody may nothing': [
    ['GET a', NOBODY],
    ['PING', NOBODY],
    ['MULTI', NOBODY],
    ['ACL WHOAMI', NOBODY],
    ['CLIENT ID', NOBODY],
    ['MONITOR', NOBODY],
    ['SUBSCRIBE a', NOBODY],
    ['DISCARD', NOBODY],
    ['EXEC', `${ABORTED}: NOAUTH Authentication required.`],
    ['FOO', /^-ERR unknown command 'FOO'/],
    ['GET', "-ERR wrong number of arguments for 'get' command"],
    ['RESET', '+RESET'],
    ['HELLO', /^-NOAUTH HELLO must be called with the client already authenticated, /],
    ['HELLO 3', /^-NOAUTH HELLO must be called .* the HELLO AUTH <user> <pass> option can be /],
    ['HELLO 4', '-NOPROTO unsupported protocol version'],
    ['QUIT', '+OK'],
  ],
  'wrong passwords': [
    ['AUTH', "-ERR wrong number of arguments for 'auth' command"],
    ['AUTH a b c', '-ERR syntax error'],
    ['AUTH x', WRONG],
    ['AUTH ann wrong', WRONG],
    ['AUTH nobody secret', WRONG],
    ['HELLO 3 AUTH ann wrong', WRONG],
    ['HELLO 3 AUTH ann wrong SETNAME me', WRONG],
    ['GET a:1', NOBODY],
  ],
  'a password alone is that of the user default': [
    ['AUTH adm', '+OK'],
    ['ACL WHOAMI', '$7\r\ndefault'],
    ['AUTH default adm', '+OK'],
    ['CLIENT LIST', /user=default/],
  ],
  'a wrong AUTH leaves who one is': [
    ['AUTH ann secret', '+OK'],
    ['AUTH ann wrong', WRONG],
    ['ACL WHOAMI', '$3\r\nann'],
    ['AUTH ro secret', '+OK'],
    ['ACL WHOAMI', '$2\r\nro'],
    ['CLIENT INFO', / user=ro /],
    ['RESET', '+RESET'],
    ['GET a', NOBODY],
  ],
  'HELLO with AUTH': [
    ['HELLO 3 AUTH ann secret SETNAME me', /^%7\r\n\$6\r\nserver/],
    ['CLIENT GETNAME', '$2\r\nme'],
    ['ACL WHOAMI', '$3\r\nann'],
    ['HELLO 2', /^\*14\r\n/],
  ],
  'keys by their prefix': [
    ['AUTH ann secret', '+OK'],
    ['SET a:1 x', '+OK'],
    ['GET a:1', '$1\r\nx'],
    ['GET b:1', NO_KEY],
    ['MGET a:1 b:1', NO_KEY],
    ['MSET a:1 x b:1 x', NO_KEY],
    ['MSET a:1 b:1', '+OK'],
    ['RENAME a:1 b:1', NO_KEY],
    ['RENAME b:1 a:1', NO_KEY],
    ['COPY a:1 b:1', NO_KEY],
    ['BITOP NOT a:1 b:1', NO_KEY],
    ['OBJECT ENCODING b:1', NO_KEY],
    ['WATCH b:1', NO_KEY],
    ['CONFIG GET maxmemory', no('config|get')],
    ['MONITOR', no('monitor')],
    ['PUBLISH b x', NO_CHANNEL],
    ['PUBLISH a:b x', ':0'],
    ['SUBSCRIBE a:1 b', NO_CHANNEL],
    ['PSUBSCRIBE *', NO_CHANNEL],
    ['DEL a:1', ':1'],
  ],
  'whoever reads does not write': [
    ['AUTH ro secret', '+OK'],
    ['TYPE a', '+none'],
    ['SET a 1', no('set')],
    ['DEL a', no('del')],
    ['FLUSHALL', no('flushall')],
    ['ACL LIST', no('acl|list')],
    ['ACL SETUSER x', no('acl|setuser')],
    ['CLIENT KILL TYPE normal', /^-NOPERM|^:0/],
  ],
  'whoever writes does not read': [
    ['AUTH wo secret', '+OK'],
    ['SET a 1', '+OK'],
    ['GET a', no('get')],
    ['KEYS *', no('keys')],
    ['DEL a', ':1'],
  ],
  'what is not allowed breaks a transaction': [
    ['AUTH ann secret', '+OK'],
    ['MULTI', '+OK'],
    ['SET a:1 x', '+QUEUED'],
    ['GET b', NO_KEY],
    ['EXEC', `${ABORTED.replace(' because of', '')} because of previous errors.`],
    ['GET a:1', '$-1'],
  ],
}

describe.each(Object.entries(DIALOGUES))('%s', (_name, rows) => {
  test.each(['heddle', 'redis-server'])('%s', async (whose) => {
    const isRival = whose === 'redis-server'
    if (isRival && rival === undefined) return
    const peer: Peer = isRival ? await rival!.connect() : new AuthRedis().connect()
    for (const [request, expected] of rows) {
      const reply = (await peer.ask(encode(request))).replace(/\r\n$/, '')
      if (typeof expected === 'string') expect(reply, request).toBe(expected)
      else expect(reply, request).toMatch(expected)
    }
    if (isRival) (peer as SocketClient).close()
  })
})

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
    expect(await admin.ask(encode(request))).toBe(
      '-ERR users are in the file of --auth-file: change them there and send the process a SIGHUP\r\n',
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
