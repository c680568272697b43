/**
 * Workers that die under load, by terminate() at any instruction and by their own exceptions: who
 * is answered is answered rightly, and with frames nobody is harmed but those who had a command on
 * the way at that moment.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { CheckedClient } from './checked-client.ts'
import { answerOf, eventually, HAND_OFFS, openServer, randomFrom } from './open-server.ts'
import type { TestServer } from './open-server.ts'

const BUSY = 24
const QUIET = 8
const KILLS = 10
const KILL_EVERY_MS = 200

async function client(server: TestServer, name: string, random: (limit: number) => number) {
  return new CheckedClient(await server.connect(), name, random)
}

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('a worker killed every 200 ms, and every reply is right', async () => {
    const server = await openServer({ handOff })
    const random = randomFrom(99)
    const busy: CheckedClient[] = []
    const faults: string[] = []
    let answered = 0
    let opened = 0
    const retire = (index: number) => {
      if (busy[index]?.fault !== undefined) faults.push(busy[index].fault)
      answered += busy[index]?.answered ?? 0
    }
    const load = async (index: number) => {
      while (!isOver) {
        if (busy[index] === undefined || busy[index].isClosed) {
          retire(index)
          busy[index] = await client(server, `busy ${index}/${opened++}`, random)
        }
        if (busy[index].waiting < 200) busy[index].send(1 + random(20))
        await sleep(1 + random(4))
      }
    }
    let isOver = false
    const loads = Array.from({ length: BUSY }, (_, index) => load(index))
    for (let kill = 0; kill < KILLS; kill++) {
      await sleep(KILL_EVERY_MS - random(30))
      await eventually(() => server.thread.isServing(kill % 2))
      await server.thread.workerAt(kill % 2)?.terminate()
    }
    isOver = true
    await Promise.all(loads)
    await eventually(() => busy.every((each) => each.isClosed || each.waiting === 0), 10_000)
    for (const index of busy.keys()) retire(index)
    expect(faults).toEqual([])
    expect(busy.filter((each) => !each.isClosed && each.waiting > 0).length).toBe(0)
    await eventually(() => server.thread.replacedWorkers === KILLS)
    expect(server.thread.replacedWorkers).toBe(KILLS)
    expect(opened).toBeGreaterThan(BUSY) // some were hit, or nothing was tested
    expect(answered).toBeGreaterThan(200)
  })
})

test('frames: connections without a command on the way outlive every worker', async () => {
  const server = await openServer({ handOff: 'frames' })
  const random = randomFrom(7)
  const quiet: CheckedClient[] = []
  for (let n = 0; n < QUIET; n++) quiet.push(await client(server, `quiet ${n}`, random))
  for (let kill = 0; kill < 4; kill++) {
    for (const each of quiet) each.send(5)
    await eventually(() => quiet.every((each) => each.waiting === 0))
    await server.thread.workerAt(kill % 2)?.terminate()
  }
  for (const each of quiet) each.send(5)
  await eventually(() => quiet.every((each) => each.waiting === 0))
  expect(quiet.map((each) => [each.isClosed, each.waiting, each.fault])).toEqual(
    quiet.map(() => [false, 0, undefined]),
  )
})

test('frames: what is sent while there is no worker is answered by the next', async () => {
  const server = await openServer({ handOff: 'frames', workers: 1 })
  const socket = await server.connect()
  socket.write('echo first\n')
  expect(await answerOf(socket, 'first\n')).toBe('first\n')
  await server.thread.workerAt(0)?.terminate()
  socket.write('echo second\n')
  expect(await answerOf(socket, 'second\n')).toBe('second\n')
})

test('frames: half a value dies with its worker, and is never taken for commands', async () => {
  const server = await openServer({ handOff: 'frames', workers: 1 })
  const half = await server.connect()
  const other = await server.connect()
  half.write('data 100\necho stray\n')
  other.write('echo here\n')
  await answerOf(other, 'here\n')
  await sleep(50)
  await server.thread.workerAt(0)?.terminate()
  half.write('echo stray\n')
  expect(await answerOf(half)).toBe('')
  other.write('echo still here\n')
  expect(await answerOf(other, 'here\n')).toBe('still here\n')
})

test.each(
  HAND_OFFS,
)('%s: a command that kills its worker costs its connection', async (handOff) => {
  const server = await openServer({ handOff, workers: 1 })
  for (let n = 0; n < 3; n++) {
    const socket = await server.connect()
    socket.write(`echo ${n}\n`)
    expect(await answerOf(socket, '\n')).toBe(`${n}\n`)
    socket.write('die\necho lost\n')
    expect(await answerOf(socket)).toBe('')
    expect(await eventually(() => server.thread.replacedWorkers === n + 1)).toBe(true)
  }
  expect(await eventually(() => server.thread.openConnections === 0)).toBe(true)
})
