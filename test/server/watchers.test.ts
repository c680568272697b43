/** Lines for watchers: bounded on their way, and watchers do not outlive their worker. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { LineBatch } from '../../src/server/line-batch.ts'
import { answerOf, openServer } from './open-server.ts'

test('lines are sent by turns, by kind, in order, and dropped while none are taken', async () => {
  const sent: [number, string][] = []
  let dropped = 0
  const batch = new LineBatch(
    (kind, lines) => sent.push([kind, lines]),
    () => dropped++,
  )
  for (const [kind, line] of [
    [1, 'a'],
    [1, 'b'],
    [2, 'c'],
    [1, 'd'],
  ] as const)
    batch.add(kind, line)
  await sleep(5)
  expect(sent).toEqual([
    [1, 'a\n'],
    [1, 'b\n'],
    [2, 'c\n'],
    [1, 'd\n'],
  ])
  const long = 'x'.repeat(10_000)
  for (let n = 0; n < 100; n++) batch.add(1, long)
  batch.flush()
  expect(dropped).toBeGreaterThan(70)
  expect(sent.at(-1)![1].length).toBeLessThan(300_000)
  batch.taken(sent.at(-1)![1].length)
  batch.add(1, 'again')
  batch.flush()
  expect(sent.at(-1)).toEqual([1, 'again\n'])
})

test('frames: a watcher whose worker dies is closed; its bytes are never commands', async () => {
  const server = await openServer({ handOff: 'frames', workers: 1, protocolModule: undefined })
  const watcher = await server.connect()
  watcher.write('watch fetchers\r\n')
  expect(await answerOf(watcher, '\r\n')).toBe('OK\r\n')
  const other = await server.connect()
  await server.thread.workerAt(0)?.terminate()
  watcher.write('set smuggled 0 0 1\r\nx\r\n')
  expect(await answerOf(watcher)).toBe('')
  other.write('get smuggled\r\n')
  expect(await answerOf(other, 'END\r\n')).toBe('END\r\n')
})
