/** SASL PLAIN, and who may send which binary request. */
import { describe, expect, test } from 'vitest'
import { AuthMemcached } from './auth-client.ts'
import { ask as request, OP, store, words } from './frames.ts'

const plain = (value: string) => request(OP.saslAuth, 'PLAIN', { value })

describe('SASL', () => {
  test('its mechanisms, a login, and what follows', async () => {
    const client = new AuthMemcached().connect()
    expect(await client.askFrames(request(OP.saslList), request(OP.version))).toEqual([
      '0: 0 PLAIN',
      expect.stringMatching(/^1: 0 1\./),
    ])
    expect(
      await client.askFrames(
        plain('\0ann\0secret'),
        store(OP.set, 'k', 'v'),
        request(OP.get, 'k'),
        plain('ann\0ann\0secret'),
        request(OP.noop),
      ),
    ).toEqual(['0: 0 Authenticated', '1: 0 ', '2: 0 \0\0\0\0v', '3: 0 Authenticated', '4: 0 '])
  })

  test.each([
    ['a wrong password', plain('\0ann\0wrong')],
    ['a user that does not exist', plain('\0nobody\0secret')],
    ['to be somebody else', plain('ops\0ann\0secret')],
    ['no password', plain('\0ann')],
    ['more', plain('\0ann\0secret\0')],
    ['another mechanism', request(OP.saslAuth, 'CRAM-MD5', { value: '\0ann\0secret' })],
    ['a step', request(OP.saslStep, 'PLAIN', { value: '\0ann\0secret' })],
  ])('%s is refused, and the client is nobody', async (_what, frame) => {
    const client = new AuthMemcached().connect()
    expect(await client.askFrames(frame)).toEqual(['0: 32 Auth failure.'])
    expect(client.isClosing).toBe(false)
    expect(await client.askFrames(request(OP.get, 'k'))).toEqual(['0: 32 Auth failure.'])
    expect(client.isClosing).toBe(true)
  })

  test('a second login that fails ends the first', async () => {
    const client = new AuthMemcached().connect()
    await client.askFrames(plain('\0ann\0secret'))
    expect(await client.askFrames(plain('\0ann\0wrong'), request(OP.noop))).toEqual([
      '0: 32 Auth failure.',
      '1: 32 Auth failure.',
    ])
    expect(client.isClosing).toBe(true)
  })

  test('nobody may ask for nothing else, and send little', async () => {
    const memcached = new AuthMemcached()
    const codes = [...Object.values(OP), 0x77].filter(
      (op) => ![0x20, 0x21, 0x22, 0x0b].includes(op),
    )
    for (const op of codes) {
      const client = memcached.connect()
      expect(await client.askFrames(request(op, 'k')), String(op)).toEqual(['0: 32 Auth failure.'])
      expect(client.isClosing).toBe(true)
    }
    const client = memcached.connect()
    const large = request(OP.saslAuth, 'PLAIN', { lies: { bodyBytes: 1025 } })
    expect(await client.askFrames(large)).toEqual(['0: 32 Auth failure.'])
    expect(client.isClosing).toBe(true)
  })

  test('rights, by opcode and key', async () => {
    const memcached = new AuthMemcached()
    const seconds = { extras: words(0) }
    const counted = { extras: Buffer.alloc(20) }
    const rows: readonly (readonly [string, ReturnType<typeof request>])[] = [
      ['read', request(OP.get, 'KEY')],
      ['read', request(OP.getk, 'KEY')],
      ['write', store(OP.set, 'KEY', '1')],
      ['write', store(OP.add, 'KEY', '1')],
      ['write', store(OP.replace, 'KEY', '1')],
      ['write', request(OP.append, 'KEY', { value: '1' })],
      ['write', request(OP.prepend, 'KEY', { value: '1' })],
      ['write', request(OP.touch, 'KEY', seconds)],
      ['read write', request(OP.gat, 'KEY', seconds)],
      ['read write', request(OP.gatk, 'KEY', seconds)],
      ['read write', request(OP.increment, 'KEY', counted)],
      ['read write', request(OP.decrement, 'KEY', counted)],
      ['write', request(OP.delete, 'KEY')],
      ['write all', request(OP.flush)],
      ['admin', request(OP.verbosity, '', seconds)],
      ['', request(OP.noop)],
      ['', request(OP.version)],
      ['', request(OP.stat)],
      ['', request(OP.stat, 'settings')],
      ['admin', request(OP.stat, 'conns')],
      ['admin', request(OP.stat, 'reset')],
      ['admin', request(OP.stat, 'detail on')],
    ]
    const users = { ann: 'read write all', ro: 'read all', wo: 'write all', in: 'read write' }
    for (const [name, has] of Object.entries({ ...users, ops: 'read write all admin' })) {
      const client = memcached.connect()
      await client.askFrames(plain(`\0${name}\0secret`))
      for (const [needs, frame] of rows) {
        for (const key of frame.key === 'KEY' ? ['in:k', 'out:k'] : [frame.key]) {
          const [reply] = await client.askFrames({ ...frame, key })
          let may = needs
            .split(' ')
            .every((right) => right === '' || has.split(' ').includes(right))
          if (name === 'in' && key === 'out:k') may = false
          const what = `${name} ${frame.op} ${key}`
          if (may) expect(reply, what).not.toBe('0: 32 Auth failure.')
          else expect(reply, what).toBe('0: 32 Auth failure.')
        }
      }
      expect(client.isClosing).toBe(false)
    }
  })

  test('a value that is too large does not remove what it may not replace', async () => {
    const memcached = new AuthMemcached()
    const [ann, ro] = [memcached.connect(), memcached.connect()]
    await ann.askFrames(plain('\0ann\0secret'), store(OP.set, 'k', 'v'))
    await ro.askFrames(plain('\0ro\0secret'))
    const large = store(OP.set, 'k', 'x'.repeat(2 * 1024 * 1024))
    expect(await ro.askFrames(large, request(OP.noop))).toEqual(['0: 32 Auth failure.', '1: 0 '])
    expect(await ro.askFrames(request(OP.get, 'k'))).toEqual(['0: 0 \0\0\0\0v'])
  })
})

test('without users SASL is unknown, as in a memcached without -S', async () => {
  const memcached = new AuthMemcached()
  memcached.bench.host.authenticator = undefined
  const client = memcached.connect()
  for (const op of [OP.saslList, OP.saslAuth, OP.saslStep]) {
    const frame = op === OP.saslList ? request(op) : request(op, 'PLAIN', { value: '\0a\0b' })
    expect(await client.askFrames(frame)).toEqual(['0: 129 Unknown command'])
  }
})
