/** Sizes as text and numbers: what is accepted, what is refused and how the refusal reads. */
import { describe, expect, test } from 'vitest'
import { formatSize, GIB, KIB, MIB, parseSize } from '../../src/engine/sizes.ts'

describe('parseSize', () => {
  test.each([
    [0, 0],
    [1, 1],
    [2 ** 36, 2 ** 36],
    ['0b', 0],
    ['7b', 7],
    ['64kb', 64 * KIB],
    ['256mb', 256 * MIB],
    ['64gb', 64 * GIB],
    ['1.5kb', 1536],
    ['0.5mb', MIB / 2],
    ['16 MB', 16 * MIB],
    [' 2Gb ', 2 * GIB],
  ])('%j is %d bytes', (size, bytes) => {
    expect(parseSize('memory', size)).toBe(bytes)
  })

  test.each([
    '',
    'mb',
    '12',
    '-1mb',
    '1e3mb',
    '1tb',
    '1mib',
    '1 mb x',
    '1..5mb',
    '0x10kb',
    '1.0001kb',
    `${'9'.repeat(400)}mb`,
    '9007199254740993b',
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 53,
  ])('refuses %j by name', (size) => {
    expect(() => parseSize('feedBytes', size)).toThrow(
      expect.objectContaining({ code: 'HEDDLE_BAD_OPTION', field: 'feedBytes' }),
    )
  })

  test.each([[null], [true], [12n], [{}], [['1mb']]])('refuses the type of %o', (size) => {
    expect(() => parseSize('memory', size)).toThrow(
      expect.objectContaining({ code: 'HEDDLE_BAD_TYPE', field: 'memory' }),
    )
  })
})

test('formatSize is read back exactly by parseSize', () => {
  for (const bytes of [0, 1, 1023, 1024, 1025, 1536, 2 * MIB, 3 * MIB + 1, 1.25 * GIB, 64 * GIB]) {
    expect(parseSize('memory', formatSize(bytes))).toBe(bytes)
  }
  expect(formatSize(256 * MIB)).toBe('256mb')
})
