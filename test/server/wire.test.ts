/**
 * Wires: both ways to read a socket, the order of what is written directly and through the stream,
 * and descriptors that are used again by others.
 */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Wire, type WireOwner } from '../../src/server/wire.ts'
import { eventually, randomFrom } from './open-server.ts'

interface Inner {
  _handle: { fd: number; useUserBuffer: unknown }
}

class Listener implements WireOwner {
  text = ''
  events: string[] = []
  bytes(source: Buffer, length: number): void {
    this.text += source.toString('latin1', 0, length)
  }
  ended(): void {
    this.events.push('ended')
  }
  wrote(): void {
    this.events.push('wrote')
  }
  failed(): void {
    this.events.push('failed')
  }
  closed(): void {
    this.events.push('closed')
  }
}

let server: Server | undefined
afterEach(() => {
  server?.close()
})

/** A pair: the client's socket, and the wire at the server's end. */
async function pair(hidesHandle: boolean) {
  server?.close()
  server = createServer({ pauseOnConnect: true, allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [accepted] = (await once(server, 'connection')) as [Socket]
  const { _handle: handle } = accepted as never as Inner
  if (hidesHandle) handle.useUserBuffer = undefined
  const owner = new Listener()
  return { client, owner, wire: new Wire(accepted, owner), isOwn: accepted, fd: handle.fd }
}

describe.each([
  ['a handle wrapped again', false],
  ["'data' events where that cannot be", true],
] as const)('%s', (_name, hidesHandle) => {
  test('a connection that is reset has failed, then is closed', async () => {
    const { client, owner, wire } = await pair(hidesHandle)
    wire.resume()
    client.resetAndDestroy()
    expect(await eventually(() => owner.events.includes('closed'))).toBe(true)
    expect(owner.events).toEqual(['failed', 'closed'])
  })

  test('reads, writes and ends', async () => {
    const { client, owner, wire, isOwn } = await pair(hidesHandle)
    expect(wire.socket === isOwn).toBe(hidesHandle)
    client.write('before it reads')
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(owner.text).toBe('')
    wire.resume()
    expect(await eventually(() => owner.text === 'before it reads')).toBe(true)
    wire.pause()
    client.write(', paused')
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(owner.text).toBe('before it reads')
    wire.resume()
    expect(await eventually(() => owner.text === 'before it reads, paused')).toBe(true)
    let heard = ''
    client.on('data', (chunk) => (heard += chunk))
    wire.write(Buffer.from('--answer--'), 2, 8)
    wire.end()
    wire.write(Buffer.from('too late'), 0, 8)
    await once(client, 'end')
    expect(heard).toBe('answer')
    expect(await eventually(() => owner.events.includes('closed'))).toBe(true)
  })

  test('keeps the order when the client reads late', async () => {
    const { client, wire } = await pair(hidesHandle)
    client.pause()
    const pieces: Buffer[] = []
    const scratch = Buffer.alloc(100_000)
    for (let n = 0; n < 200; n++) {
      scratch.fill(`${n},`)
      const length = 1 + ((n * 7919) % scratch.length)
      pieces.push(Buffer.from(scratch.subarray(0, length)))
      wire.write(scratch, 0, length) // the scratch is used again at once
    }
    expect(wire.unwritten).toBeGreaterThan(0)
    const expected = Buffer.concat(pieces)
    const chunks: Buffer[] = []
    client.on('data', (chunk) => chunks.push(chunk))
    client.resume()
    wire.end()
    await once(client, 'end')
    expect(Buffer.concat(chunks).equals(expected)).toBe(true)
  })

  test('keeps the order of small and large replies to who reads now and then', async () => {
    const { client, wire } = await pair(hidesHandle)
    const random = randomFrom(17)
    const scratch = Buffer.alloc(700_000)
    const pieces: Buffer[] = []
    const chunks: Buffer[] = []
    client.on('data', (chunk) => chunks.push(chunk))
    let waited = 0
    for (let n = 0; n < 600; n++) {
      const length = 1 + random(n % 5 === 0 ? scratch.length : 2000)
      scratch.fill(`${n},`, 0, length)
      pieces.push(Buffer.from(scratch.subarray(0, length)))
      wire.write(scratch, 0, length)
      if (n % 100 === 10) client.pause()
      if (n % 100 === 90) client.resume()
      if (n % 7 === 0) await new Promise((resolve) => setImmediate(resolve))
      if (wire.unwritten > 0) waited++
    }
    expect(waited).toBeGreaterThan(0)
    wire.end()
    client.resume()
    await once(client, 'end')
    expect(Buffer.concat(chunks).equals(Buffer.concat(pieces))).toBe(true)
    expect(wire.unwritten).toBe(0)
  })

  test('a half-close is heard once, and what is written still arrives', async () => {
    const { client, owner, wire } = await pair(hidesHandle)
    let heard = ''
    client.on('data', (chunk) => (heard += chunk))
    wire.resume()
    client.end('last words')
    expect(await eventually(() => owner.events.includes('ended'))).toBe(true)
    expect(owner.text).toBe('last words')
    wire.write(Buffer.from('answer'), 0, 6)
    wire.end()
    expect(await eventually(() => owner.events.includes('closed'))).toBe(true)
    expect(heard).toBe('answer')
    expect(owner.events.filter((event) => event !== 'wrote')).toEqual(['ended', 'closed'])
  })
})

test('no byte reaches a later connection that was given the same descriptor', async () => {
  const first = await pair(false)
  expect(first.fd).toBeGreaterThan(0)
  first.wire.destroy()
  const later: Awaited<ReturnType<typeof pair>>[] = []
  for (let n = 0; n < 4; n++) later.push(await pair(false))
  const heard = later.map(() => '')
  for (const [n, { client }] of later.entries()) client.on('data', (chunk) => (heard[n] += chunk))
  expect([...later.map(({ fd }) => fd), ...later.map(descriptorOfClient)]).toContain(first.fd)
  first.wire.write(Buffer.from('stray'), 0, 5)
  for (const { wire } of later) wire.write(Buffer.from('own'), 0, 3)
  await eventually(() => heard.every((text) => text.length >= 3))
  expect(heard).toEqual(later.map(() => 'own'))
})

test('a reset while something waits to be written closes the wire, and nothing else', async () => {
  const { client, owner, wire } = await pair(false)
  client.pause()
  const block = Buffer.alloc(1_000_000)
  for (let n = 0; n < 20; n++) wire.write(block, 0, block.length)
  wire.resume()
  client.resetAndDestroy()
  expect(await eventually(() => owner.events.includes('closed'))).toBe(true)
  wire.write(block, 0, block.length)
  expect(wire.isOpen).toBe(false)
  expect(owner.events.filter((event) => event === 'closed')).toHaveLength(1)
})

test('small replies that wait cost little more than their bytes', async () => {
  const { client, owner, wire } = await pair(false)
  client.pause()
  const block = Buffer.alloc(1_000_000)
  while (wire.unwritten === 0) wire.write(block, 0, block.length)
  const before = wire.unwritten
  const writes = vi.spyOn(wire.socket, 'write')
  const allocations = vi.spyOn(Buffer, 'allocUnsafeSlow')
  const count = 100_000
  for (let n = 0; n < count; n++) wire.write(Buffer.from('MN\r\n'), 0, 4)
  const bytes = allocations.mock.results.reduce((sum, { value }) => sum + value.length, 0)
  expect(allocations.mock.calls.length).toBeLessThan(10)
  expect(bytes).toBeLessThan(2.5 * 4 * count)
  allocations.mockRestore()
  expect(wire.unwritten).toBe(before + 4 * count)
  let text = ''
  client.on('data', (chunk) => (text = (text + chunk.toString('latin1')).slice(-4 * count)))
  client.resume()
  expect(await eventually(() => wire.unwritten === 0)).toBe(true)
  expect(owner.events).toContain('wrote')
  expect(writes.mock.calls.length).toBeLessThan(10)
  expect(await eventually(() => text === 'MN\r\n'.repeat(count))).toBe(true)
})

test('progress is what the client takes, not what waits for it', async () => {
  const { client, wire } = await pair(false)
  client.pause()
  expect(wire.noteProgress()).toBe(false)
  wire.write(Buffer.from('reply'), 0, 5)
  expect([wire.noteProgress(), wire.noteProgress()]).toEqual([true, false])
  const block = Buffer.alloc(30_000_000) // more than the system takes
  wire.write(block, 0, block.length)
  // Until the system takes no more.
  let still = 0
  expect(await eventually(() => (still = wire.noteProgress() ? 0 : still + 1) === 10)).toBe(true)
  wire.write(block, 0, 1000)
  expect(wire.noteProgress()).toBe(false)
  const { unwritten } = wire
  client.once('data', () => client.pause())
  let isTaken = false
  expect(
    await eventually(() => {
      client.resume()
      isTaken ||= wire.noteProgress()
      client.once('data', () => client.pause())
      return isTaken
    }),
  ).toBe(true)
  expect(wire.unwritten).toBe(unwritten) // within one write of the stream
})

function descriptorOfClient({ client }: { client: Socket }): number {
  return (client as never as Inner)._handle.fd
}
