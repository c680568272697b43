/**
 * The harness's own parts: options, statistics, values, the lock that the locked subject uses, and
 * the report, which must load nothing from elsewhere.
 */
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { describe, expect, test } from 'vitest'
import { fnv1a, hex, median, shown, spreadOf } from '../../bench/measurement.ts'
import { takeCores } from '../../bench/load/cores.ts'
import { matrixSizes } from '../../bench/matrix/axes.ts'
import { readOptions } from '../../bench/options.ts'
import { buildValue, checkValue, valueBytes } from '../../bench/replay/value.ts'
import { drawPanels } from '../../src/charts/panels.ts'
import { drawBars, drawCurve } from '../../src/charts/svg.ts'
import { markdownTable } from '../../bench/report/write.ts'
import { coresIn } from '../../src/load/server-process.ts'
import { KEY_BYTES } from '../../src/load/workload.ts'
import { MOST_KEYS, VALUE_BYTES, keyOf, missId, newId, valueFor } from '../../bench/workload.ts'

describe('options', () => {
  test('the default form runs all parts', () => {
    const options = readOptions([], {})
    expect(options.form).toBe('default')
    const parts = ['micro', 'traces', 'hitratio', 'memory', 'latency', 'load', 'redis']
    expect(options.parts).toEqual(parts)
    expect(options.chosen).toBe(false)
    expect(options.tracesFolder).toBeUndefined()
  })

  test('axes are those of the matrix, and ask for it', () => {
    const { parts, axes, chosen } = readOptions(['--axis=values,depth'], {})
    expect([parts, axes, chosen]).toEqual([['matrix'], ['depth', 'values'], true])
    expect(() => readOptions(['--axis=size'], {})).toThrow(/--axis=size: no axis "size"; the axes/)
    expect(() => readOptions(['--axis=mix', '--only=load'], {})).toThrow(/--only=load leaves that/)
    const points = matrixSizes('full', undefined).points
    expect(new Set(points.map(({ label }) => label)).size).toBe(points.length)
    const named = matrixSizes('default', ['depth']).points
    expect(named.map((point) => point.depth)).toEqual([16, 1, 4, 64])
    const many = points.find(({ keys }) => keys === 10_000_000)
    expect(many?.valueBytes).toBe(550 - KEY_BYTES)
  })

  test('parts keep their order, and wrong ones are named', () => {
    expect(readOptions(['--only=latency,micro'], {}).parts).toEqual(['micro', 'latency'])
    expect(() => readOptions(['--only=micros'], {})).toThrow(/no part "micros"/)
    expect(() => readOptions(['--threads=0'], {})).toThrow(/--threads=0/)
    expect(() => readOptions(['--full', '--smoke'], {})).toThrow(/exclude each other/)
  })
})

describe('cores', () => {
  test('as Linux lists them; what is pinned is released again', () => {
    expect([...coresIn('0')]).toEqual([0])
    expect([...coresIn('2-4,7')]).toEqual([2, 3, 4, 7])
    const allowed = () =>
      /^Cpus_allowed_list:\s*(.+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]
    if (process.platform !== 'linux') return
    const before = allowed()
    const cores = takeCores()
    if (cores.prefix.length > 0) {
      const own = /generator on core (\d+)/.exec(cores.note)?.[1]
      expect([allowed(), cores.prefix[2]]).not.toEqual([before, own])
      expect(allowed()).toBe(own)
    } else expect(cores.note).toMatch(/where the system puts them/)
    cores.release()
    expect(allowed()).toBe(before)
  })
})

describe('measurements', () => {
  test('median, spread, digest, and numbers in tables', () => {
    expect(median([3, 1, 2])).toBe(2)
    expect(median([4, 1, 2, 3])).toBe(2.5)
    expect(() => median([])).toThrow(/no values/)
    expect(spreadOf([3, 1, 2])).toEqual({ low: 1, high: 3, rounds: 3 })
    expect(hex(fnv1a('a'))).toBe('e40c292c')
    expect([1234.5, 123.4, 12.34, 1.234].map(shown)).toEqual(['1,235', '123', '12.3', '1.23'])
  })
})

describe('workload', () => {
  test('stored, missing and new ids never meet, and all keys of a shape are equally long', () => {
    const most = MOST_KEYS - 1
    expect(missId(MOST_KEYS, most)).toBeGreaterThan(most)
    expect(newId(0, 0)).toBeGreaterThan(missId(MOST_KEYS, most))
    expect(newId(0, 199_999)).toBeLessThan(newId(1, 0))
    expect(keyOf('user:', 0).length).toBe(keyOf('user:', newId(14, 199_999)).length)
  })

  test('values are as long as stated and tell their id and generation', () => {
    expect(valueFor(42, 1)).toHaveLength(VALUE_BYTES)
    expect(valueFor(42, 1).startsWith('000000421')).toBe(true)
  })

  test('replayed values have the size of their key, and a wrong one is noticed', () => {
    const sizes = Array.from({ length: 10_000 }, (_, id) => valueBytes(String(id)))
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(512)
    expect(Math.max(...sizes)).toBeLessThan(16_384)
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length
    expect(mean).toBeGreaterThan(4_500)
    expect(mean).toBeLessThan(5_000)
    const size = valueBytes('17')
    const value = buildValue('17', size)
    expect(() => checkValue(value, '17', size)).not.toThrow()
    expect(() => checkValue(value, '18', size)).toThrow(/key 18/)
    expect(() => checkValue(value.slice(1), '17', size)).toThrow(/key 17/)
  })
})

