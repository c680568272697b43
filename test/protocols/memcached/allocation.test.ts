/** The frequent commands allocate nothing but the time of their frame: see scavenges.ts. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { scavenges } from '../scavenges.ts'

const PROGRAM = fileURLToPath(new URL('./allocation-run.ts', import.meta.url))
const MOST_SCAVENGES = 8

const KINDS = ['get', 'gets', 'miss', 'set', 'mg', 'ms', 'delete', 'pipeline', 'meta pipeline']

for (const kind of [...KINDS, 'binary']) {
  test(`${kind} allocates nothing`, () => {
    expect(scavenges(PROGRAM, kind)).toBeLessThanOrEqual(MOST_SCAVENGES)
  })
}

test('a command that does allocate is noticed', () => {
  expect(scavenges(PROGRAM, 'append')).toBeGreaterThan(3 * MOST_SCAVENGES)
})
