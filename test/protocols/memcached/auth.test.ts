/**
 * Users over memcached's text protocol: who one is, beside a real memcached -Y, and what is turned
 * away.
 */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SECRET, usersOf } from '../../auth/support.ts'
import { AuthMemcached, authRequest, DENIED } from './auth-client.ts'
import { HAS_MEMCACHED, RealMemcached } from './memcached-server.ts'

let folder: string
let real: RealMemcached | undefined
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'heddle-auth-'))
  if (!HAS_MEMCACHED) return
  const file = join(folder, 'users')
  writeFileSync(file, 'ann:secret\nbob:pass word\n')
  chmodSync(folder, 0o755) // memcached leaves its user before it reads the file
  real = await RealMemcached.start(['-Y', file])
})
afterAll(() => {
  real?.stop()
  rmSync(folder, { recursive: true })
})

/** Asked one after the other on a connection of its own, with the same replies. */
const DIALOGUES: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
  [
    'nobody',
    [
      ['get a\r\n', 'CLIENT_ERROR unauthenticated\r\n'],
      ['version\r\n', 'CLIENT_ERROR unauthenticated\r\n'],
      ['mn\r\n', 'CLIENT_ERROR unauthenticated\r\n'],
      ['quit\r\n', 'CLIENT_ERROR unauthenticated\r\n'],
      ['stats\r\n', 'CLIENT_ERROR unauthenticated\r\n'],
      ['shutdown\r\n', 'CLIENT_ERROR unauthenticated\r\n'],
      ['\r\n', 'CLIENT_ERROR unauthenticated\r\n'],
      ['set x 0 0\r\n', 'CLIENT_ERROR unauthenticated\r\n'],
      ['set x 0 0 abc\r\n', 'CLIENT_ERROR unauthenticated\r\n'],
      ['set x 0 0 -1\r\n', 'CLIENT_ERROR unauthenticated\r\n'],
    ],
  ],
  [
    'wrong tokens',
    [
      [authRequest('ann', 'wrong'), 'CLIENT_ERROR authentication failure\r\n'],
      [authRequest('nobody', 'secret'), 'CLIENT_ERROR authentication failure\r\n'],
      [authRequest('ann', 'secre'), 'CLIENT_ERROR authentication failure\r\n'],
      [authRequest('bob', 'pass word'), 'CLIENT_ERROR authentication failure\r\n'],
      ['set x 0 0 3\r\nann\r\n', 'CLIENT_ERROR bad authentication token format\r\n'],
      ['set x 0 0 0\r\n\r\n', 'CLIENT_ERROR bad authentication token format\r\n'],
      ['set x 0 0 10\r\nann secretXX', 'CLIENT_ERROR bad command line termination\r\n'],
      ['get a\r\n', 'CLIENT_ERROR unauthenticated\r\n'],
    ],
  ],
  ['any key, flags and time', [['set a b c 10 noreply\r\nann secret\r\n', 'STORED\r\n']]],
  ['spaces', [['  set x 0 0 14\r\n  ann   secret\r\n', 'STORED\r\n']]],
  ['more words', [['set x 0 0 17\r\nann secret secret\r\n', 'STORED\r\n']]],
  ['a bare line end', [['set x 0 0 10\nann secret\r\n', 'STORED\r\n']]],
  [
    'and then everything',
    [
      [authRequest('ann', 'secret'), 'STORED\r\n'],
      ['get x\r\n', 'END\r\n'],
      [authRequest('ann', 'wrong'), 'STORED\r\n'], // a set like any other
      ['get any\r\n', 'VALUE any 0 9\r\nann wrong\r\nEND\r\n'],
      ['mn\r\n', 'MN\r\n'],
    ],
  ],
]

describe.each(DIALOGUES)('%s', (_name, rows) => {
  test('heddle', async () => {
    const client = new AuthMemcached().connect()
    for (const [text, reply] of rows) expect(await client.ask(text), text).toBe(reply)
  })
  test('memcached -Y', async () => {
    if (real === undefined) return
    const socket = await real.connect()
    let received = ''
    socket.on('data', (bytes: Buffer) => (received += bytes.toString('latin1')))
    for (const [text, reply] of rows) {
      received = ''
      socket.write(text)
      for (let i = 0; i < 4000 && received.length < reply.length; i++) await sleep(5)
      expect(received, text).toBe(reply)
    }
    socket.destroy()
  })
})

test('in pieces, and with what follows in one packet, in its order', async () => {
  const memcached = new AuthMemcached()
  const text = `${authRequest('ann', 'secret')}set k 0 0 1\r\nv\r\nget k\r\n`
  const whole = await memcached.connect().ask(text)
  expect(whole).toBe('STORED\r\nSTORED\r\nVALUE k 0 1\r\nv\r\nEND\r\n')
  const client = memcached.connect()
  let replies = ''
  for (const byte of text) replies += await client.ask(byte)
  expect(replies).toBe(whole)
})

test('nobody may send little, and a browser nothing', async () => {
  const memcached = new AuthMemcached()
  const long = memcached.connect()
  expect(await long.ask('set x 0 0 1025\r\n')).toBe(
    'CLIENT_ERROR authentication token too long\r\n',
  )
  expect(long.isClosing).toBe(true)
  const line = memcached.connect()
  expect(await line.ask(`set ${'x'.repeat(3000)}`)).toBe('CLIENT_ERROR line too long\r\n')
  expect(line.isClosing).toBe(true)
  const browser = memcached.connect()
  expect(await browser.ask('POST / HTTP/1.1\r\n')).toBe('')
  expect(browser.isClosing).toBe(true)
})

test('users that are taken out lose their connections', async () => {
  const memcached = new AuthMemcached()
  const [ann, ro] = [await memcached.connect().as('ann'), await memcached.connect().as('ro')]
  expect(ann.client.connection.hasState).toBe(true)
  memcached.auth.authenticator.replace(usersOf(`ro:${SECRET} read`))
  expect(memcached.bench.host.ended).toEqual([1])
  expect(await ann.ask('get k\r\n')).toBe(DENIED)
  expect(await ro.ask('get k\r\n')).toBe('END\r\n')
})

test('a client that goes while its password is verified is not woken', async () => {
  const memcached = new AuthMemcached()
  const { connection } = memcached.connect().client
  const { ReplyBuffer } = await import('../../../src/protocols/reply-buffer.ts')
  const bytes = Buffer.from(authRequest('ann', 'secret'))
  connection.feed(bytes, 0, bytes.length, new ReplyBuffer())
  expect(connection.isPaused).toBe(true)
  connection.dispose()
  expect(await memcached.auth.ask('ann', 'secret')).toBe('ann')
  expect(memcached.bench.host.served).toEqual([])
})
