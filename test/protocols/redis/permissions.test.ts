/**
 * Who may run what: a row per command and its rights, tried out with users who have just those, and
 * with users who lack one of them.
 */
import { describe, expect, test } from 'vitest'
import type { Login } from '../../../src/auth/login.ts'
import { Principal, type Rights } from '../../../src/auth/principal.ts'
import { Args } from '../../../src/protocols/redis/args.ts'
import { COMMANDS } from '../../../src/protocols/redis/commands.ts'
import type { Command } from '../../../src/protocols/redis/command-table.ts'
import { denialOf, permissionOf } from '../../../src/protocols/redis/permissions.ts'
import { usersOf } from '../../auth/support.ts'

/**
 * Rights, and the commands that need them. `all`: and no prefix may limit the user; `keys`, `one`,
 * `names`, `patterns`: what prefixes limit; `always`: needs nothing, not even a user.
 */
const TABLE: Readonly<Record<string, string>> = {
  'read keys':
    'get mget strlen getrange substr lcs getbit bitcount bitpos bitfield_ro pfcount exists touch ' +
    'expiretime pexpiretime ttl pttl type dump object|encoding object|freq object|idletime ' +
    'object|refcount memory|usage watch',
  read: 'keys scan randomkey dbsize',
  'write keys':
    'set setnx setex psetex mset msetnx append setrange pfadd del unlink expire pexpire expireat ' +
    'pexpireat persist restore',
  'read write keys':
    'getset getdel getex incr decr incrby decrby incrbyfloat setbit bitop bitfield pfmerge ' +
    'rename renamenx copy',
  'write all': 'flushdb flushall',
  'write one': 'publish spublish',
  'read names': 'subscribe ssubscribe',
  'read patterns': 'psubscribe',
  'read all':
    'pubsub|channels pubsub|numpat pubsub|numsub pubsub|shardchannels pubsub|shardnumsub ' +
    'client|tracking',
  admin:
    'acl|deluser acl|getuser acl|list acl|load acl|save acl|setuser acl|users client|kill ' +
    'client|list client|no-evict client|pause client|unblock client|unpause config|get ' +
    'config|resetstat config|rewrite config|set slowlog|get slowlog|len slowlog|reset ' +
    'latency|doctor latency|graph latency|histogram latency|history latency|latest latency|reset ' +
    'monitor debug role lastsave cluster|addslots cluster|addslotsrange cluster|bumpepoch ' +
    'cluster|count-failure-reports cluster|delslots cluster|delslotsrange cluster|failover ' +
    'cluster|flushslots cluster|forget cluster|meet cluster|replicas cluster|replicate ' +
    'cluster|reset cluster|saveconfig cluster|set-config-epoch cluster|setslot cluster|slaves',
  '':
    'ping echo select info time wait readonly readwrite multi exec discard unwatch unsubscribe ' +
    'punsubscribe sunsubscribe acl|cat acl|help acl|whoami client|getname client|getredir ' +
    'client|help client|id client|info client|reply client|setname client|trackinginfo ' +
    'client|no-touch client|setinfo client|caching command command|count command|docs ' +
    'command|getkeys command|getkeysandflags command|help command|info command|list config|help ' +
    'memory|doctor memory|help memory|malloc-stats memory|purge memory|stats slowlog|help ' +
    'latency|help object|help pubsub|help ' +
    'cluster|countkeysinslot cluster|getkeysinslot cluster|help cluster|info cluster|keyslot ' +
    'cluster|links cluster|myid cluster|nodes cluster|shards cluster|slots',
  always: 'auth hello quit reset',
}

const THERE = COMMANDS.inOrder.filter(({ execute }) => execute !== undefined)
const ROWS = Object.entries(TABLE).flatMap(([rights, names]) => {
  const rows = names.split(' ').map((name): [string, string] => [name, rights])
  return rows.filter(([name]) => THERE.some((command) => command.name === name))
})

function loginOf(rights: Rights | undefined): Login {
  return { principal: rights && new Principal('u', rights) } as Login
}

function rightsOf(line: string): Rights {
  return usersOf(`u:x ${line}`)[0]!.rights
}

/** A request with as many arguments as there must be, all of them `word`, or six if any may. */
function requestOf(command: Command, word: string): Args {
  const args = new Args()
  const names = command.name.split('|')
  const count = command.arity > 0 ? command.arity : Math.max(6, -command.arity)
  const words = [...names, ...new Array<string>(count - names.length).fill(word)]
  args.bytes = Buffer.from(words.join(''))
  let at = 0
  for (const each of words) args.add(at, (at += each.length))
  return args
}

