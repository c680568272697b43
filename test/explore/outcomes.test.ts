/**
 * Programs do what they are named after: in one of their first executions an entry is evicted,
 * moved or expires, a page is cut anew. One in which that never happens would pass for ever.
 */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import type { CounterName } from '../../native-layout/thread-row.ts'

const root = resolve(import.meta.dirname, '../..')

/** The counter that some execution must raise, and by how much; `*` stands for anything. */
const EXPECTED: readonly (readonly [programs: string, CounterName, number])[] = [
  ['* x move, present', 'pagesMoved', 1],
  ['get x move, present', 'entriesMoved', 1],
  ['* x evict, present', 'evictedForMemory', 1],
  ['full: set x *', 'evictedForMemory', 1],
  ['full: incr x *', 'evictedForMemory', 1],
  ['most entries: *', 'evictedForEntries', 1],
  ['no slot: set x *', 'evictedForSlots', 1],
  ['* x maintain, present', 'expired', 1],
  ['time: maintain x *', 'expired', 1],
  ['drain x *', 'pagesMoved', 1],
  ['wish x *', 'pagesMoved', 1],
  ['rest x *', 'pagesMoved', 1],
  ['move x *', 'pagesMoved', 1],
  ['move, back x *', 'pagesMoved', 2],
  ['chain: move x *', 'pagesMoved', 1],
  ['trim x *', 'evictedForPages', 1],
  ['add x add, absent', 'helps', 1],
  ['set x cas, present', 'casRetries', 1],
]

test('what programs are about happens in them', async () => {
  const command = ['-C', 'explore', 'test/explore/outcomes.ts', JSON.stringify(EXPECTED)]
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root })
  const met = JSON.parse(stdout) as { pattern: string; program: string; isMet: boolean }[]
  expect(met.filter(({ isMet }) => !isMet)).toEqual([])
  for (const [pattern] of EXPECTED) expect(met.some((one) => one.pattern === pattern)).toBe(true)
})
