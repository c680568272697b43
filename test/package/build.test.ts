/**
 * What the build does to emitted text itself: worker URLs, imports in declarations, and names of
 * the import map, in all forms of writing them that the formatter and tsc leave.
 */
import { expect, test } from 'vitest'
import { defaultTargets, relativeTargets, rewriteEmitted } from '../../.ci/rewrite-emitted.ts'

const importMap = defaultTargets({
  '#atomics': { explore: './test/explore/atomics.ts', default: './src/memory/atomics.ts' },
})
const rewrite = (path: string, text: string) => rewriteEmitted(path, text, importMap)

test('worker URLs get the extension of what was emitted', () => {
  const source = [
    `new Worker(new URL('../../workers/maintain.ts', import.meta.url), options)`,
    `new URL("./a.ts", import.meta.url)`,
    `new URL(\n  './b.ts',\n  import.meta.url,\n)`,
  ].join('\n')
  const emitted = rewrite('src/engine/a.js', source)
  expect(emitted).toBe(source.replaceAll('.ts', '.js'))
  expect(relativeTargets(emitted)).toEqual(['../../workers/maintain.js', './a.js', './b.js'])
})

test('imports in declarations lead to the declaration beside the code', () => {
  const source = `export { a } from './a.ts'\nexport declare const b: import("../b.ts").B\n`
  expect(rewrite('src/index.d.ts', source)).toBe(source.replaceAll('.ts', '.js'))
  expect(rewrite('src/index.js', source)).toBe(source)
})

test('names of the import map become relative paths', () => {
  const source = `import { load } from '#atomics';\n`
  const from = (path: string) => relativeTargets(rewrite(path, source))
  expect(from('src/memory/slot.js')).toEqual(['./atomics.js'])
  expect(from('src/engine/eviction/clock.js')).toEqual(['../../memory/atomics.js'])
  expect(from('workers/maintain.d.ts')).toEqual(['../src/memory/atomics.js'])
  expect(() => rewrite('src/a.js', `import '#other'`)).toThrow('#other')
})

test('other text stays', () => {
  const source = `new URL('./a.json', import.meta.url)\nf('./a.ts', new URL('./a.ts', base))\n`
  expect(rewrite('src/a.js', source)).toBe(source)
})
