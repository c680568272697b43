/**
 * The short form of the suspension run: whatever step a thread is suspended before, the others go
 * on. The long form: npm run stress -- --parts suspension
 */
import { expect, test } from 'vitest'
import { OPERATIONS } from './suspension-calls.ts'
import { runSuspension } from './suspension.ts'

test('others go on while a thread is suspended in the midst of an operation', async () => {
  const options = { parkMs: 10, longParkMs: 0, stride: 3, budgetMs: 10_000 }
  const { rows, problems, calls } = await runSuspension(options)
  expect(problems).toEqual([])
  expect(rows.map((row) => row.operation)).toEqual(OPERATIONS)
  for (const { operation, parked, least } of rows) {
    expect({ operation, isParked: parked > 0, goOn: least > 0 }).toEqual({
      operation,
      isParked: true,
      goOn: true,
    })
  }
  expect(calls).toBeGreaterThan(200)
})
