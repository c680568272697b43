/** The frequent commands allocate nothing but the time of their frame: see scavenges.ts. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { scavenges } from '../scavenges.ts'

const PROGRAM = fileURLToPath(new URL('./allocation-run.ts', import.meta.url))
const MOST_SCAVENGES = 8

const KINDS = ['GET', 'miss', 'SET', 'SETNX', 'MGET', 'EXISTS', 'DEL', 'GETRANGE', 'GETBIT']

for (const kind of KINDS) {
  test(`${kind} allocates nothing`, () => {
    expect(scavenges(PROGRAM, kind)).toBeLessThanOrEqual(MOST_SCAVENGES)
  })
}

test('a command that does allocate is noticed', () => {
  expect(scavenges(PROGRAM, 'DUMP')).toBeGreaterThan(3 * MOST_SCAVENGES)
})
