/**
 * The table of targets: how a figure is picked out of lines of many runs, and what is called met.
 * And each target asks for lines of a part that the benchmark has, by a command that it knows.
 */
import { describe, expect, test } from 'vitest'
import { PARTS } from '../../bench/options.ts'
import { firstOf, newest, one, ratio, readLines, together } from '../../bench/targets/lines.ts'
import type { Line } from '../../bench/targets/lines.ts'
import { SPACE } from '../../bench/targets/space.ts'
import { SPEED } from '../../bench/targets/speed.ts'
import { judgeTarget, targetTables } from '../../bench/targets/target.ts'
import type { Target } from '../../bench/targets/target.ts'

const line = (changes: Partial<Line>): Line => ({
  ...{ suite: 'load', subject: 'a', operation: 'CPU', threads: 1, value: 1, unit: 'us' },
  ...{ parameters: {}, at: '2026-01-01', form: 'default', commit: 'c0ffee' },
  ...changes,
})
const all = { suite: 'load', operation: 'CPU' }

describe('lines', () => {
  test('smoke forms do not count, the newest run does', () => {
    const text = [
      line({ value: 1, at: '2026-01-02' }),
      line({ value: 2, at: '2026-01-03' }),
      line({ value: 3, at: '2026-01-01' }),
      line({ value: 4, at: '2026-01-09', form: 'smoke' }),
    ].map((each) => JSON.stringify(each))
    const lines = readLines(`${text.join('\n')}\n`)
    expect(lines.length).toBe(3)
    expect(one(all)(lines)?.value).toBe(2)
  })

  test('subject, unit, threads and parameters have to fit', () => {
    const lines = [
      line({ parameters: { depth: 1 }, value: 1 }),
      line({ parameters: { depth: 16 }, value: 2, threads: 2 }),
      line({ subject: 'b', parameters: { depth: 16 }, value: 3, unit: 'ns' }),
    ]
    const of = (more: object) => one({ ...all, ...more })(lines)?.value
    expect(of({ parameters: { depth: 1 } })).toBe(1)
    expect(of({ threads: 2 })).toBe(2)
    expect(of({ subject: /^b/ })).toBe(3)
    expect(of({ unit: 'ms' })).toBeUndefined()
    expect(newest(lines, all).length).toBe(3)
  })

  test('a ratio is of one run; several lines come to one figure', () => {
    const lines = [
      line({ subject: 'b', value: 10 }),
      line({ subject: 'a', value: 4, at: '2026-01-02' }),
      line({ subject: 'b', value: 8, at: '2026-01-02' }),
    ]
    const [a, b] = [
      { ...all, subject: 'a' },
      { ...all, subject: 'b' },
    ]
    expect(ratio(a, b)(lines)?.value).toBe(0.5)
    expect(ratio(a, b)(lines.slice(0, 2))).toBeUndefined()
    expect(together(all, '', (values) => values.length)(lines)?.value).toBe(2)
    expect(firstOf(one({ ...all, subject: 'c' }), one(b))(lines)?.value).toBe(8)
  })
})

describe('verdicts', () => {
  const target = (changes: Partial<Target>): Target => ({
    ...{ group: 'server', what: 'w', command: 'c', bound: 'at most', limit: 1, unit: 'times' },
    pick: one(all),
    ...changes,
  })
  const verdict = (value: number, changes: Partial<Target> = {}) =>
    judgeTarget(target(changes), [line({ value })]).verdict

  test('at most, at least, not measured', () => {
    expect([verdict(1), verdict(1.01)]).toEqual(['met', 'not met'])
    const least = { bound: 'at least', limit: 1.5 } as const
    expect([verdict(1.5, least), verdict(1.4, least)]).toEqual(['met', 'not met'])
    expect(judgeTarget(target({}), []).verdict).toBe('not measured')
  })

  test('above the floor only where the floor alone is beyond the limit', () => {
    const floor = (its: number, above: number) => ({ aboveFloor: () => ({ floor: its, above }) })
    expect(verdict(1.4, floor(1.1, 0.9))).toBe('met above the floor')
    expect(verdict(1.4, floor(1.1, 1.2))).toBe('not met')
    expect(verdict(1.4, floor(0.9, 0.5))).toBe('not met')
    expect(verdict(1.4, floor(1.1, Number.NaN))).toBe('not met')
  })

  test('what the runtime alone comes to stands beside what is not met', () => {
    const runtimeFloor = one({ ...all, subject: 'node floor' })
    const lines = [line({ subject: 'heddle', value: 1.2 }), line({ subject: 'node floor' })]
    const judged = (limit: number) =>
      judgeTarget(target({ limit, pick: one({ ...all, subject: 'heddle' }), runtimeFloor }), lines)
    expect(judged(1.1).figure).toBe("1.20; the runtime's floor is 1.00")
    expect(judged(1.3).figure).toBe('1.20')
  })

  test('a row says limit, figure with its spread, and where it comes from', () => {
    const spread = { low: 0.8, high: 1.3, rounds: 5 }
    const judged = judgeTarget(target({}), [line({ value: 0.9, spread })])
    expect(targetTables([judged])[0]?.rows).toEqual([
      ['w', 'at most 1 times', '0.90 (0.80-1.30)', 'met', '`c`', 'c0ffee, 2026-01-01, default'],
    ])
  })
})

describe('the targets', () => {
  test('figures of a server: direct, and above the floor from the same run', () => {
    const [first] = SPEED
    const cpu = (subject: string, value: number) =>
      line({ subject, operation: 'closed CPU', value, parameters: { scene: 'depth 1' } })
    const lines = [cpu('heddle sockets 1', 8), cpu('memcached -t 1', 7.5), cpu('floor', 7.6)]
    expect(judgeTarget(first!, lines)).toMatchObject({ verdict: 'not met' })
    const beside = line({
      ...{ subject: 'heddle sockets 1', operation: 'closed CPU beside memcached', value: 0.9 },
      parameters: { load: 'depth 1' },
    })
    expect(judgeTarget(first!, [...lines, beside])).toMatchObject({ verdict: 'met' })
  })

  test('each is named once, and its command is one', () => {
    const every = [...SPEED, ...SPACE]
    expect(every.length).toBeGreaterThan(35)
    expect(new Set(every.map(({ what }) => what)).size).toBe(every.length)
    for (const { command } of every) {
      const part = /^npm run bench -- --only=(\w+)(?: --full)?$/.exec(command)?.[1]
      if (part === undefined) expect(command).toBe('npm run hit-ratio')
      else expect(PARTS).toContain(part)
    }
  })

  test('the worst and the mean of a policy come from cells of one run', () => {
    const cell = (subject: string, percent: number, value: number) =>
      line({
        ...{ suite: 'hitratio', subject, operation: 'hit ratio', unit: '%', value },
        parameters: { trace: 't', bound: 'entries', percent, maxEntries: 600 },
      })
    const lines = [
      ...[cell('lru', 1, 50), cell('heddle s3-fifo', 1, 56), cell('lru', 10, 60)],
      ...[cell('heddle s3-fifo', 10, 62), cell('lru', 0.1, 30), cell('heddle s3-fifo', 0.1, 25)],
    ]
    const verdictOf = (what: RegExp) =>
      judgeTarget(SPACE.find((target) => what.test(target.what))!, lines)
    expect(verdictOf(/above LRU, mean/)).toMatchObject({ figure: '4.00, 2 cells', verdict: 'met' })
    expect(verdictOf(/the worst of all/)).toMatchObject({ figure: '-5.00, 3 cells' })
  })
})
