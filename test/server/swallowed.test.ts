/**
 * A value that is too large is swallowed over many frames. When its worker dies meanwhile, what is
 * still to come of it must not be taken for commands by the next one.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { answerOf, openServer } from './open-server.ts'

test('frames: the rest of a refused value is never executed', async () => {
  const server = await openServer({ handOff: 'frames', workers: 1, protocolModule: undefined })
  const other = await server.connect()
  other.write('set kept 0 0 4\r\nhere\r\n')
  expect(await answerOf(other, '\r\n')).toBe('STORED\r\n')
  const socket = await server.connect()
  socket.write(`set large 0 0 3000000\r\n${'x'.repeat(100_000)}`)
  expect(await answerOf(socket, '\r\n')).toBe('SERVER_ERROR object too large for cache\r\n')
  await sleep(50)
  await server.thread.workerAt(0)?.terminate()
  socket.write('\r\ndelete kept\r\n')
  expect(await answerOf(socket)).toBe('')
  other.write('get kept\r\n')
  expect(await answerOf(other, 'END\r\n')).toBe('VALUE kept 0 4\r\nhere\r\nEND\r\n')
})
