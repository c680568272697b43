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
  expect(run.operations).toBeGreaterThan(200)
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

test('a thread that ends before the others, without a word, is a finding', async () => {
  // An engine that takes the first worker with it before the end.
  const source = new URL('../../src/index.ts', import.meta.url).href
  const lines = [
    `export * from '${source}'`,
    `import { isMainThread, workerData } from 'node:worker_threads'`,
    `if (!isMainThread && workerData.worker === 0) setTimeout(() => process.exit(0), 1000)`,
  ]
  const entry = `data:text/javascript,${encodeURIComponent(lines.join('\n'))}`
  const options = ['--seconds', '4', '--entry', entry, '--no-control']
  const { ok, run } = await stressInProcess(options)
  expect(ok).toBe(false)
  expect(run.problems).toEqual(['worker 0 ended, and nobody told it to'])
})
