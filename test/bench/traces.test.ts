/**
 * The trace reader: each of its six formats on a few hand-made requests, and the carried trace
 * against the counts that its origin states.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { CARRIED_TRACE } from '../../bench/traces/catalog.ts'
import { formatOf, parseTrace, readTrace, traceName } from '../../src/load/trace-reader.ts'

function integers(width: 4 | 8, values: readonly (number | bigint)[]): Buffer {
  const bytes = Buffer.alloc(width * values.length)
  for (const [index, value] of values.entries()) {
    if (width === 4) bytes.writeInt32BE(Number(value), index * width)
    else bytes.writeBigInt64BE(BigInt(value), index * width)
  }
  return bytes
}

describe('the carried trace', () => {
  test('web12 has the requests and unique keys that its origin states', () => {
    const trace = readTrace(CARRIED_TRACE)
    expect(trace.name).toBe('web12')
    expect(trace.requests.length).toBe(95_607)
    expect(trace.keys.length).toBe(13_756)
    expect(new Set(trace.requests).size).toBe(13_756)
  })
})

describe('formats', () => {
  test('int32 reads negative and positive integers in big-endian order', () => {
    const trace = parseTrace('t', 'int32', integers(4, [7, -1, 7, 2 ** 31 - 1]))
    expect(trace.keys).toEqual(['7', '-1', '2147483647'])
    expect([...trace.requests]).toEqual([0, 1, 0, 2])
  })

  test('int64 keeps keys apart that a double cannot', () => {
    const large = 2n ** 60n
    const trace = parseTrace('t', 'int64', integers(8, [large, large + 1n, 5n, large]))
    expect(trace.keys).toEqual([String(large), String(large + 1n), '5'])
    expect([...trace.requests]).toEqual([0, 1, 2, 0])
  })

  test('text and token take the first token, and skip empty lines', () => {
    const bytes = Buffer.from('a.example 17\n\nb.example\r\na.example 18\n')
    expect(parseTrace('t', 'token', bytes).keys).toEqual(['a.example', 'b.example'])
    expect([...parseTrace('t', 'text', Buffer.from('3\n4\n3')).requests]).toEqual([0, 1, 0])
  })

  test('sized takes the bytes of a value where they are, the last that were said', () => {
    const bytes = Buffer.from('a 10\nb\nb,7\na 12 x\nc\n')
    const trace = parseTrace('t', 'sized', bytes)
    expect(trace.keys).toEqual(['a', 'b', 'c'])
    expect([...trace.requests]).toEqual([0, 1, 1, 0, 2])
    expect([...(trace.valueBytes ?? [])]).toEqual([12, 7, -1])
    for (const bad of ['a ten', 'a -2', 'a 1.5', 'a 99999999999']) {
      expect(() => parseTrace('t', 'sized', Buffer.from(`x 1\n${bad}`))).toThrow(/request 2, "a/)
    }
  })

  test('arc expands a range into its keys', () => {
    const trace = parseTrace('t', 'arc', Buffer.from('10 3 0 0\n11 1 0 1\n'))
    expect(trace.keys).toEqual(['10', '11', '12'])
    expect([...trace.requests]).toEqual([0, 1, 2, 1])
  })

  test('a file cut within a request and a line that is no range are refused', () => {
    expect(() => parseTrace('cut', 'int32', Buffer.alloc(6))).toThrow(/6 bytes are no multiple/)
    expect(() => parseTrace('bad', 'arc', Buffer.from('ten 3 0 0\n'))).toThrow(/start count/)
  })

  test('more requests than the first buffer holds', () => {
    const values = Array.from({ length: 70_000 }, (_, at) => at % 100)
    const trace = parseTrace('t', 'int32', integers(4, values))
    expect(trace.requests.length).toBe(70_000)
    expect(trace.requests[69_999]).toBe(99)
  })
})

describe('files', () => {
  test('the name decides the format, gzipped or not', () => {
    expect(traceName('some/where/orm-busy.trace.gz')).toBe('orm-busy')
    expect(formatOf('domains.txt.gz')).toBe('token')
    expect(formatOf('P14.lis')).toBe('arc')
    expect(formatOf('README.md')).toBeUndefined()
  })

  test('a plain and a gzipped file give the same trace', () => {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-traces-'))
    try {
      const bytes = integers(4, [1, 2, 1])
      writeFileSync(join(folder, 'web12.trace'), bytes)
      writeFileSync(join(folder, 'web12.trace.gz'), gzipSync(bytes))
      const plain = readTrace(join(folder, 'web12.trace'))
      expect(readTrace(join(folder, 'web12.trace.gz'))).toEqual(plain)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
