/**
 * What `/events` costs and bounds: computed once per interval however many listen, not at all when
 * nobody does; a page that does not read is told nothing more, and is cut.
 */
import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import {
  EVENT_MS,
  Feed,
  MOST_MISSED,
  MOST_PAGES,
  MOST_WAITING_BYTES,
} from '../../src/protocols/http/dashboard/feed.ts'
import { Problem } from '../../src/protocols/http/problem.ts'
import { closeAll, open } from './support.ts'

afterEach(closeAll)

class Listener extends EventEmitter {
  readonly events: string[] = []
  writableLength = 0
  isDestroyed = false

  write(text: string): boolean {
    this.events.push(text)
    return true
  }

  destroy(): void {
    this.isDestroyed = true
  }
}

/** A feed whose snapshots are counted, by a clock that the test moves. */
function feedOf() {
  const counts = { snapshots: 0, details: 0, now: 0 }
  const snapshot = {
    ...{ at: 1, server: {}, process: {}, threads: [], commands: [] },
    engine: { memory: {}, sizeClasses: [] },
  }
  const host = {
    observe: () => {
      counts.snapshots++
      return snapshot
    },
    slowCommands: () => undefined,
    clients: () => {
      counts.details++
      return []
    },
  }
  const raw = { session: { handle: {} } }
  const feed = new Feed({ host, raw, now: () => counts.now } as never)
  const join = (isAdmin = false, rights = { isRead: true }) => {
    const stream = new Listener()
    const may = (right: string) => (right === 'admin' ? isAdmin : rights.isRead)
    const exchange = { stream: () => stream, caller: { may }, onClose: () => {} }
    feed.join(exchange as never)
    return { stream, rights, leave: () => exchange.onClose() }
  }
  const tick = () => {
    counts.now += EVENT_MS
    feed.tick()
  }
  return { feed, counts, join, tick }
}

test('one snapshot per interval for any number of pages, and none without pages', () => {
  const { counts, join, tick, feed } = feedOf()
  const pages = Array.from({ length: 20 }, () => join())
  expect(counts.snapshots).toBe(1)
  for (let ticks = 0; ticks < 5; ticks++) tick()
  expect(counts).toMatchObject({ snapshots: 6, details: 0 })
  for (const { stream } of pages) expect(stream.events).toHaveLength(7)
  const administrator = join(true)
  expect(counts.details).toBe(1)
  for (let ticks = 0; ticks < 4; ticks++) tick()
  expect(counts.details).toBe(3)
  administrator.leave()
  for (const { leave } of pages) leave()
  expect(feed.pages).toBe(0)
  const before = counts.snapshots
  for (let ticks = 0; ticks < 3; ticks++) tick()
  expect(counts.snapshots).toBe(before)
})

test('a page that does not read is told no more, then cut; one that reads again goes on', () => {
  const { join, tick, feed } = feedOf()
  const slow = join()
  const stuck = join()
  for (const { stream } of [slow, stuck]) stream.writableLength = MOST_WAITING_BYTES + 1
  const told = stuck.stream.events.length
  for (let ticks = 1; ticks < MOST_MISSED; ticks++) tick()
  expect([stuck.stream.events.length, stuck.stream.isDestroyed]).toEqual([told, false])
  slow.stream.writableLength = 0
  tick()
  expect([slow.stream.isDestroyed, slow.stream.events.length]).toEqual([false, told + 1])
  expect([stuck.stream.isDestroyed, feed.pages]).toEqual([true, 1])
  slow.leave()
})

test('who may read no more hears no more; more pages than there is room for are refused', () => {
  const { join, tick, feed } = feedOf()
  const { stream, rights } = join()
  rights.isRead = false
  const told = stream.events.length
  tick()
  expect([stream.isDestroyed, stream.events.length, feed.pages]).toEqual([true, told, 0])
  const pages = Array.from({ length: MOST_PAGES }, () => join())
  expect(() => join()).toThrow(Problem)
  for (const { leave } of pages) leave()
  expect(feed.pages).toBe(0)
})

test('over sockets, for either hand-off: events each second, until the client goes', async () => {
  for (const handOff of ['frames', 'sockets'] as const) {
    const { url, engine } = await open({ handOff })
    const abort = new AbortController()
    const response = await fetch(`${url}/events`, { signal: abort.signal })
    expect(response.headers.get('content-type')).toBe('text/event-stream')
    engine.set('k', 'v')
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk, { stream: true })
      if ((text.match(/event: stats/g) ?? []).length >= 3) break
    }
    abort.abort()
    const events = [...text.matchAll(/^event: stats\ndata: (.*)$/gm)].map(([, json]) => {
      return JSON.parse(json!) as { at: number; engine: { entries: number } }
    })
    expect(events.at(-1)!.engine.entries).toBe(1)
    expect(events.at(-1)!.at).toBeGreaterThan(events[0]!.at)
    await sleep(50)
    const head = await fetch(`${url}/events`, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
  }
})
