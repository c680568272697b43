/**
 * The short form of the budget runs. The long form: npm run stress -- --parts memory
 */
import { expect, test } from 'vitest'
import { judgeBudget, runBudget } from './budget.ts'
import { LOADS } from './budget-thread.ts'

test.each([...LOADS, 'none' as const])('within the budget: %s', async (load) => {
  const report = await runBudget({ load, seconds: 1 })
  expect({ problems: judgeBudget(report), report }).toMatchObject({ problems: [] })
  expect(report.sets).toBeGreaterThan(200)
})
