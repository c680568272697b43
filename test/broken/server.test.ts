/** The clients with keys of their own find every broken twin of the server. */
import { expect, test } from 'vitest'
import { serverDeaths } from '../stress/server-deaths.ts'
import { makeTwin } from '../stress/twin.ts'
import { SERVER_TWINS } from './server-twins.ts'

const RUN = { seconds: 6, connections: 60, handOff: 'frames', killEveryMs: 600 } as const

let runs = 0

// Whether a death meets the window is chance: up to four runs, each with another seed.
test.each(SERVER_TWINS)('$name is caught: $rule', { retry: 3 }, async ({ patches }) => {
  const twin = makeTwin(patches, false)
  try {
    const { problems } = await serverDeaths({ ...RUN, seed: ++runs, entry: twin.entry })
    expect(problems.length).toBeGreaterThan(0)
  } finally {
    twin.remove()
  }
})
