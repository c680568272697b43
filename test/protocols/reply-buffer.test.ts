/** Where replies are written: numbers of every length, and room that grows. */
import { expect, test } from 'vitest'
import { ReplyBuffer } from '../../src/protocols/reply-buffer.ts'

const TEXT_BYTES = 100_000

test('numbers are what String says they are', () => {
  const out = new ReplyBuffer()
  const numbers = [0, 9, 10, 99, 100, 12_345, 999_999, 1_000_000, 2 ** 32, 2 ** 53]
  for (const number of numbers) {
    out.number(number)
    out.text(' ')
  }
  const written = out.bytes.toString('latin1', 0, out.length)
  expect(written).toBe(`${numbers.map(String).join(' ')} `)
})

test('what was written stays when there is no room for more', () => {
  const out = new ReplyBuffer()
  out.text('x'.repeat(TEXT_BYTES))
  while (out.bytes.length - out.length > 2) out.text('.')
  const before = out.length
  out.number(123_456)
  expect(out.bytes.toString('latin1', before - 1, out.length)).toBe('.123456')
  expect(out.bytes.toString('latin1', 0, TEXT_BYTES)).toBe('x'.repeat(TEXT_BYTES))
})
