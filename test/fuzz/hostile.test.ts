/** Clients that do not behave, in the short form of `npm run fuzz -- --hostile`. */
import { existsSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ATTACKS, SHORT } from './attacks.ts'
import { attackAll } from './hostile.ts'
import { TONGUES } from './tongue.ts'

describe.each(TONGUES)('$name', (tongue) => {
  test.skipIf(!existsSync('/proc/self/statm')).each(['frames', 'sockets'] as const)(
    'attacks leave neither memory nor files, and others are answered, by %s (needs /proc)',
    async (handOff) => {
      const reports = await attackAll(tongue, handOff, SHORT)
      const problems = reports.flatMap(({ attack, problems: of }) =>
        of.map((text) => [attack, text]),
      )
      expect(problems).toEqual([])
      expect(reports.map(({ attack }) => attack)).toEqual(ATTACKS.map(({ name }) => name))
      expect(reports.reduce((sum, { answers }) => sum + answers, 0)).toBeGreaterThan(50)
    },
  )
})
