/** The files of TLS: what is wrong with them is said by name; they can be exchanged at run time. */
import { writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { resolveServeOptions, type ServeOptions } from '../../src/server/options.ts'
import { serve } from '../../src/server/serve.ts'
import { certificateConcern } from '../../src/server/tls-material.ts'
import { killAll, run, start } from './cli-process.ts'
import { answerOf, eventually, HAND_OFFS, testEngine } from './open-server.ts'
import { certificates, openSecure } from './secure-server.ts'

afterEach(killAll)

const file = (name: string) => certificates.file(name)
const PAIR = { tlsCert: file('server.pem'), tlsKey: file('server.key') }

describe('options that make no sense are refused', () => {
  const cases: [string, ServeOptions, string][] = [
    [
      'a port and no certificate',
      { redisTlsPort: 0 },
      'redisTlsPort is 0: TLS needs a certificate',
    ],
    ['a certificate and no port', PAIR, 'no port speaks TLS: give one of memcachedTlsPort, redis'],
    ['no key', { redisTlsPort: 0, tlsCert: PAIR.tlsCert }, 'its key is missing: tlsKey'],
    ['no certificate', { redisTlsPort: 0, tlsKey: PAIR.tlsKey }, 'is missing: tlsCert'],
    ['an authority for nothing', { tlsCa: file('ca.pem') }, 'tlsCa is'],
    [
      'clients that nobody vouches for',
      { redisTlsPort: 0, ...PAIR, tlsClientAuth: 'required' },
      'tlsClientAuth is "required": certificates of clients need an authority',
    ],
    ['no time', { redisTlsPort: 0, ...PAIR, tlsHandshakeTimeout: 0 }, 'from 1 to 300'],
    ['no handshake', { redisTlsPort: 0, ...PAIR, maxTlsHandshakes: 0 }, 'from 1 to 100,000'],
  ]
  test.each(cases)('%s', (_, options, message) => {
    expect(() => resolveServeOptions(options)).toThrow(message)
  })

  test('an authority asks for certificates unless told otherwise', () => {
    const options = { redisTlsPort: 0, ...PAIR, tlsCa: file('ca.pem') }
    expect(resolveServeOptions(options).tls?.rules.clientAuth).toBe('required')
    const lax = resolveServeOptions({ ...options, tlsClientAuth: 'no' })
    expect(lax.tls?.rules.clientAuth).toBe('no')
  })

  test('a port for TLS alone is the only one', () => {
    const { ports, redisPorts, tls } = resolveServeOptions({ redisTlsPort: 0, ...PAIR })
    expect([ports, redisPorts, tls?.ports.length]).toEqual([[], [], 1])
  })
})

describe('files that cannot be used are refused by name', () => {
  writeFileSync(file('empty.pem'), '')
  const cases: [string, Partial<ServeOptions>, RegExp][] = [
    [
      'no such certificate',
      { tlsCert: file('none.pem') },
      /^tlsCert is .*: there is no such file$/,
    ],
    ['a folder', { tlsKey: certificates.folder }, /^tlsKey is .*EISDIR/],
    ['a key of another', { tlsKey: file('client.key') }, /^tlsKey .*not the key of the certif/],
    ['a key for a certificate', { tlsCert: file('server.key') }, /^tlsCert .*no certificate in it/],
    ['a certificate for a key', { tlsKey: file('server.pem') }, /^tlsKey .*no private key in it/],
    ['an empty authority', { tlsCa: file('empty.pem') }, /^tlsCa .*no certificate in it/],
    ['an encrypted key', { tlsKey: file('locked.key') }, /^tlsKey .*it is encrypted/],
  ]
  test.each(cases)('%s', async (_, wrong, message) => {
    const options = { redisTlsPort: 0, workers: 1, ...PAIR, ...wrong }
    for (const acceptor of ['here', 'worker'] as const) {
      await expect(serve(testEngine(), { ...options, acceptor })).rejects.toThrow(message)
    }
  })

  test('the command names the flag, and ends with 1', async () => {
    const files = ['--tls-cert', file('server.pem'), '--tls-key', file('client.key')]
    const { code, stderr } = await run(['serve', '--redis-tls-port', '0', ...files])
    expect([code, stderr]).toEqual([1, expect.stringMatching(/tls-key is .*not the key of/)])
  })
})

test('an operator hears of a certificate that is over, or soon will be', () => {
  const cert = certificates.read('server.pem')
  const day = 86_400_000
  expect(certificateConcern(cert)).toBeUndefined()
  expect(certificateConcern(cert, Date.now() - day)).toMatch(/\(CN=server\) is not valid before 20/)
  expect(certificateConcern(cert, Date.now() + 28.5 * day)).toMatch(/is over in 2 days$/)
  expect(certificateConcern(cert, Date.now() + 31 * day)).toMatch(/is over since 20\d\d-/)
})

describe.each(HAND_OFFS)('%s', (handOff) => {
  test.each([
    'here',
    'worker',
  ] as const)('a new certificate, open connections go on (%s)', async (acceptor) => {
    const files = certificates.deploy('server')
    const { dial, server } = await openSecure({ handOff, acceptor, ...files })
    const nameShown = async () => {
      const socket = dial('memcached-tls')
      socket.write('mn\r\n')
      expect(await answerOf(socket, '\n')).toBe('MN\r\n')
      return { socket, name: socket.getPeerCertificate().subject.CN }
    }
    const before = await nameShown()
    expect(before.name).toBe('server')
    certificates.deploy('server-2')
    await server.reload()
    const shown = async () => (await nameShown()).name
    await expect.poll(shown).toBe('server-2')
    before.socket.write('mn\r\n')
    expect(await answerOf(before.socket, '\n')).toBe('MN\r\n')
    writeFileSync(file('live.key'), 'not a key')
    await expect(server.reload()).rejects.toThrow(/tlsKey is .*no private key in it/)
    expect(await shown()).toBe('server-2')
  })

  test('SIGHUP: the new certificate, and a bad one is told and changes nothing', async () => {
    const { tlsCert, tlsKey } = certificates.deploy('server')
    const args = ['-p', '0', '--redis-tls-port', '0', '--handoff', handOff, '-t', '1']
    args.push('--tls-cert', tlsCert, '--tls-key', tlsKey)
    const running = await start(args, {}, 'pipe')
    let told = ''
    running.child.stderr!.on('data', (text) => (told += text))
    const port = Number(/redis-tls=[^ ]*:(\d+)/.exec(running.line)![1])
    const shown = async () => {
      const { connect } = await import('node:tls')
      const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false })
      await once(socket, 'secureConnect')
      const { CN } = socket.getPeerCertificate().subject
      socket.destroy()
      return CN
    }
    expect(await shown()).toBe('server')
    certificates.deploy('server-2')
    running.child.kill('SIGHUP')
    await expect.poll(shown).toBe('server-2')
    writeFileSync(tlsKey, certificates.read('client.key'))
    running.child.kill('SIGHUP')
    expect(await eventually(() => /tls-key is .*not the key of/.test(told))).toBe(true)
    expect(await shown()).toBe('server-2')
    expect((await running.end('SIGTERM')).code).toBe(0)
  })
})
