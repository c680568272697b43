/** AUTH, HELLO and refusals, word for word those of a real redis-server with the same users. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { AuthRedis, NOBODY, no, type Peer } from './auth-client.ts'
import { hasRedis, RedisServer, type SocketClient } from './redis-server.ts'
import { encode } from './resp.ts'

type Dialogues = Readonly<Record<string, readonly (readonly [string, string | RegExp])[]>>

/** The same users as Redis has them; what heddle's rights leave to everybody is `+` there. */
const COMMON = '+@connection +@transaction +acl|whoami +acl|cat +command +info'
const RIVAL_USERS = [
  '--requirepass adm',
  `--user ann on >secret ~a:* resetchannels &a:* +@read +@write +@pubsub ${COMMON}`,
  `--user ro on >secret ~* &* +@read ${COMMON}`,
  `--user wo on >secret ~* &* +@write ${COMMON}`,
].flatMap((flags) => flags.split(' '))

const isHere = hasRedis()
let rival: RedisServer | undefined
beforeAll(async () => {
  if (isHere) rival = await RedisServer.start(RIVAL_USERS)
})
afterAll(() => rival?.stop())

const WRONG = '-WRONGPASS invalid username-password pair or user is disabled.'
const NO_KEY = '-NOPERM this user has no permissions to access one of the keys used as arguments'
const NO_CHANNEL =
  '-NOPERM this user has no permissions to access one of the channels used as arguments'
const ABORTED = '-EXECABORT Transaction discarded because of'

/** Each on a connection of its own, with the same replies from both. */
const DIALOGUES: Dialogues = {
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
