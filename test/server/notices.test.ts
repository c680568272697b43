/** Lines of the log that clients cause: bounded, whatever they do. */
import { expect, test } from 'vitest'
import { Notices } from '../../src/server/notices.ts'

test('of each kind a line a minute, with how many there were', () => {
  const told: string[] = []
  let now = 0
  const notices = new Notices(
    (kind, line) => told.push(`${kind}: ${line}`),
    () => now,
  )
  for (let n = 0; n < 5; n++) notices.note('foreign', `the ${n}.`)
  notices.note('tls', 'another')
  now = 60_000
  notices.note('foreign', 'later')
  notices.note('tls', 'later')
  expect(told).toEqual([
    'foreign: the 0.',
    'tls: another',
    'foreign: later (and 4 more since the last such line)',
    'tls: later',
  ])
})
