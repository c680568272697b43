/** The idle timeout: it meets clients that are silent, and no others. */
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { eventually, HAND_OFFS, openServer, type TestServer } from './open-server.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

interface Pair {
  readonly server: TestServer
  readonly socket: Socket
}

/** For each hand-off, a server and a client that was answered once. */
function openAll(idleTimeout: number): Promise<Pair[]> {
  const open = async (handOff: (typeof HAND_OFFS)[number]) => {
    const server = await openServer({ handOff, workers: 1, idleTimeout })
    const socket = await server.connect()
    let text = ''
    socket.on('data', (chunk) => (text += chunk))
    socket.write('echo in\n')
    await eventually(() => text === 'in\n')
    socket.removeAllListeners('data')
    return { server, socket: socket.resume() }
  }
  return Promise.all(HAND_OFFS.map(open))
}

function openCounts(pairs: readonly Pair[]): number[] {
  return pairs.map(({ server }) => server.thread.openConnections)
}

test('what was sent while the accepting thread was blocked counts', async () => {
  const pairs = await openAll(1)
  for (const { socket } of pairs) socket.write('echo here\n')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 3100)
  await sleep(500)
  expect(openCounts(pairs)).toEqual([1, 1])
})

test("a jump of the system's clock makes nobody idle", async () => {
  const pairs = await openAll(5)
  const now = Date.now
  vi.spyOn(Date, 'now').mockImplementation(() => now() + 3_600_000)
  await sleep(2300)
  expect(openCounts(pairs)).toEqual([1, 1])
})

test('who reads a long reply is not idle; who stops reading it is', async () => {
  const pairs = await openAll(1)
  let isReading = true
  for (const { socket } of pairs) {
    socket.on('data', () => {
      socket.pause()
      setTimeout(() => isReading && socket.resume(), 10)
    })
    socket.write('big 100000 100000\n') // 10 GB
  }
  await sleep(4000)
  expect(openCounts(pairs)).toEqual([1, 1])
  isReading = false
  expect(await eventually(() => openCounts(pairs).every((count) => count === 0), 10_000)).toBe(true)
})