const NO_COMMAND = (name: string): string => {
  return `NOPERM this user has no permissions to run the '${name}' command`
}

function verdictOn(name: string, line: string | undefined, word = 'in:k'): string {
  const command = COMMANDS.inOrder.find((each) => each.name === name)!
  const login = loginOf(line === undefined ? undefined : rightsOf(line))
  const denial = denialOf(login, command, requestOf(command, word), false)
  if (denial === undefined) return 'may'
  if (denial === NO_COMMAND(name)) return 'no command'
  if (denial.startsWith('NOAUTH ')) return 'nobody'
  return /^NOPERM .* one of the (key|channel)s used as arguments$/.exec(denial)?.[1] ?? denial
}

test('the table has every command once', () => {
  expect(ROWS.map(([name]) => name).toSorted()).toEqual(THERE.map(({ name }) => name).toSorted())
})

describe.each(ROWS)('%s', (name, needs) => {
  const words = needs.split(' ')
  const bits = words.filter((word) => ['read', 'write', 'admin'].includes(word))
  const isFree = needs === '' || needs === 'always'

  test(`needs: ${needs || 'a user'}`, () => {
    expect(verdictOn(name, undefined)).toBe(needs === 'always' ? 'may' : 'nobody')
    expect(verdictOn(name, bits.join(' ') || 'read')).toBe('may')
    expect(verdictOn(name, 'admin')).toBe('may')
    for (const lacking of bits) {
      const others = bits.includes('admin')
        ? 'read write'
        : ['read', 'write'].filter((bit) => bit !== lacking).join(' ')
      expect(verdictOn(name, others), `without ${lacking}`).toBe('no command')
    }
  })

  if (!needs.includes('admin')) {
    test('prefixes', () => {
      const line = 'read write prefix=in: prefix=*'
      const inside = words.includes('all') ? 'no command' : 'may'
      expect(verdictOn(name, line)).toBe(inside)
      let outside = isFree || needs === 'read' ? 'may' : 'channel'
      if (words.includes('keys')) outside = 'key'
      if (words.includes('all')) outside = 'no command'
      for (const attack of ['out:k', 'in', 'IN:k', ' in:k', '']) {
        expect(verdictOn(name, line, attack), attack).toBe(outside)
      }
    })
  }
})

test('SET reads when it says GET, in any place and any case', () => {
  const command = COMMANDS.inOrder.find(({ name }) => name === 'set')!
  const ask = (line: string, text: string): string | undefined => {
    const words = text.split(' ')
    const args = new Args()
    args.bytes = Buffer.from(words.join(''))
    let at = 0
    for (const each of words) args.add(at, (at += each.length))
    return denialOf(loginOf(rightsOf(line)), command, args, false)
  }
  expect(ask('write', 'set k v')).toBeUndefined()
  expect(ask('write', 'set get get')).toBeUndefined()
  expect(ask('write', 'set k v NX EX 10')).toBeUndefined()
  for (const text of ['set k v GET', 'set k v get EX 10', 'set k v XX KEEPTTL gEt']) {
    expect(ask('write', text)).toBe(NO_COMMAND('set'))
    expect(ask('read write', text)).toBeUndefined()
  }
})

test('a pattern reaches what its plain beginning does, and no escape hides more', () => {
  const line = 'read prefix=in:'
  for (const pattern of ['in:*', 'in:a?c', 'in:[ab]', 'in:', 'in:x\\*']) {
    expect(verdictOn('psubscribe', line, pattern), pattern).toBe('may')
  }
  for (const attack of ['*', 'in*', 'in?x', '[i]n:x', 'i\\n:x', '\\in:x', 'in\\:x', '?n:', 'i*:']) {
    expect(verdictOn('psubscribe', line, attack), attack).toBe('channel')
  }
})

test('one key of many that is none of its keys is enough', () => {
  const command = COMMANDS.inOrder.find(({ name }) => name === 'mset')!
  const args = new Args()
  args.bytes = Buffer.from('msetin:a1outin:b2')
  for (const [from, to] of [
    [0, 4],
    [4, 8],
    [8, 9],
    [9, 12],
    [12, 12],
    [12, 16],
    [16, 17],
  ] as const) {
    args.add(from, to)
  }
  const login = loginOf(rightsOf('prefix=in:'))
  expect(denialOf(login, command, args, false)).toMatch(/^NOPERM .* keys used as arguments$/)
})

test('a command that is to come has its row: CLIENT TRACKING tells names of keys', () => {
  const facts = { flags: [], categories: [], keySpecs: [] }
  const expected = { bits: 1, needsAll: true, channels: 'none' }
  expect(permissionOf({ name: 'client|tracking', ...facts })).toEqual(expected)
})
