/**
 * The same inputs to a running server, over sockets: clients that send them in pieces, close in the
 * middle or read nothing; beside them one that behaves, which must be answered truly and in time.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createEngine } from '../../src/index.ts'
import { serve } from '../../src/server/serve.ts'
import { portOf, RawClient, request } from '../protocols/http/raw-client.ts'
import { HttpGrammar } from './http-grammar.ts'
import { Random } from './random.ts'

const CLIENTS = 12
const LONGEST_ANSWER_MS = 10_000

export interface LiveReport {
  readonly connections: number
  readonly answers: number
  readonly findings: readonly string[]
}

export async function fuzzLive(
  handOff: 'frames' | 'sockets',
  seed: number,
  isOver: (connections: number, answers: number) => boolean,
): Promise<LiveReport> {
  const engine = createEngine({ name: `http-live-${handOff}-${seed}`, memory: '16mb' })
  const server = await serve(engine, { httpPort: 0, workers: 2, handOff, maxConnections: 100 })
  const port = portOf(server.httpAddresses[0]!)
  const findings: string[] = []
  let connections = 0
  let answers = 0
  const mayGoOn = () => findings.length === 0 && !isOver(connections, answers)
  const misbehave = async (id: number) => {
    const random = new Random(seed * 100 + id)
    const grammar = new HttpGrammar(random)
    while (mayGoOn()) {
      connections++
      await attack(port, grammar.next(), random)
    }
  }
  const behave = async () => {
    let client = await RawClient.to(port)
    for (let n = 0; mayGoOn(); n++) {
      const value = `value ${n} ${'x'.repeat(n % 5000)}`
      const begun = performance.now()
      try {
        const put = await client.ask(request('PUT', '/cache/good?space=good', {}, value))
        const got = await client.ask(request('GET', '/cache/good?space=good'))
        const isRight = [201, 204].includes(put.status) && [200, 404].includes(got.status)
        // Others may empty the cache, and nothing else.
        const isSame = got.status === 404 || got.body.toString() === value
        if (!isRight || !isSame) findings.push(`answered ${put.status}, ${got.status}: ${got.body}`)
      } catch (error) {
        findings.push(`the client that behaves: ${(error as Error).message}`)
      }
      const took = performance.now() - begun
      if (took > LONGEST_ANSWER_MS) findings.push(`an answer took ${Math.round(took)} ms`)
      answers += 2
      if (n % 50 === 49) {
        client.socket.destroy()
        client = await RawClient.to(port)
      }
      await sleep(1)
    }
    client.socket.destroy()
  }
  await Promise.all([behave(), ...Array.from({ length: CLIENTS }, (_, id) => misbehave(id))])
  findings.push(...(await leftOver(port)), ...engine.verify().problems)
  await server.close()
  engine.close()
  return { connections, answers, findings }
}

/** One connection: the input in pieces, then some patience. */
async function attack(port: number, input: Buffer, random: Random): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: random.once(2) })
  socket.on('error', () => {})
  const closed = once(socket, 'close').catch(() => {})
  if (!random.once(8)) socket.resume()
  const cuts = [...random.cuts(input.length, random.one([0, 3, 30])), input.length]
  for (const [index, to] of cuts.entries()) {
    if (socket.destroyed) break
    socket.write(input.subarray(cuts[index - 1] ?? 0, to))
    if (random.once(3)) await sleep(0)
  }
  if (random.once(3)) socket.destroy()
  else if (random.once(2)) socket.end()
  await Promise.race([closed, sleep(random.below(30))])
  socket.destroy()
  await closed
}

/** All the others have gone: the server must see that. */
async function leftOver(port: number): Promise<string[]> {
  const client = await RawClient.to(port)
  let connected = 0
  for (let tries = 0; tries < 400; tries++) {
    const { body } = await client.ask(request('GET', '/metrics'))
    connected = Number(
      /^heddle_connections\{[^}]*http[^}]*\} ([0-9]+)$/m.exec(body.toString())?.[1],
    )
    if (connected === 1) break
    await sleep(50)
  }
  client.socket.destroy()
  return connected === 1 ? [] : [`${connected} connections are counted where one is open`]
}
