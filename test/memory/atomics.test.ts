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
): Promise<{ close: string[]; end: string[]; write: string[] }> {
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
  expect(seam.closeReads(words, 1, 0)).toBe(0)
  words[1] = 7
  expect(seam.closeReads(words, 1, 0)).toBe(7)
  const close = calls.splice(0)
  seam.closeOperation(words, 1)
  const end = calls.splice(0)
  seam.closeWrites(words, 2, 5)
  expect([...words]).toEqual([0, 7, 5, 0])
  vi.restoreAllMocks()
  return { close, end, write: calls }
}

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
