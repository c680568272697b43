/**
 * The short form of the stress run. The long form: npm run stress -- --parts deaths
 */
import { expect, test } from 'vitest'
import { stressInProcess } from './process.ts'

test('threads are killed, and nothing is lost, torn, doubled or revived', async () => {
  const { ok, run, seed, controlStallMs } = await stressInProcess(['--seconds', '4'])
  expect({ problems: run.problems, seed }).toEqual({ problems: [], seed })
  expect(ok).toBe(true)
  expect(run.kills).toBeGreaterThan(0)
  expect(run.operations).toBeGreaterThan(1000)
  process.stdout.write(`longest stall ${run.longestStallMs} ms, control ${controlStallMs} ms\n`)
})

test('nor when threads pause, or freeze for good, between any two accesses', async () => {
  // And when the versions of chunks wrap every 16 uses.
  const options = ['--pauses', '--narrow', '--no-control']
  const { run, seed } = await stressInProcess(['--seconds', '4', ...options])
  expect({ problems: run.problems, seed }).toEqual({ problems: [], seed })
  expect(run.casRetries).toBeGreaterThan(0)
  expect(run.recoveries).toBeGreaterThan(0)
})