const LOCK_URL = new URL('../../bench/subjects/lock.ts', import.meta.url).href
const COUNT_BY_EACH = 20_000

/** Adds to a plain word, which loses counts unless the lock excludes the other thread. */
function countingThread(buffer: SharedArrayBuffer, isLocked: boolean): Promise<number> {
  const source = `
    const { workerData } = require('node:worker_threads')
    import('${LOCK_URL}').then(({ lock, unlock }) => {
      const words = new Int32Array(workerData)
      Atomics.add(words, 2, 1)
      while (Atomics.load(words, 2) < 2) {}
      for (let n = 0; n < ${COUNT_BY_EACH}; n++) {
        if (${isLocked}) lock(words)
        words[1] = words[1] + 1
        if (${isLocked}) unlock(words)
      }
    })`
  const worker = new Worker(source, { eval: true, workerData: buffer })
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('exit', resolve)
  })
}

describe('the lock of the locked subject', () => {
  test('two threads lose no count', async () => {
    const buffer = new SharedArrayBuffer(12)
    await Promise.all([countingThread(buffer, true), countingThread(buffer, true)])
    const words = new Int32Array(buffer)
    expect(words[1]).toBe(2 * COUNT_BY_EACH)
    expect(words[0]).toBe(0)
  })
})

describe('report', () => {
  const bar = { label: 'a & b', value: 10, low: 8, high: 12 }
  const groups = [{ label: '<get>', bars: [bar] }]

  test('bars carry their spread and escape their labels', () => {
    const drawing = drawBars({ kind: 'bars', title: 't', unit: 'ns', groups })
    expect(drawing).toContain('class="spread"')
    expect(drawing).toContain('&lt;get&gt;')
    expect(drawing).not.toMatch(/NaN|undefined|https?:/)
  })

  test('a percentile curve is drawn in nines', () => {
    const points = [0, 50, 90, 99, 99.9].map((p) => [p, 100 + p * p] as const)
    const drawing = drawCurve({
      kind: 'curve',
      title: 't',
      unit: 'ns',
      series: [{ label: 'heddle', points }],
    })
    expect(drawing).toContain('<polyline')
    expect(drawing).toContain('99.9 %')
    expect(drawing).not.toMatch(/NaN|undefined|https?:/)
  })

  test('panels share their axes: equal heights are equal values', () => {
    const series = (label: string, points: readonly (readonly [number, number])[]) => [
      { label, points },
    ]
    const drawing = drawPanels({
      ...{ kind: 'panels', title: 't', unit: 'us', across: 'requests/s' },
      panels: [
        {
          title: 'p50',
          series: series('redis', [
            [1_000, 10],
            [10_000, 100],
          ]),
        },
        {
          title: 'p99',
          series: series('redis', [
            [1_000, 100],
            [10_000, 1_000],
          ]),
        },
      ],
    })
    expect(drawing).not.toMatch(/NaN|undefined|https?:/)
    const heights = [...drawing.matchAll(/<circle cx="[\d.]+" cy="([\d.]+)"/g)].map(([, y]) => y)
    expect(heights).toHaveLength(4)
    expect(heights[1]).toBe(heights[2])
    expect(Number(heights[0])).toBeGreaterThan(Number(heights[3]))
    expect(drawing.match(/<rect/g)).toHaveLength(1)
  })

  test('time runs evenly, from 0', () => {
    const points = [500, 1_000, 2_000].map((ms) => [ms, 10] as const)
    const drawing = drawPanels({
      ...{ kind: 'panels', title: 't', unit: 'us', across: 'ms', isTime: true },
      panels: [{ title: 'p99', series: [{ label: 'redis', points }] }],
    })
    const [first, second, third] = [...drawing.matchAll(/<circle cx="([\d.]+)"/g)].map(([, x]) =>
      Number(x),
    )
    expect((third! - second!) / (second! - first!)).toBeCloseTo(2, 1)
    expect(drawing).toContain('>500</text>')
    expect(drawing).not.toMatch(/NaN|undefined/)
  })

  test('a table in Markdown', () => {
    const text = markdownTable({ title: 'T', columns: ['a', 'b'], rows: [['x', '1']] })
    expect(text).toBe('## T\n\n| a | b |\n| --- | ---: |\n| x | 1 |\n')
  })
})
