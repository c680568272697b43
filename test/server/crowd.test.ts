/**
 * Ten thousand clients that are connected and say nothing: each costs a bounded piece of memory,
 * none is lost, one more than may come is told so, and the others are answered. Where the limit of
 * open files allows fewer, as many as it allows, and that is said. What others notice in time is
 * measured by `npm run bench -- --only=clients`.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { residentBytesOf } from '../../src/load/server-process.ts'
import { clientsWithin, openFilesLimit } from '../../src/server/open-files.ts'
import { killAll, start } from './cli-process.ts'
import { answerOf, HAND_OFFS } from './open-server.ts'

afterEach(killAll)

const WANTED = 10_000
const WORKERS = 2
/** What this process has open beside its clients. */
const SPARE_FILES = 300
const BATCH = 200
/** Measured: 4 to 7 KiB; the system's part is not the process's. */
const MOST_BYTES_EACH = 16 * 1024

function sizeWithin(limit: number | undefined): number {
  const both = Math.min(clientsWithin(limit, WORKERS), (limit ?? WANTED * 2) - SPARE_FILES)
  return Math.min(WANTED, both - 10)
}

async function gather(port: number, size: number): Promise<Socket[]> {
  const sockets: Socket[] = []
  for (let n = 0; n < size; n += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, size - n) }, () => {
      const socket = connect(port, '127.0.0.1').on('error', () => {})
      return new Promise<Socket>((resolve) => socket.once('connect', () => resolve(socket)))
    })
    sockets.push(...(await Promise.all(batch)))
  }
  return sockets.map((socket) => socket.resume())
}

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('ten thousand idle clients', async () => {
    const size = sizeWithin(openFilesLimit())
    if (size < WANTED) console.warn(`only ${size} clients: the limit of open files (ulimit -n)`)
    expect(size).toBeGreaterThan(100)
    const args = ['-p', '0', '-t', String(WORKERS), '--handoff', handOff, '-m', '8']
    const running = await start([...args, '-c', String(size + 1)])
    const ask = async () => {
      const socket = await running.connect()
      socket.write('mn\r\n')
      const answer = await answerOf(socket, '\n')
      return { socket, answer }
    }
    const first = await ask()
    const before = residentBytesOf(running.child.pid!)!
    const idle = await gather(running.port, size)
    const refused = await ask()
    expect(refused.answer).toBe('ERROR Too many open connections\r\n')
    await sleep(2500) // the clock of idle times comes by twice
    const each = (residentBytesOf(running.child.pid!)! - before) / size
    expect(each).toBeLessThan(MOST_BYTES_EACH)
    first.socket.write('mn\r\n')
    expect(await answerOf(first.socket, '\n')).toBe('MN\r\n')
    expect(idle.filter((socket) => socket.destroyed || socket.readableEnded)).toEqual([])
    const last = idle.at(-1)!
    last.write('set a 0 0 1\r\nx\r\n')
    expect(await answerOf(last, '\n')).toBe('STORED\r\n')
    for (const socket of idle) socket.destroy()
    await expect.poll(async () => (await ask()).answer).toBe('MN\r\n')
    expect((await running.end('SIGTERM')).code).toBe(0)
  })
})
