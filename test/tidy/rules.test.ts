/**
 * Each rule is shown a file that breaks it and one that does not: a rule that cannot fail holds
 * nothing. Words that the rules look for are put together here, so that this file passes them too.
 */
import { describe, expect, test } from 'vitest'
import {
  atomicsProblems,
  importedBy,
  importProblems,
  invariantProblems,
  leftoverProblems,
  machineProblems,
  openingProblems,
  sizeProblems,
  withoutComments,
} from './rules.ts'

const file = (path: string, text: string) => ({ path, text })

describe('imports', () => {
  test('all forms are read, comments are not', () => {
    const text = [
      `import { a } from './a.ts'`,
      `import {`,
      `  b,`,
      `} from './b.ts'`,
      `import type { C } from './c.ts'`,
      `import './d.ts'`,
      `export * from './e.ts'`,
      `export { f } from "./f.ts"`,
      `const g = await import('./g.ts')`,
      `// import { x } from './x.ts'`,
      `/* import './y.ts' */`,
    ].join('\n')
    const found = importedBy(text).sort()
    expect(found).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `./${name}.ts`))
  })

  test.each([
    ['native-layout/page.ts', '../src/memory/hash.ts'],
    ['native-layout/page.ts', 'node:fs'],
    ['src/memory/hash.ts', '../engine/engine.ts'],
    ['src/memory/hash.ts', './atomics.ts'],
    ['src/engine/eviction/clock.ts', '../../../workers/maintain.ts'],
    ['src/engine/engine.ts', '../index.ts'],
    ['src/engine/engine.ts', 'lru-cache'],
    ['src/engine/engine.ts', 'piscina'],
    ['src/load/pool.ts', 'lru-cache'],
    ['src/load/pool.ts', '../engine/engine.ts'],
    ['src/charts/svg.ts', '../load/findings.ts'],
    ['src/server/listen.ts', '../load/pool.ts'],
    ['src/protocols/redis/parse.ts', '../../memory/slot.ts'],
    ['src/protocols/redis/parse.ts', '../../server/listen.ts'],
    ['src/index.ts', './memory/slot.ts'],
    ['workers/maintain.ts', '../src/memory/slot.ts'],
    ['workers/maintain.ts', '../test/support/x.ts'],
  ])('%s may not import %s', (path, specifier) => {
    expect(importProblems(file(path, `import { x } from '${specifier}'\n`))).toHaveLength(1)
    expect(importProblems(file(path, `export type { X } from '${specifier}'\n`))).toHaveLength(1)
  })

  test.each([
    ['native-layout/page.ts', './units.ts'],
    ['src/memory/hash.ts', '../../native-layout/page.ts'],
    ['src/memory/hash.ts', '#atomics'],
    ['src/engine/engine.ts', '../memory/slot.ts'],
    ['src/engine/engine.ts', 'node:worker_threads'],
    ['src/index.ts', './engine/engine.ts'],
    ['workers/maintain.ts', '../src/engine/expiry.ts'],
    ['test/engine/get.test.ts', '../../src/memory/slot.ts'],
    ['bench/run.ts', 'lru-cache'],
    ['src/load/pool.ts', 'piscina'],
    ['src/cli/bench.ts', '../load/bench.ts'],
    ['src/load/bench.ts', '../charts/page.ts'],
    ['workers/load.ts', '../src/load/thread.ts'],
  ])('%s may import %s', (path, specifier) => {
    expect(importProblems(file(path, `import { x } from '${specifier}'\n`))).toEqual([])
  })
})

describe('atomics', () => {
  test('a use outside the seam is found, a mention in a comment is not', () => {
    const use = `const seen = Atomics.load(words, 0)\n`
    expect(atomicsProblems(file('src/memory/slot.ts', use))).toHaveLength(1)
    expect(atomicsProblems(file('workers/maintain.ts', `const { load } = Atomics\n`))).toHaveLength(
      1,
    )
    expect(atomicsProblems(file('src/memory/atomics.ts', use))).toEqual([])
    expect(atomicsProblems(file('src/server/words.ts', use))).toEqual([])
    expect(atomicsProblems(file('src/server/ring.ts', use))).toHaveLength(1)
    expect(atomicsProblems(file('src/memory/slot.ts', `// Atomics.load\n`))).toEqual([])
    expect(atomicsProblems(file('test/memory/slot.test.ts', use))).toEqual([])
  })

  test('waiting is found even in the seam', () => {
    const waits = `Atomics.wait(words, 0, 0)\n`
    expect(atomicsProblems(file('src/memory/atomics.ts', waits))).toHaveLength(1)
    expect(atomicsProblems(file('src/server/worker.ts', waits))).not.toEqual([])
    expect(atomicsProblems(file('src/server/words.ts', waits))).toEqual([])
    expect(atomicsProblems(file('src/memory/atomics.ts', `Atomics.waitAsync(w, 0, 0)\n`))).toEqual(
      [],
    )
  })

  test('comments are taken out, strings are not', () => {
    expect(withoutComments(`a /* b\nc */ d // e\n'//f'`)).toBe(`a     \n     d     \n'//f'`)
  })
})

