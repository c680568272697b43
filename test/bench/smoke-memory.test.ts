/** The parts about memory in their smoke form: what entries take, shifts of sizes, expiry. */
import { describe, expect, test } from 'vitest'
import { runPart, subjectsOf, TIMEOUT_MS } from './run-part.ts'

describe('smoke form', () => {
  test('memory', { timeout: TIMEOUT_MS }, async () => {
    const { lines, table } = await runPart('memory')
    expect(subjectsOf(lines)).toEqual(expect.arrayContaining(['heddle', 'lru-cache']))
    const first = lines.filter(
      ({ subject, parameters }) => subject === 'heddle' && parameters['scene'] === '24 + 100',
    )
    const total = first.find((line) => line.operation === 'beyond key and value')
    // RSS is uncertain by a MiB or two, which is 40 bytes an entry in this form; a table that is
    // counted twice, or an engine that was not filled, is further off.
    expect(total?.value).toBeGreaterThan(-60)
    expect(total?.value).toBeLessThan(150)
    const terms = first.filter((line) => line !== total && line.unit === 'B/entry')
    const sum = terms.reduce((so, line) => so + line.value, 0)
    expect(sum).toBeCloseTo(total?.value ?? Number.NaN, 6)
    const rounding = lines.filter(({ operation }) => operation === 'rounding of an entry')
    expect(rounding.map(({ value }) => value > 2 && value < 5)).toEqual([true, true])
    expect(table).toMatch(/24 \+ 100: rounding \| [\d.]+ % \| 4\.0 \| (not )?met/)
  })

  test('drift', { timeout: TIMEOUT_MS }, async () => {
    const { lines, table } = await runPart('drift')
    const kept = lines.filter(
      ({ subject, operation }) => subject === 'heddle' && operation.includes('of a fresh cache'),
    )
    // Entries are counted, not timed.
    expect(kept.map(({ value }) => value >= 95)).toEqual([true, true, true])
    expect(table).toMatch(/heddle \| 2: 100 B \| .* \| 95 \| met/)
    expect(table).toMatch(/% of the pages are keys and values/)
  })

  test('expiry', { timeout: TIMEOUT_MS }, async () => {
    const { lines, table } = await runPart('expiry')
    const held = lines.find(({ operation }) => operation.includes('held on average'))
    expect(held?.value).toBeGreaterThan(0)
    expect(held?.value).toBeLessThan(20)
    expect(table).toMatch(/of one core \| .* \| 2 % \| (not )?met/)
  })
})
