/**
 * Replies belong to their commands, in their order: with many connections, pipelines cut anywhere,
 * values that arrive in pieces and replies larger than any buffer on the way.
 */
import { describe, expect, test } from 'vitest'
import { CheckedClient } from './checked-client.ts'
import { answerOf, eventually, HAND_OFFS, openServer, randomFrom } from './open-server.ts'

const CONNECTIONS = 40
const ROUNDS = 25

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('each reply is to its own command', async () => {
    const server = await openServer({ handOff })
    const random = randomFrom(4711)
    const clients: CheckedClient[] = []
    for (let n = 0; n < CONNECTIONS; n++) {
      clients.push(new CheckedClient(await server.connect(), `client ${n}`, random))
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const client of clients) client.send(1 + random(30))
      await new Promise((resolve) => setTimeout(resolve, random(5)))
    }
    await eventually(() => clients.every((client) => client.waiting === 0), 20_000)
    expect(clients.filter((client) => client.fault !== undefined).map((c) => c.fault)).toEqual([])
    expect(clients.map((client) => client.waiting)).toEqual(clients.map(() => 0))
    expect(clients.filter((client) => client.isClosed)).toEqual([])
    expect(clients.every((client) => client.answered > ROUNDS)).toBe(true)
  })

  test('a reply larger than every buffer arrives whole', async () => {
    const server = await openServer({ handOff, workers: 1 })
    const socket = await server.connect()
    const length = 3_000_000
    socket.write(`big ${length} 3\necho after\nquit\n`)
    const text = await answerOf(socket)
    const whole = [0, 1, 2].map((n) => `${n} ${'x'.repeat(length)}\n`).join('')
    expect(text === `${whole}after\n`).toBe(true)
  })

  test('commands of one byte a packet are commands all the same', async () => {
    const server = await openServer({ handOff })
    const socket = await server.connect()
    socket.setNoDelay(true)
    for (const letter of 'echo slow\ndata 3\nab') {
      socket.write(letter)
      await new Promise((resolve) => setImmediate(resolve))
    }
    socket.write('cecho end\nquit\n')
    expect(await answerOf(socket)).toBe('slow\ngot 3 96354\nend\n')
  })

  test('what came before a half-close is answered, and then the connection ends', async () => {
    const server = await openServer({ handOff })
    const socket = await server.connect()
    socket.end('echo one\nbig 200000 10\necho two\necho unfinished')
    const text = await answerOf(socket)
    const big = Array.from({ length: 10 }, (_, n) => `${n} ${'x'.repeat(200_000)}\n`).join('')
    expect(text === `one\n${big}two\n`).toBe(true)
    expect(await eventually(() => server.thread.openConnections === 0)).toBe(true)
  })
})
