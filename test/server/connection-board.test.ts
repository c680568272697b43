/**
 * The board's counts, whoever is interrupted where: a thread may die before any access to a shared
 * word, and another thread may do a whole call there. The seam to these words is wrapped to say so.
 */
import { Worker } from 'node:worker_threads'
import { describe, expect, test, vi } from 'vitest'
import { ConnectionBoard } from '../../src/server/connection-board.ts'

/** Called before the access with this number. */
const interruption = vi.hoisted(() => ({ at: -1, run: () => {} }))

vi.mock(import('../../src/server/words.ts'), async (original) => {
  const words = await original()
  const wrapped = <Access extends (...given: never[]) => unknown>(access: Access) =>
    ((...given) => {
      if (interruption.at-- === 0) interruption.run()
      return access(...given)
    }) as Access
  const { load, store, add, swap } = words
  return {
    ...words,
    load: wrapped(load),
    store: wrapped(store),
    add: wrapped(add),
    swap: wrapped(swap),
  }
})

/** A close looks at twenty places, and again at twenty to sum them up. */
const MOST_ACCESSES = 70
const KINDS = 5

function boards() {
  const acceptor = new ConnectionBoard(ConnectionBoard.create(64))
  return { acceptor, worker: new ConnectionBoard(acceptor.memory) }
}

/** Runs `call`, and `run` in the midst of it. */
function interrupt(at: number, call: () => void, run: () => void): void {
  interruption.at = at
  interruption.run = run
  try {
    call()
  } finally {
    interruption.at = -1
  }
}

class Death extends Error {}

function dieAt(at: number, call: () => void): void {
  try {
    interrupt(at, call, () => {
      throw new Death()
    })
  } catch (error) {
    if (!(error instanceof Death)) throw error
  }
}

/** Nothing is open or watched, and as many may watch as ever. */
function expectEmpty(board: ConnectionBoard, message: string): void {
  expect([board.openCount, board.loadOf(0), board.watchedKinds], message).toEqual([0, 0, 0])
  const slots = Array.from({ length: 21 }, () => board.claim(0, 'x', 0, false))
  expect(
    slots.filter((slot) => board.watch(slot, KINDS)),
    message,
  ).toHaveLength(20)
  for (const slot of slots) board.release(slot)
  expect([board.openCount, board.watchedKinds], message).toEqual([0, 0])
}

describe.each(Array.from({ length: MOST_ACCESSES }, (_, at) => at))('at access %i', (at) => {
  test('a worker dies that closes a connection of its own', () => {
    const { acceptor, worker } = boards()
    const slot = acceptor.claim(0, 'x', 0, true)
    const other = acceptor.claim(0, 'by a unix socket', 0, false)
    worker.watch(slot, KINDS)
    dieAt(at, () => worker.close(slot))
    acceptor.releaseHandedTo(0)
    expect([acceptor.openCount, acceptor.loadOf(0)]).toEqual([1, 1])
    acceptor.release(other)
    expectEmpty(acceptor, 'after its death')
  })

  test('a worker dies that lets a connection watch', () => {
    for (const isHandedOver of [true, false]) {
      const { acceptor, worker } = boards()
      const slot = acceptor.claim(0, 'x', 0, isHandedOver)
      worker.watch(slot, KINDS)
      dieAt(at, () => worker.watch(slot, KINDS))
      acceptor.releaseHandedTo(0)
      if (!isHandedOver) acceptor.release(slot)
      expectEmpty(acceptor, 'after its death')
    }
  })

  test('both threads take back what a connection watches', () => {
    for (const isReleased of [false, true]) {
      const { acceptor, worker } = boards()
      const slot = acceptor.claim(0, 'x', 0, false)
      worker.watch(slot, KINDS)
      const close = () => (isReleased ? acceptor.release(slot) : acceptor.close(slot))
      interrupt(at, close, () => worker.watch(slot, 0))
      acceptor.release(slot)
      expectEmpty(acceptor, 'the worker within the acceptor')
      const again = acceptor.claim(0, 'x', 0, false)
      worker.watch(again, KINDS)
      interrupt(
        at,
        () => worker.watch(again, 0),
        () => acceptor.close(again),
      )
      acceptor.release(again)
      expectEmpty(acceptor, 'the acceptor within the worker')
    }
  })

  test('a connection is closed while it begins to watch', () => {
    const { acceptor, worker } = boards()
    const slot = acceptor.claim(0, 'x', 0, false)
    let isClosed = false
    interrupt(
      at,
      () => worker.watch(slot, KINDS),
      () => {
        acceptor.close(slot)
        isClosed = true
      },
    )
    if (!isClosed) acceptor.close(slot)
    expect([acceptor.watchedKinds, acceptor.kindsOf(slot)]).toEqual([0, 0])
    acceptor.release(slot)
    expectEmpty(acceptor, 'afterwards')
  })
})

test('who is closed cannot begin to watch', () => {
  const { acceptor, worker } = boards()
  const slot = acceptor.claim(0, 'x', 0, false)
  acceptor.close(slot)
  expect(worker.watch(slot, KINDS)).toBe(false)
  expectEmpty(acceptor, 'afterwards')
})

const ROUNDS = 4000
/** The worker of the race: stops watching whenever the word of turns moves. */
const OPPONENT = `
const { parentPort, workerData } = require('node:worker_threads')
import(workerData.module).then(({ ConnectionBoard }) => {
  const board = new ConnectionBoard(workerData.memory)
  const turns = new Int32Array(workerData.turns)
  for (let round = 1; round <= workerData.rounds; round++) {
    while (Atomics.load(turns, 0) < round);
    board.watch(Atomics.load(turns, 2), 0)
    Atomics.store(turns, 1, round)
  }
})
`

test('both threads at once, over and over', async () => {
  const { acceptor } = boards()
  const turns = new Int32Array(new SharedArrayBuffer(16))
  const module = new URL('../../src/server/connection-board.ts', import.meta.url).href
  const workerData = { module, memory: acceptor.memory, turns: turns.buffer, rounds: ROUNDS }
  const opponent = new Worker(OPPONENT, { eval: true, execArgv: [], workerData })
  const ended = new Promise((resolve) => opponent.once('exit', resolve))
  for (let round = 1; round <= ROUNDS; round++) {
    const until = performance.now() + 20_000
    const slot = acceptor.claim(0, 'x', 0, false)
    acceptor.watch(slot, KINDS)
    Atomics.store(turns, 2, slot)
    Atomics.store(turns, 0, round)
    acceptor.close(slot)
    while (Atomics.load(turns, 1) < round) {
      if (performance.now() > until) throw new Error(`the other thread is stuck in ${round}`)
    }
    acceptor.release(slot)
  }
  await ended
  expectEmpty(acceptor, 'afterwards')
})
