/**
 * The profile's table of categories: every file that a request can pass has its place in it, and no
 * rule is about nothing. And what perf and V8's profiler say, read and counted.
 */
import { readdirSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FILES, categoryOfFile, categoryOfNative } from '../../bench/profile/categories.ts'
import { categoryOfScript, categoryOfSyscall } from '../../bench/profile/categories.ts'
import { countStacks, stacksIn } from '../../bench/profile/perf.ts'
import { addProfile } from '../../bench/profile/v8.ts'
import type { V8Category } from '../../bench/profile/v8.ts'
import { drawStacks } from '../../src/charts/stacks.ts'

const root = resolve(import.meta.dirname, '../..')
/** Where no request passes: commands, clients, what draws and plans. */
const APART = /^src\/(?:cli|load|charts|plan|index\.ts)/

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !APART.test(path))
}
const hot = ['native-layout', 'src', 'workers'].flatMap(filesBelow)

describe('categories', () => {
  test('every file that a request can pass has one', () => {
    expect(hot.length).toBeGreaterThan(200)
    expect(hot.filter((path) => categoryOfFile(path) === undefined)).toEqual([])
  })

  test('no rule is about nothing', () => {
    const idle = FILES.filter(([pattern]) => !hot.some((path) => pattern.test(path)))
    expect(idle.map(String)).toEqual([])
    // Lists of names: each of them is a file.
    let named = 0
    for (const [pattern] of FILES) {
      const [, folder, names] = /^\^(src\S*?\/)\(\?:([\w|-]+)\)\\\.ts\$$/.exec(pattern.source) ?? []
      for (const name of names?.split('|') ?? []) {
        named++
        expect(hot).toContain(`${folder!.replaceAll('\\', '')}${name}.ts`)
      }
    }
    expect(named).toBeGreaterThan(60)
  })

  test('addresses as V8 names them, native functions, system calls', () => {
    const of = (file: string, name = '') => categoryOfScript(`file:///some/where/${file}`, name)
    expect(of('src/memory/table.ts', 'findIn')).toBe('engine')
    expect(of('dist/src/memory/table.js')).toBe('engine')
    expect(of('src/protocols/memcached/line.ts')).toBe('parse')
    expect(of('src/protocols/memcached/retrieve.ts', 'readKey')).toBe('parse')
    expect(of('src/protocols/memcached/retrieve.ts', 'putValueLine')).toBe('reply')
    expect(categoryOfScript('node:internal/stream_base_commons', '')).toBe('event loop')
    expect(categoryOfScript('file:///else/where.js', '')).toBe('others')
    expect(categoryOfNative('__memmove_avx_unaligned_erms', 'libc.so.6')).toBe('copy')
    expect(categoryOfNative('uv__io_poll', 'node')).toBe('event loop')
    expect(categoryOfNative('dictFind', 'redis-server')).toBe('engine')
    expect(categoryOfNative('[unknown]', 'memcached')).toBe('code without names')
    expect(categoryOfNative('v8::internal::Invoke', 'node')).toBeUndefined()
    const calls = ['__x64_sys_read', '__x64_sys_writev', '__x64_sys_sendto', '__x64_sys_futex']
    expect(calls.map(categoryOfSyscall)).toEqual([
      ...['syscalls: read', 'syscalls: write', 'syscalls: write', 'syscalls: wait and others'],
    ])
  })
})

describe('perf', () => {
  const script = `24547
\t    7f64 JS:*'findIn file:///x/src/memory/table.ts:101:23 (/tmp/perf-1.map)
\t    7f65 JS:*'feed file:///x/src/protocols/memcached/connection.ts:85:7 (/tmp/perf-1.map)

24547
\tffff tcp_ack ([kernel.kallsyms])
\tffff __x64_sys_write ([kernel.kallsyms])
\t    7f66 __GI___libc_write (/usr/lib/libc.so.6)

24547
\t     163 Builtins_AtomicsLoad (/x/bin/node)
\t    7f65 JS:+'answer file:///x/src/protocols/memcached/retrieve.ts:74:16 (/tmp/perf-1.map)

24546
\t     164 v8::internal::(anonymous namespace)::Invoke (/x/bin/node)
\t     165 node::StreamBase::CallJSOnreadMethod (/x/bin/node)

24546
\t     166 std::_Hashtable<int>::find(int, void (*)(int)) (/x/bin/some)
`
  test('stacks are read, and count where they end', () => {
    const stacks = stacksIn(script)
    expect(stacks.map((frames) => frames.length)).toEqual([2, 3, 2, 2, 1])
    const { samples, byCategory, byFunction } = countStacks(stacks)
    expect(samples).toBe(5)
    expect(Object.fromEntries(byCategory)).toEqual({
      ...{ engine: 1, 'syscalls: write': 1, reply: 1, 'event loop': 1, others: 1 },
    })
    expect(byFunction.get('engine | findIn src/memory/table.ts')).toBe(1)
  })
})

test("V8's profile: time by category, without waiting and without the profiler itself", () => {
  const frame = (id: number, functionName: string, url = '') => ({
    ...{ id, callFrame: { functionName, url } },
  })
  const found = new Map<V8Category, number>()
  addProfile(found, {
    nodes: [
      frame(1, '(idle)'),
      frame(2, 'findIn', 'file:///x/src/memory/table.ts'),
      frame(3, '(program)'),
      frame(4, '(garbage collector)'),
      frame(5, 'post', 'node:inspector'),
    ],
    samples: [1, 2, 3, 2, 4, 5],
    timeDeltas: [100, 20, 30, 20, 5, 900],
  })
  const expected = { engine: 40, 'native code': 30, 'memory management': 5 }
  expect(Object.fromEntries(found)).toEqual(expected)
})

test('stacked bars: a rectangle for each part, its sum behind it', () => {
  const drawing = drawStacks({
    ...{ kind: 'stacks', title: 't', unit: 'us', parts: ['read', '<write>'] },
    stacks: [
      { label: 'a', values: [1, 3] },
      { label: 'b', values: [0, 2] },
    ],
  })
  expect(drawing.match(/<rect/g)?.length).toBe(2 + 4)
  expect(drawing).toContain('&lt;write&gt;: 3.00')
  expect(drawing).toContain('>4.00</text>')
  expect(drawing).not.toMatch(/NaN|undefined|https?:/)
})
