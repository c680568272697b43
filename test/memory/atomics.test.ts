/**
 * The seam on another processor: what closes plain reads is a read-modify-write there, and a word
 * that somebody else has changed is reported as it is. The processor is pretended.
 */
import { afterEach, expect, test, vi } from 'vitest'

const { arch } = process

afterEach(() => {
  Object.defineProperty(process, 'arch', { value: arch })
  vi.restoreAllMocks()
})

/** Names of the calls of Atomics that the seam makes on a processor. */
async function callsOn(
  processor: string,
): Promise<{ open: string[]; close: string[]; end: string[]; write: string[] }> {
  Object.defineProperty(process, 'arch', { value: processor })
  vi.resetModules()
  const seam = await import('../../src/memory/atomics.ts')
  const words = new Int32Array(new SharedArrayBuffer(16))
  const calls: string[] = []
  for (const name of ['load', 'store', 'add', 'compareExchange'] as const) {
    const real = Atomics[name] as (...given: unknown[]) => number
    const noted = (...given: unknown[]): number => {
      calls.push(name)
      return real(...given)
    }
    vi.spyOn(Atomics, name).mockImplementation(noted as never)
  }
  expect(seam.openReads(words, 1)).toBe(0)
  const open = calls.splice(0)
  expect(seam.closeReads(words, 1, 0)).toBe(0)
  words[1] = 7
  expect(seam.closeReads(words, 1, 0)).toBe(7)
  const close = calls.splice(0)
  seam.closeOperation(words, 1)
  const end = calls.splice(0)
  seam.closeWrites(words, 2, 5)
  expect([...words]).toEqual([0, 7, 5, 0])
  vi.restoreAllMocks()
  return { open, close, end, write: calls }
}

test('reads are opened by an atomic load where loads may pass loads', async () => {
  expect((await callsOn('arm64')).open).toEqual(['load'])
  expect((await callsOn('x64')).open).toEqual([])
})

test('reads are closed by an exchange where loads may pass loads', async () => {
  expect((await callsOn('arm64')).close).toEqual(['compareExchange', 'compareExchange'])
  expect((await callsOn('x64')).close).toEqual(['load', 'load'])
})

test('an operation ends with a barrier where loads may pass loads', async () => {
  expect((await callsOn('arm64')).end).toEqual(['add', 'load'])
  expect((await callsOn('x64')).end).toEqual([])
})

test('writes are closed by an atomic store where stores may pass stores', async () => {
  expect((await callsOn('arm64')).write).toEqual(['store'])
  expect((await callsOn('x64')).write).toEqual([])
})

test('copyOut copies so many bytes and no more, from any word to any place', async () => {
  const { copyOut } = await import('../../src/memory/atomics.ts')
  const words = new Int32Array(new SharedArrayBuffer(512), 8, 64)
  const bytes = new Uint8Array(words.buffer, 8, 256)
  for (let at = 0; at < bytes.length; at++) bytes[at] = 255 - at
  for (let length = 0; length <= 140; length++) {
    for (const [word, to] of [
      [0, 0],
      [3, 1],
      [20, 7],
    ] as const) {
      const target = new Uint8Array(160).fill(1)
      copyOut(words, word, target, to, length)
      const wanted = new Uint8Array(160).fill(1)
      wanted.set(bytes.subarray(word * 4, word * 4 + length), to)
      expect(target).toEqual(wanted)
    }
  }
})
