/**
 * Whatever a user with a prefix sends to memcached's protocols, it learns no value and no name
 * outside of the prefix, and changes none: random commands over keys of its own and of others.
 */
import { expect, test } from 'vitest'
import { SECRET } from '../../auth/support.ts'
import { AuthMemcached } from './auth-client.ts'
import { ask as request, OP, type Request, words } from './frames.ts'
import { generator } from './support.ts'

const OWN = ['in:1', 'in:2', 'in:']
const OTHERS = ['out:1', 'out:2', 'i', 'in', 'IN:1', 'xin:1']
/** How base64 text of others' keys begins: that text is the user's, what it stands for is not. */
const SPELLED = Buffer.from('out:').toString('base64').slice(0, 4)
/** Its name is in no request: who sees it was told. */
const UNNAMED = 'never-named'
const NAMES = [...OTHERS, UNNAMED]
const VERBS = (
  'get gets gat gats mg me ms md ma mn set add replace append prepend cas incr decr delete touch ' +
  'flush_all version verbosity stats cache_memlimit lru_crawler lru slabs watch'
).split(' ')
const FLAGS = 'b v k t h l f s q c T0 T30 N30 R30 I MS MA MP MI MD D2 J5 O1 C1 E9 F7 x S1'.split(
  ' ',
)
const TOPICS = 'items slabs settings conns reset detail cachedump sizes metadump all'.split(' ')

type Below = (limit: number) => number

function keyOf(below: Below): string {
  const keys = below(3) > 0 ? OWN : OTHERS
  const key = keys[below(keys.length)]!
  return below(4) === 0 ? Buffer.from(key).toString('base64') : key
}

function lineOf(below: Below): string {
  const verb = VERBS[below(VERBS.length)]!
  const value = 'v'.repeat(below(5))
  const noreply = below(6) === 0 ? ' noreply' : ''
  if (/^(?:set|add|replace|append|prepend|cas)$/.test(verb)) {
    const cas = verb === 'cas' ? ' 1' : ''
    const length = below(20) === 0 ? 3_000_000 : value.length
    const sent = length === value.length ? value : 'x'.repeat(length)
    return `${verb} ${keyOf(below)} 0 0 ${length}${cas}${noreply}\r\n${sent}\r\n`
  }
  const flags = Array.from({ length: below(5) }, () => FLAGS[below(FLAGS.length)]!).join(' ')
  if (verb === 'ms') return `ms ${keyOf(below)} ${value.length} ${flags}\r\n${value}\r\n`
  if (/^m[gdae]$/.test(verb)) return `${verb} ${keyOf(below)} ${flags}\r\n`
  if (/^gat/.test(verb)) return `${verb} 30 ${keyOf(below)} ${keyOf(below)}\r\n`
  if (/^get/.test(verb)) return `${verb} ${keyOf(below)} ${keyOf(below)}\r\n`
  if (/^(?:incr|decr|touch)$/.test(verb)) return `${verb} ${keyOf(below)} 1${noreply}\r\n`
  if (verb === 'delete') return `delete ${keyOf(below)}${noreply}\r\n`
  const topic = below(3) === 0 ? '' : ` ${TOPICS[below(TOPICS.length)]}`
  return `${verb}${topic}${below(4) === 0 ? ' on' : ''}\r\n`
}

function frameOf(below: Below): Request {
  const codes = Object.values(OP).filter(
    (op) => ![OP.quit, OP.quitq, OP.saslAuth].includes(op as 7),
  )
  const op = codes[below(codes.length)]!
  const key = below(8) === 0 ? TOPICS[below(TOPICS.length)]! : keyOf(below)
  const frame = (extras: number, value = ''): Request => {
    return request(op, key, { extras: words(...new Array<number>(extras).fill(0)), value })
  }
  if ([1, 2, 3, 0x11, 0x12, 0x13].includes(op)) return frame(2, 'v')
  if ([5, 6, 0x15, 0x16].includes(op)) return frame(5)
  if ([0x0e, 0x0f, 0x19, 0x1a].includes(op)) return frame(0, 'v')
  if ([0x1c, 0x1d, 0x1e, 0x23, 0x24].includes(op)) return frame(1)
  if ([8, 0x18, 0x0a, 0x0b, 0x20].includes(op)) return request(op)
  if (op === OP.verbosity) return request(op, '', { extras: words(0) })
  return frame(0)
}

async function setUp(): Promise<{ memcached: AuthMemcached; dump(): Promise<string> }> {
  const memcached = new AuthMemcached(
    `ops:${SECRET} admin\nu:${SECRET} prefix=in: prefix=${SPELLED}`,
  )
  const ops = await memcached.connect().as('ops')
  for (const name of NAMES) await ops.ask(`set ${name} 7 0 ${name.length + 6}\r\nHIDDEN${name}\r\n`)
  const dump = () => ops.ask(NAMES.map((name) => `mg ${name} k v f s t\r\n`).join(''))
  return { memcached, dump }
}

test.each([1, 2, 3])('text, seed %i', async (seed) => {
  const below = generator(seed)
  const { memcached, dump } = await setUp()
  const before = await dump()
  expect(before.split('HIDDEN')).toHaveLength(NAMES.length + 1)
  const user = await memcached.connect().as('u')
  let refusals = 0
  for (let i = 0; i < 6000; i++) {
    const line = lineOf(below)
    const reply = await user.ask(line)
    const isTold = reply.includes('HIDDEN') || reply.includes(UNNAMED)
    expect(isTold, `${line.slice(0, 100)}: ${reply}`).toBe(false)
    if (reply.includes('permission denied')) refusals++
    expect(user.isClosing, line.slice(0, 100)).toBe(false)
    if (i % 1000 === 0) expect(await dump()).toBe(before)
  }
  expect(await user.ask('mn\r\n')).toBe('MN\r\n')
  expect(await dump()).toBe(before)
  expect(refusals).toBeGreaterThan(1000)
})

test.each([1, 2, 3])('binary, seed %i', async (seed) => {
  const below = generator(seed)
  const { memcached, dump } = await setUp()
  const before = await dump()
  const user = memcached.connect()
  await user.askFrames(request(OP.saslAuth, 'PLAIN', { value: '\0u\0secret' }))
  let refusals = 0
  for (let i = 0; i < 6000; i++) {
    const frame = frameOf(below)
    for (const reply of await user.askFrames(frame)) {
      const isTold = reply.includes('HIDDEN') || reply.includes(UNNAMED)
      expect(isTold, `${frame.op} ${frame.key}: ${reply}`).toBe(false)
      if (reply.includes('Auth failure')) refusals++
    }
    expect(user.isClosing, `${frame.op} ${frame.key}`).toBe(false)
  }
  expect(await dump()).toBe(before)
  expect(refusals).toBeGreaterThan(1000)
})
