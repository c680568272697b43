/** The options of `serve` and which hand-off they lead to: what is taken, and how it is refused. */
import { expect, test } from 'vitest'
import { canTransferSockets, pickHandOff } from '../../src/server/hand-off.ts'
import { resolveServeOptions } from '../../src/server/options.ts'
import { refusalOf } from '../engine/open-engine.ts'

test('what stands in for options left out', () => {
  const resolved = resolveServeOptions({})
  expect(resolved).toMatchObject({
    ports: [{ host: '127.0.0.1', port: 11211 }],
    unixSocket: undefined,
    maxConnections: 1024,
    acceptor: 'here',
    flush: true,
    enableShutdown: false,
    idleTimeout: 0,
    verbosity: 0,
  })
  expect(resolved.workers).toBeGreaterThanOrEqual(1)
})

test('it listens where it is told, and only there', () => {
  expect(resolveServeOptions({ unixSocket: '/tmp/x.sock' }).ports).toEqual([])
  const both = resolveServeOptions({ unixSocket: '/tmp/x.sock', memcachedPort: 1 })
  expect(both.ports).toEqual([{ host: '127.0.0.1', port: 1 }])
  const redis = resolveServeOptions({ redisPort: 2 })
  expect([redis.ports, redis.redisPorts]).toEqual([[], [{ host: '127.0.0.1', port: 2 }]])
  const path = resolveServeOptions({ redisSocket: '/tmp/r.sock', handOff: 'sockets' })
  expect([path.ports, path.redisPorts, path.handOff]).toEqual([[], [], 'frames'])
  const doors = resolveServeOptions({ redisPort: 2, memcachedPort: 1 })
  expect([doors.ports[0]?.port, doors.redisPorts[0]?.port]).toEqual([1, 2])
  const http = resolveServeOptions({ httpPort: 3, hostNames: 'A.example, b' })
  expect([http.ports, http.httpPorts]).toEqual([[], [{ host: '127.0.0.1', port: 3 }]])
  expect(http.hostNames).toEqual(['a.example', 'b'])
  const two = resolveServeOptions({ host: '127.0.0.1, ::1', memcachedPort: 7 })
  expect(two.ports.map(({ host }) => host)).toEqual(['127.0.0.1', '::1'])
})

test('a unix socket alone has frames, and as many workers as fit to them', () => {
  const { workers } = resolveServeOptions({ handOff: 'frames' })
  for (const handOff of ['auto', 'frames'] as const) {
    const resolved = resolveServeOptions({ unixSocket: '/tmp/x.sock', handOff })
    expect(resolved).toMatchObject({ handOff: 'frames', workers })
  }
  const both = { unixSocket: '/tmp/x.sock', memcachedPort: 1 }
  expect(resolveServeOptions(both).handOff).toBe(pickHandOff('auto'))
})

test.each([
  [{ memcachedPort: 70_000 }, 'memcachedPort', /0 to 65,535/],
  [{ redisPort: -1 }, 'redisPort', /0 to 65,535/],
  [{ httpPort: 65_536 }, 'httpPort', /0 to 65,535/],
  [{ hostNames: 'a.example:80' }, 'hostNames', /is "a.example:80": .* without a port/],
  [{ hostNames: 'a,,b' }, 'hostNames', /must be the name of a host/],
  [{ hostNames: 'a,'.repeat(32) + 'a' }, 'hostNames', /33 names, and the most is 32/],
  [{ memcachedPort: '11211' }, 'memcachedPort', /must be a whole number from 0 to 65,535, not/],
  [{ host: '127.0.0.1:5555' }, 'host', /^host is "127.0.0.1:5555": it has a port, which is an op/],
  [{ host: '::1,[::1]:1' }, 'host', /is "\[::1\]:1": it has a port/],
  [{ host: '' }, 'host', /1 to 7 addresses/],
  [{ unixSocket: 'x'.repeat(108) }, 'unixSocket', /1 to 107 bytes, not 108/],
  [{ redisSocket: '' }, 'redisSocket', /1 to 107 bytes, not 0/],
  [{ unixSocket: '/a', redisSocket: '/a' }, 'redisSocket', /it is the unixSocket/],
  [{ maxConnections: 0 }, 'maxConnections', /1 to 200,000/],
  [{ workers: 'many' }, 'workers', /a number or 'auto'/],
  [{ workers: 65 }, 'workers', /1 to 64/],
  [{ handOff: 'pipes' }, 'handOff', /'auto' or 'frames' or 'sockets'/],
  [{ idleTimeout: -1 }, 'idleTimeout', /0 to/],
  [{ flush: 'no' }, 'flush', /true or false/],
  [{ acceptor: 'there' }, 'acceptor', /'here' or 'worker'/],
  [{ maxConnection: 5 }, 'maxConnection', /did you mean maxConnections/],
  [{ port: 5 }, 'port', /did you mean|the options are/],
])('%o is refused', (options, field, message) => {
  const error = refusalOf(() => resolveServeOptions(options))
  expect(error.field).toBe(field)
  expect(error.message).toMatch(message)
})

test.each([
  ['24.21.0', 'linux', true],
  ['24.19.9', 'linux', false],
  ['26.6.0', 'linux', true],
  ['26.5.1', 'linux', false],
  ['26.6.0', 'win32', false],
  ['26.7.0', 'win32', true],
  ['25.9.0', 'linux', false],
  ['22.23.0', 'linux', false],
  ['27.0.0', 'linux', true],
])('Node %s on %s transfers sockets: %s', (version, platform, can) => {
  expect(canTransferSockets(version, platform)).toBe(can)
  expect(pickHandOff('auto', version, platform)).toBe(can ? 'sockets' : 'frames')
  expect(pickHandOff('frames', version, platform)).toBe('frames')
  if (can) expect(pickHandOff('sockets', version, platform)).toBe('sockets')
  else {
    const error = refusalOf(() => pickHandOff('sockets', version, platform))
    expect(error.message).toContain(`Node ${version} cannot transfer sockets`)
  }
})