describe('sizes', () => {
  const body = (lines: number) => Array.from({ length: lines }, () => '  step()').join('\n')

  test('a long file and a long line are found', () => {
    expect(sizeProblems(file('src/a.ts', 'a\n'.repeat(301)))).toHaveLength(1)
    expect(sizeProblems(file('src/a.ts', 'a\n'.repeat(300)))).toEqual([])
    expect(sizeProblems(file('src/a.ts', `ok\n${'x'.repeat(101)}\n`))[0]).toContain('src/a.ts:2 ')
    expect(sizeProblems(file('src/a.ts', `${'x'.repeat(100)}\n`))).toEqual([])
  })

  test('a long function is found, in each way of writing one', () => {
    const heads = [
      'export function f(a: number): void {',
      'async function f() {',
      'export function f(\n  a: number,\n): void {',
    ]
    for (const head of heads) {
      expect(sizeProblems(file('src/a.ts', `${head}\n${body(75)}\n}\n`))).toHaveLength(1)
      expect(sizeProblems(file('src/a.ts', `${head}\n${body(60)}\n}\n`))).toEqual([])
    }
    const inClass = `class A {\n  f(): void {\n${body(75).replace(/^/gm, '  ')}\n  }\n}\n`
    expect(sizeProblems(file('src/a.ts', inClass))).toHaveLength(1)
  })
})

describe('words', () => {
  test('a file without an opening comment is found', () => {
    expect(
      openingProblems(file('src/a.ts', `import './b.ts'\n/** What it is, in words. */\n`)),
    ).toHaveLength(1)
    expect(openingProblems(file('src/a.ts', `/** */\n`))).toHaveLength(1)
    expect(openingProblems(file('src/a.ts', `/* Not a doc comment, but long */\n`))).toHaveLength(1)
    expect(openingProblems(file('src/a.ts', `#!/bin/x\n/** What it is, in words. */\n`))).toEqual(
      [],
    )
  })

  test.each([
    '// TO' + 'DO: later',
    '// FIX' + 'ME',
    'test.on' + 'ly("x", f)',
    'describe.sk' + 'ip.each(rows)',
    'it.to' + 'do("x")',
    'conso' + 'le.log(x)',
    'debug' + 'ger',
    '// @ts-ig' + 'nore',
  ])('leftover %s is found', (text) => {
    expect(leftoverProblems(file('src/a.ts', `ok\n${text}\n`))).toHaveLength(1)
    expect(leftoverProblems(file('src/a.ts', `ok\n${text}\n`))[0]).toContain('src/a.ts:2 ')
  })

  test('a benchmark may print, and a stream may skip', () => {
    expect(leftoverProblems(file('bench/run.ts', 'conso' + 'le.log(x)\n'))).toEqual([])
    expect(leftoverProblems(file('src/a.ts', 'if (reader.skip) next()\n'))).toEqual([])
  })

  test('an invariant without a definition is found', () => {
    const cites = [file('src/memory/slot.ts', '// keeps I-PUBLISH-LAST\n')]
    const defines = [file('src/memory/README.md', '**I-PUBLISH-LAST** A slot is written last.\n')]
    const mentions = [file('src/memory/README.md', 'as I-PUBLISH-LAST says\n')]
    expect(invariantProblems(cites, defines)).toEqual([])
    expect(invariantProblems(cites, mentions)).toHaveLength(1)
    expect(invariantProblems(cites, [])).toHaveLength(1)
  })

  test('a folder of one machine is found', () => {
    expect(machineProblems(file('docs/a.md', 'see /ho' + 'me/ann/notes\n'))).toHaveLength(1)
    expect(machineProblems(file('docs/a.md', 'see /usr/bin/node and a/work/b\n'))).toEqual([])
  })
})
