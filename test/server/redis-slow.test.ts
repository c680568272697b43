/** A subscriber that does not read: it is cut, its memory is bounded, and nobody else waits. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { serve } from '../../src/server/serve.ts'
import { openEngine } from '../engine/open-engine.ts'

const MESSAGE_BYTES = 900_000
/** More than sockets and the server's windows take, together with Redis' limit of 32 MiB. */
const MESSAGES = 80

function publish(length: number): Buffer {
  const head = Buffer.from(`*3\r\n$7\r\nPUBLISH\r\n$4\r\nnews\r\n$${length}\r\n`)
  return Buffer.concat([head, Buffer.alloc(length, 'x'), Buffer.from('\r\n')])
}

/** What is replied, up to this end. */
async function ask(socket: Socket, request: string | Buffer, end: RegExp): Promise<string> {
  socket.write(request)
  let text = ''
  while (!end.test(text)) {
    const [chunk] = (await once(socket, 'data')) as [Buffer]
    text += chunk.toString('latin1')
  }
  return text
}

test.each(['frames', 'sockets'] as const)('with hand-off %s', async (handOff) => {
  const engine = openEngine()
  const server = await serve(engine, { redisPort: 0, workers: 2, handOff })
  const port = Number(/\d+$/.exec(server.redisAddresses[0]!)![0])
  const open = () => connect(port, '127.0.0.1').on('error', () => {})
  const [slow, good, publisher] = [open(), open(), open()]
  for (const socket of [slow, good]) {
    socket.write('SUBSCRIBE news\r\n')
    await once(socket, 'data')
  }
  slow.pause()
  let received = 0
  good.on('data', (chunk: Buffer) => {
    received += chunk.length
  })
  const request = publish(MESSAGE_BYTES)
  for (let i = 0; i < MESSAGES; i++) await ask(publisher, request, /^:\d+\r\n$/)
  await expect.poll(() => received).toBeGreaterThan(MESSAGES * MESSAGE_BYTES)
  const cut = async (): Promise<string | undefined> => {
    await ask(publisher, publish(1), /^:\d+\r\n$/)
    const info = await ask(publisher, 'INFO stats\r\n', /total_error_replies:\d+\r\n\r\n$/)
    return /client_output_buffer_limit_disconnections:(\d+)/.exec(info)?.[1]
  }
  await expect.poll(cut, { timeout: 30_000, interval: 200 }).toBe('1')
  const closed = once(slow, 'close')
  slow.resume()
  await closed
  const left = await ask(publisher, 'PUBSUB NUMSUB news\r\n', /:\d+\r\n$/)
  expect(left).toBe('*2\r\n$4\r\nnews\r\n:1\r\n')
  for (const socket of [good, publisher]) socket.destroy()
  await server.close()
})
