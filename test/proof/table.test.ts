/** The table of runs: made of the committed lines, the latest of each count, in a fixed order. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { countsFrom, countsIn } from './record.ts'
import { BEGIN, committedLines, DOCUMENT, END, type Line, tableOf, withTable } from './table.ts'

const line = (given: Partial<Line>): Line => ({
  suite: 'twins',
  operation: 'caught',
  value: 30,
  unit: '',
  at: '2026-11-21T19:00:00.000Z',
  commit: 'abc',
  ...given,
})
const rowsOf = (lines: readonly Line[]): string[] => tableOf(lines).split('\n').slice(2, -1)

test('the committed table is what the committed lines give', () => {
  const document = readFileSync(DOCUMENT, 'utf8')
  expect(withTable(document, committedLines())).toBe(document)
})

test('of equal counts the latest stands, whatever the order of the lines', () => {
  const lines = [
    line({ value: 31, at: '2026-11-21T20:00:00.000Z', commit: 'def' }),
    line({}),
    line({ operation: 'executions', value: 12_345 }),
  ]
  expect(rowsOf(lines)).toEqual([
    '| twins | caught | 31 |  | 2026-11-21 20:00 | def |',
    '| twins | executions | 12,345 |  | 2026-11-21 19:00 | abc |',
  ])
})

test('checks come in their order, with units, commands, seeds and what tells them apart', () => {
  const stall = { suite: 'stress deaths', operation: 'longest stall', unit: 'ms', seed: 7 }
  const lines = [
    line({ ...stall, parameters: { threads: 8, seconds: 60 } }),
    line({ ...stall, value: 2, parameters: { threads: 2, seconds: 60 } }),
    line({ parameters: { command: 'npm run twins' } }),
    line({ suite: 'explore plain', operation: 'programs' }),
  ]
  expect(rowsOf(lines)).toEqual([
    '| explore plain | programs | 30 |  | 2026-11-21 19:00 | abc |',
    '| twins | caught | 30 | npm run twins | 2026-11-21 19:00 | abc |',
    '| stress deaths | longest stall | 30 ms | threads 8, seed 7 | 2026-11-21 19:00 | abc |',
    '| stress deaths | longest stall | 2 ms | threads 2, seed 7 | 2026-11-21 19:00 | abc |',
  ])
})

test('without lines it says so, and a document without marks is refused', () => {
  expect(withTable(`a\n${BEGIN}\nold\n${END}\nb\n`, [])).toBe(
    `a\n${BEGIN}\n\nNo run is recorded yet.\n\n${END}\nb\n`,
  )
  expect(() => withTable('a', [])).toThrow('no marks')
})

test('searches of the explorer are counted by their mode', () => {
  const search = { program: 'a', mode: 'plain', executions: 5, complete: true }
  const failed = { ...search, complete: false, failure: {} }
  const lines = [search, failed, { ...search, mode: 'stale' }].map((one) => JSON.stringify(one))
  expect(countsIn('explore', `${lines.join('\n')}\n`)).toEqual([
    ['explore plain', 'programs', 2],
    ['explore plain', 'without a bound', 1],
    ['explore plain', 'executions', 10],
    ['explore plain', 'failures', 1],
    ['explore stale', 'programs', 1],
    ['explore stale', 'without a bound', 1],
    ['explore stale', 'executions', 5],
    ['explore stale', 'failures', 0],
  ])
})

test('twins are counted by their lines, summaries by their last one', () => {
  const twins = [
    "one caught by 'set x set' after 12 executions",
    "two NOT CAUGHT by 'get': 5 executions of 5",
    '2 twins in 3.0 s, not caught: two',
  ]
  expect(countsIn('twins', twins.join('\n'))).toEqual([
    ['twins', 'caught', 1],
    ['twins', 'not caught', 1],
    ['twins', 'executions', 12],
  ])
  const summary = { ok: true, seed: 7, seconds: 60, kills: 500, wire: { inputs: 9 }, problems: [] }
  expect(countsIn('stress', `words\n${JSON.stringify(summary)}\n`)).toEqual([
    ['stress', 'kills', 500],
    ['stress', 'wire inputs', 9],
    ['stress', 'problems', 0],
  ])
  expect(
    countsIn('model', '\n113 programs, 61 broken twins, 4,617,358 states: as expected'),
  ).toEqual([
    ['model', 'programs', 113],
    ['model', 'broken twins', 61],
    ['model', 'states', 4_617_358],
  ])
  expect(() => countsIn('stress', 'nothing')).toThrow('no counts')
})

test('other counts are given by name', () => {
  expect(countsFrom('fuzz', ['commands=12', 'failures=0'])).toEqual([
    ['fuzz', 'commands', 12],
    ['fuzz', 'failures', 0],
  ])
  for (const wrong of ['commands', '=1', 'commands=', 'commands=many']) {
    expect(() => countsFrom('fuzz', [wrong])).toThrow('NAME=COUNT')
  }
})
