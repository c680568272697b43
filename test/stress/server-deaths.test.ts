/** The short form. The long one: npm run stress -- --parts server */
import { expect, test } from 'vitest'
import { serverDeaths } from './server-deaths.ts'

test.each([
  'frames',
  'sockets',
] as const)('%s: workers die, and every reply is to its own command', async (handOff) => {
  const report = await serverDeaths({ seconds: 6, connections: 40, handOff, killEveryMs: 900 })
  expect(report.problems).toEqual([])
  expect(report.kills).toBeGreaterThan(1)
  expect(report.closed).toBeGreaterThan(0) // Some were hit, or nothing was tested.
  expect(report.commands).toBeGreaterThan(200)
})
