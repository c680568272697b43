/** INCRBYFLOAT's numbers against those of a real redis-server: read, added, rounded, written. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  addLongDoubles,
  formatLongDouble,
  parseLongDouble,
} from '../../../../src/protocols/redis/values/long-double.ts'
import { hasRedis, RedisServer, type SocketClient } from '../redis-server.ts'
import { encode } from '../resp.ts'

/** The sum as text; undefined when one is no number or the sum is none. */
function sum(a: string, b: string): string | undefined {
  const [left, right] = [parseLongDouble(a), parseLongDouble(b)]
  if (left === undefined || right === undefined) return undefined
  const both = addLongDoubles(left, right)
  return both === undefined ? undefined : formatLongDouble(both)
}

test('decimal fractions are themselves', () => {
  expect(sum('0.1', '0.2')).toBe('0.3')
  expect(sum('3.0e3', '200')).toBe('3200')
  expect(sum('5.0e-1', '-0.5')).toBe('0')
  expect(sum('-1e-18', '0')).toBe('0')
})

test('64 bits are kept exactly, one more is not', () => {
  expect(sum('18446744073709551614', '1')).toBe('18446744073709551615')
  expect(sum('18446744073709551615', '2')).toBe('18446744073709551616')
  expect(sum('0x1p64', '0x.8')).toBe('18446744073709551616')
})

test('what is infinite, or would be, is refused', () => {
  expect(sum('inf', '1')).toBeUndefined()
  expect(sum('0x1p16383', '0x1p16383')).toBeUndefined()
  expect(parseLongDouble('1e4933')).toBeUndefined()
  expect(parseLongDouble('1e-4951')).toBeUndefined()
  expect(parseLongDouble('1e-4950')).toBeDefined()
})

describe.runIf(hasRedis())('as redis-server', () => {
  let server: RedisServer
  let client: SocketClient
  beforeAll(async () => {
    server = await RedisServer.start()
    client = await server.connect()
  })
  afterAll(async () => {
    client.close()
    await server.stop()
  })

  let state = 7
  const random = (below: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
    return Math.floor((state / 0x80000000) * below)
  }
  const digits = (count: number): string => Array.from({ length: count }, () => random(10)).join('')

  /** Text that is a number, or almost. */
  function number(): string {
    const sign = ['', '-', '+'][random(3)]!
    const kind = random(8)
    if (kind === 0)
      return `${sign}0x${random(2 ** 30).toString(16)}.${random(99)}p${random(200) - 99}`
    const whole = digits(random(kind === 1 ? 40 : 12))
    const fraction = random(2) === 0 ? '' : `.${digits(random(kind === 2 ? 40 : 8))}`
    const exponent = random(3) === 0 ? `e${random(kind === 3 ? 9000 : 60) - 30}` : ''
    return `${sign}${whole}${fraction}${exponent}`
  }

  test('random numbers, decimal and hexadecimal, near and far', async () => {
    for (let i = 0; i < 1500; i++) {
      const [a, b] = [number(), number()]
      await client.ask(encode(['SET', 'k', a]))
      const reply = await client.ask(encode(['INCRBYFLOAT', 'k', b]))
      const theirs = reply.startsWith('$') ? reply.split('\r\n')[1] : undefined
      expect(sum(a, b), `${a} + ${b}`).toBe(theirs)
    }
  })
})
