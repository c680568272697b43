/**
 * Workers that die under clients that speak TLS: with frames, where TLS ends in the accepting
 * thread, connections outlive them; with sockets theirs end. Either way every reply is right, the
 * successor has the certificate of the moment, and nothing is left of handshakes that were cut.
 */
import { connect as connectPlain } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { afterAll, expect, test } from 'vitest'
import { Certificates } from './certificates.ts'
import { CheckedClient } from './checked-client.ts'
import { eventually, HAND_OFFS, openServer, randomFrom, type TestServer } from './open-server.ts'

const certificates = new Certificates()
afterAll(() => certificates.remove())

const CLIENTS = 12
const KILLS = 6

/** After its handshake; one whose worker died meanwhile tries again. */
async function secure({ tlsPort }: TestServer): Promise<TLSSocket> {
  for (;;) {
    const socket = connect({ port: tlsPort, host: '127.0.0.1', rejectUnauthorized: false })
    socket.on('error', () => {})
    const isSecure = await new Promise((resolve) => {
      socket.once('secureConnect', () => resolve(true))
      socket.once('close', () => resolve(false))
    })
    if (isSecure) return socket
  }
}

test.each(HAND_OFFS)('%s', async (handOff) => {
  const files = certificates.deploy('server')
  const server = await openServer({ handOff, memcachedTlsPort: 0, ...files })
  const random = randomFrom(7)
  const quiet = await secure(server)
  const clients: CheckedClient[] = []
  let answered = 0
  let isOver = false
  const faults: string[] = []
  const retire = (client: CheckedClient) => {
    answered += client.answered
    if (client.fault !== undefined) faults.push(client.fault)
  }
  const load = async (index: number) => {
    while (!isOver) {
      const known = clients[index]
      if (known === undefined || known.isClosed) {
        if (known !== undefined) retire(known)
        clients[index] = new CheckedClient(await secure(server), `${index}`, random)
      } else if (known.waiting < 100) known.send(1 + random(10))
      await sleep(1 + random(4))
    }
  }
  const loads = Array.from({ length: CLIENTS }, (_, index) => load(index))
  certificates.deploy('server-2')
  server.thread.reload()
  for (let kill = 0; kill < KILLS; kill++) {
    const half = connectPlain(server.tlsPort, '127.0.0.1').on('error', () => {})
    half.write(Buffer.from([0x16, 3, 1, 2, 0]))
    await sleep(150)
    await eventually(() => server.thread.isServing(kill % 2))
    await server.thread.workerAt(kill % 2)?.terminate()
    half.destroy()
  }
  isOver = true
  await Promise.all(loads)
  await eventually(() => clients.every((each) => each.isClosed || each.waiting === 0), 10_000)
  for (const client of clients) retire(client)
  expect(faults).toEqual([])
  expect(answered).toBeGreaterThan(30)
  expect(quiet.destroyed || quiet.readableEnded).toBe(handOff === 'sockets')
  await eventually(() => server.thread.isServing(0) && server.thread.isServing(1))
  for (let n = 0; n < 4; n++) {
    const socket = await secure(server)
    expect(socket.getPeerCertificate().subject.CN).toBe('server-2')
    socket.destroy()
  }
  quiet.destroy()
  for (const { socket } of clients) socket.destroy()
  expect(await eventually(() => server.thread.openConnections === 0)).toBe(true)
})
