/**
 * How the page writes numbers and keys, and what it makes of two events: the modules of the page
 * that need no browser. The browser gets them as one script; here they are what they are on disk.
 */
import { expect, test } from 'vitest'

const page = '../../src/protocols/http/dashboard/page'
const format = await import(`${page}/format.js`)
const model = await import(`${page}/model.js`)

test('counts, bytes, times and shares have three digits and a unit', () => {
  expect([0, 7, 999, 1000, 1234, 45_678, 999_950, 12_300_000].map(format.count)).toEqual([
    '0',
    '7',
    '999',
    '1.00 k',
    '1.23 k',
    '45.7 k',
    '1.00 M',
    '12.3 M',
  ])
  expect([0, 512, 1024, 1536, 67_108_864, 5e12].map(format.bytes)).toEqual([
    ...['0 B', '512 B', '1.00 KiB', '1.50 KiB', '64.0 MiB', '4.55 TiB'],
  ])
  expect([0, 0.5, 9.94, 12.4, 4000].map(format.rate)).toEqual(['0', '0.5', '9.9', '12', '4.00 k'])
  expect([0, 1.5e-6, 9.999e-4, 0.0123, 2.5].map(format.duration)).toEqual([
    ...['0 µs', '1.50 µs', '1.00 ms', '12.3 ms', '2.50 s'],
  ])
  expect([5, 59.6, 3599, 3600, 7500, 86_400, 97_200].map(format.span)).toEqual([
    ...['5 s', '1 min', '59 min', '1 h', '2 h 5 min', '1 d', '1 d 3 h'],
  ])
  expect([0, 0.9234, 0.99999, 1].map(format.percent)).toEqual([
    '0.0 %',
    '92.3 %',
    '99.9 %',
    '100 %',
  ])
  for (const write of ['count', 'bytes', 'rate', 'duration', 'span', 'percent']) {
    expect([write, format[write](undefined), format[write](Number.NaN)]).toEqual([write, '–', '–'])
  }
})

test('keys are text where that says what they are, and bytes elsewhere', () => {
  expect(format.keyText('user%3A42')).toEqual({ text: 'user:42', isHex: false })
  expect(format.keyText('%C3%A9%2F')).toEqual({ text: 'é/', isHex: false })
  expect(format.keyText('%FF%00a')).toEqual({ text: '0xff0061', isHex: true })
  expect(format.keyText('a%0Ab')).toEqual({ text: '0x610a62', isHex: true })
  expect(format.keyText('a%E2%80%AEb')).toEqual({ text: '0x61e280ae62', isHex: true })
  expect(format.keyText('')).toEqual({ text: '(empty key)', isHex: true })
  expect(format.hexDump(Uint8Array.of(72, 105, 0))).toMatch(/^0000 {2}48 69 00 +Hi\.$/)
})

const BOUNDS = [1, 2, 4]

function event(at: number, calls: number, cumulative: readonly number[], startedAt = 1) {
  return {
    ...{ at, calls, bounds: BOUNDS, cpuSeconds: 0 },
    server: { startedAt, receivedBytes: 0, sentBytes: 0 },
    engine: { hits: calls, misses: 0, evictions: { memory: 0 } },
    commands: [{ protocol: 'redis', command: 'get', calls, cumulative }],
  }
}

test('rates are of the time between two events; a restart begins anew; a gap is a gap', () => {
  const history = new model.History()
  history.add(event(1000, 10, [0, 0, 0, 0]))
  history.add(event(3000, 30, [0, 0, 0, 0]))
  expect(history.points).toMatchObject([{ total: 10, ops: { redis: 10 }, hitRatio: 1 }])
  history.add(event(4000, 30, [0, 0, 0, 0]))
  expect(history.points.at(-1)).toMatchObject({ total: 0, hitRatio: undefined })
  history.add(event(5000, 4, [0, 0, 0, 0], 2))
  expect([history.points.length, history.events.length]).toEqual([2, 1])
  history.add(event(15_000, 14, [0, 0, 0, 0], 2))
  expect(history.points.slice(2)).toMatchObject([{ isGap: true }, { total: 1 }])
  history.add(event(9000, 15, [0, 0, 0, 0], 2)) // its clock was set back
  history.add(event(10_000, 18, [0, 0, 0, 0], 2))
  expect(history.points.at(-1)).toMatchObject({ total: 3 })
  for (let second = 16; second < 500; second++) history.add(event(second * 1000, 14, [], 2))
  expect(history.points).toHaveLength(model.HISTORY)
  expect(history.events).toHaveLength(model.LATENCY_WINDOW + 1)
})

test('quantiles are of the calls in between, and a dash where too few were timed', () => {
  const before = event(0, 0, [100, 100, 100, 100])
  const now = event(1000, 0, [150, 199, 200, 200])
  const { samples, p50, p99, p999 } = model.quantiles(before, now, () => true)
  expect([samples, p50, p99, p999]).toEqual([100, 1, 2, undefined])
  const none = model.quantiles(before, before, () => true)
  expect([none.samples, none.p50]).toEqual([0, undefined])
})
