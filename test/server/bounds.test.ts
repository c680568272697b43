/**
 * What clients cost that do not behave: bounded memory, no descriptor for long, and nobody else's
 * time.
 */
import { readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { CheckedClient } from './checked-client.ts'
import { answerOf, eventually, HAND_OFFS, openServer, randomFrom } from './open-server.ts'

const MIB = 1024 * 1024

function descriptors(): number {
  return readdirSync('/proc/self/fd').length
}

/** Opens a connection, sends something and drops it, in one of three ways. */
function touchAndGo(port: number, number: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write(number % 2 === 0 ? 'echo here\n' : 'data 1000\nhalf a value')
      if (number % 3 === 0) socket.resetAndDestroy()
      else if (number % 3 === 1) socket.end(() => socket.destroy())
      else setTimeout(() => socket.destroy(), 1)
    })
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.resume()
  })
}

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('a client that never reads costs bounded memory, and nobody waits for it', async () => {
    const server = await openServer({ handOff, workers: 1 })
    const lazy: Socket[] = []
    const rss = process.memoryUsage().rss
    for (let n = 0; n < 4; n++) {
      const socket = await server.connect()
      socket.pause()
      socket.write('big 100000 10000\necho last\n') // 1 GB of replies
      lazy.push(socket)
    }
    const other = new CheckedClient(await server.connect(), 'other', randomFrom(3))
    for (let round = 0; round < 40; round++) {
      other.send(10)
      await sleep(25)
    }
    await eventually(() => other.waiting === 0)
    expect([other.fault, other.waiting, other.isClosed]).toEqual([undefined, 0, false])
    // Per client: 1.25 MiB and a turn in the server, as much again while it is copied, and what the
    // client's own socket buffers in this same process.
    expect(process.memoryUsage().rss - rss).toBeLessThan(120 * MIB)
    expect(lazy.every((socket) => !socket.destroyed)).toBe(true)
  })

  test('a slow client that reads in the end gets everything', async () => {
    const server = await openServer({ handOff, workers: 1 })
    const socket = await server.connect()
    socket.pause()
    socket.write('big 50000 400\necho last\nquit\n')
    await sleep(300)
    let bytes = 0
    let tail = ''
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      tail = (tail + chunk.toString('latin1')).slice(-20)
    })
    socket.resume()
    expect(await eventually(() => socket.destroyed || socket.readableEnded, 20_000)).toBe(true)
    const numbers = Array.from({ length: 400 }, (_, n) => String(n).length)
    const expected = numbers.reduce((sum, digits) => sum + digits + 50_002, 0) + 'last\n'.length
    expect([bytes, tail.slice(-6)]).toEqual([expected, '\nlast\n'])
  })

  test('a client that writes without end and never reads is not read either', async () => {
    const server = await openServer({ handOff, workers: 1 })
    const socket = await server.connect()
    socket.pause()
    const line = Buffer.from(`echo ${'y'.repeat(1000)}\n`.repeat(64))
    for (let n = 0; n < 2000; n++) socket.write(line)
    const taken = () => socket.bytesWritten - socket.writableLength
    let before = -MIB
    for (let looks = 0; looks < 40 && taken() - before >= MIB; looks++) {
      before = taken()
      await sleep(500)
    }
    expect(taken() - before).toBeLessThan(MIB)
    expect(socket.writableLength).toBeGreaterThan(50 * MIB)
  })

  test('2,000 connections opened and dropped leave nothing', async () => {
    const server = await openServer({ handOff })
    const round = async (count: number) => {
      for (let n = 0; n < count; n += 50) {
        await Promise.all(Array.from({ length: 50 }, (_, i) => touchAndGo(server.port, n + i)))
      }
      await eventually(() => server.thread.openConnections === 0)
    }
    await round(500)
    await sleep(100)
    const before = { files: descriptors(), rss: process.memoryUsage().rss }
    await round(2000)
    expect(server.thread.openConnections).toBe(0)
    expect(await eventually(() => descriptors() <= before.files + 2)).toBe(true)
    expect(process.memoryUsage().rss - before.rss).toBeLessThan(40 * MIB)
    const socket = await server.connect()
    socket.write('echo still here\n')
    expect(await answerOf(socket, '\n')).toBe('still here\n')
  })

  test('one connection too many is told so; there is room again when one has gone', async () => {
    const server = await openServer({ handOff, maxConnections: 3 })
    const first = [await server.connect(), await server.connect(), await server.connect()]
    for (const socket of first) {
      socket.write('echo in\n')
      expect(await answerOf(socket, '\n')).toBe('in\n')
    }
    expect(await answerOf(await server.connect())).toBe('ERROR Too many open connections\r\n')
    first[0]!.destroy()
    expect(await eventually(() => server.thread.openConnections === 2)).toBe(true)
    const again = await server.connect()
    again.write('echo again\n')
    expect(await answerOf(again, '\n')).toBe('again\n')
  })

  test('who says nothing for too long is disconnected, who does is not', async () => {
    const server = await openServer({ handOff, idleTimeout: 2 })
    const idle = await server.connect()
    const busy = await server.connect()
    idle.resume()
    busy.resume()
    const talk = setInterval(() => busy.write('echo still here\n'), 200)
    expect(await eventually(() => idle.destroyed || idle.readableEnded, 15_000)).toBe(true)
    clearInterval(talk)
    expect(busy.destroyed || busy.readableEnded).toBe(false)
  })
})
