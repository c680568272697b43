/**
 * The short form: no invalidation is lost and no message, whoever dies; and that it would be
 * noticed. The long one: npm run stress -- --parts listeners
 */
import { describe, expect, test } from 'vitest'
import { runListeners } from './listeners.ts'
import { makeTwin, type Patch } from './twin.ts'

describe.each(['frames', 'sockets'] as const)('hand-off %s', (handOff) => {
  test('what clients keep is what the server has, unless they were told', async () => {
    const { caches, problems } = await runListeners({ seconds: 4, handOff, caches: 1 })
    expect(problems).toEqual([])
    expect(caches!.rounds).toBeGreaterThan(1)
    expect(caches!.invalidations).toBeGreaterThan(50)
    expect(caches!.hits).toBeGreaterThan(50)
    expect(caches!.compared).toBeGreaterThan(20)
  })

  test('the same while threads die, and the feed overflows', async () => {
    const kills = ['reader', 'worker'] as const
    const options = { seconds: 5, handOff, caches: 1, kills, hasScarceFeed: true }
    const report = await runListeners(options)
    expect(report.problems).toEqual([])
    expect(report.kills).toBeGreaterThan(1)
    expect(report.caches!.flushes).toBeGreaterThan(0)
    expect(report.caches!.hits).toBeGreaterThan(50)
  })

  test('every message comes to every subscriber, in order', async () => {
    const { subscribers, problems } = await runListeners({ seconds: 3, handOff, subscribers: 6 })
    expect(problems).toEqual([])
    expect(subscribers!.closed).toBe(0)
    expect(subscribers!.published).toBeGreaterThan(100)
    expect(subscribers!.received).toBe(6 * subscribers!.published)
  })
})

interface ListenerTwin {
  readonly name: string
  readonly patch: Patch
  /** What it takes to show the mistake. */
  readonly kills?: readonly 'reader'[]
  readonly hasScarceFeed?: boolean
}

const TWINS: readonly ListenerTwin[] = [
  {
    name: 'a key is registered after its value was read',
    patch: {
      file: 'src/protocols/redis/tracking.ts',
      find: '    this.#keys.add(key, client.id)\n',
      replace: '    setTimeout(() => this.#keys.add(key, client.id), 3)\n',
    },
  },
  {
    name: 'keys are passed over when the table has many',
    patch: {
      file: 'src/protocols/redis/tracked-keys.ts',
      find: '    if (known === id) return\n',
      replace: '    if (known === undefined && this.#readers.size > 30) return\n',
    },
  },
  {
    name: 'what the feed has lost is taken for nothing',
    patch: {
      file: 'src/protocols/redis/changes.ts',
      find: '  lost(): void {\n    this.#tracking.changedAll()\n',
      replace: '  lost(): void {\n',
    },
    hasScarceFeed: true,
    kills: ['reader'],
  },
]

test.each(TWINS)('noticed: $name', async ({ patch, kills, hasScarceFeed }) => {
  const twin = makeTwin([patch], false)
  try {
    const options = { seconds: 20, handOff: 'sockets', caches: 2, entry: twin.entry } as const
    const more = { ...(kills && { kills }), ...(hasScarceFeed && { hasScarceFeed }) }
    const { problems } = await runListeners({ ...options, ...more })
    expect(problems.join('\n')).toMatch(/is still held/)
  } finally {
    twin.remove()
  }
})
