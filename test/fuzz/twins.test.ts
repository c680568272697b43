/** The quick ones of the broken twins are caught; `npm run fuzz -- --twins` tries them all. */
import { expect, test } from 'vitest'
import { memcachedVersion } from './memcached-process.ts'
import { type Caught, catchWireTwins, WIRE_TWINS } from './twins.ts'

test('broken twins are caught by their checks', async () => {
  const hasMemcached = memcachedVersion() !== undefined
  const twins = WIRE_TWINS.filter(({ check, isSlow }) => {
    return isSlow !== true && (hasMemcached || check !== 'differential')
  })
  const caught: Caught[] = []
  await catchWireTwins(twins, (of) => caught.push(of))
  const missed = caught.filter(({ after }) => after === undefined)
  expect(missed.map(({ twin, problem }) => [twin.name, problem])).toEqual([])
  expect(caught.length).toBe(twins.length)
})
