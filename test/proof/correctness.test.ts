/**
 * docs/CORRECTNESS.md says only what there is: each check that it names is listed once and cited,
 * and exists under that name in that file; so do the files and functions; the figures are the
 * code's.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { MAX_SEGMENT_BYTES } from '../../native-layout/limits.ts'
import { makePlan } from '../../native-layout/region-map.ts'
import { PROGRAMS } from '../explore/programs/index.ts'
import { SUITES } from '../model/suites.ts'
import { DOCUMENT } from './table.ts'

const document = readFileSync(DOCUMENT, 'utf8')
const [text = '', list = ''] = document.split('\n## Checks\n')
const ID = /\b[TEM]-[A-Z]+(?:-[A-Z]+)*\b/g

/** The rows of the list: name, path of the file, what it is called there. */
const rows = [...list.matchAll(/^\| (\S+) \| \[[^\]]+\]\(([^)]+)\) \| (.+) \|$/gm)].map(
  ([, id = '', path = '', names = '']) => ({ id, path, names }),
)
const ids = rows.map(({ id }) => id)

test('each check that is cited is listed, and each that is listed is cited', () => {
  expect(new Set(ids).size).toBe(ids.length)
  expect(ids.length).toBe(list.split('\n').filter((line) => /^\| [TEM]-/.test(line)).length)
  const cited = new Set(text.match(ID))
  expect([...cited].filter((id) => !ids.includes(id))).toEqual([])
  expect(ids.filter((id) => !cited.has(id))).toEqual([])
})

test.each(rows.filter(({ id }) => id.startsWith('T-')))('$id: $names', ({ path, names }) => {
  const source = readFileSync(join(dirname(DOCUMENT), path), 'utf8')
  expect(path).toMatch(/\.test\.ts$/)
  expect(source.includes(`'${names}'`) || source.includes(`"${names}"`)).toBe(true)
})

test('programs of the explorer and twins of the model exist', () => {
  const programs = PROGRAMS.map(({ name }) => name)
  const flags = SUITES.flatMap(({ variants }) => variants.map(({ flag }) => flag))
  for (const { id, names } of rows) {
    if (id.startsWith('T-')) continue
    const known: readonly string[] = id.startsWith('E-') ? programs : flags
    expect(names.split('; ').filter((name) => !known.includes(name))).toEqual([])
  }
})

test('links lead somewhere', () => {
  const links = [...document.matchAll(/\]\(([^)#]+)/g)].map(([, path = '']) => path)
  expect(links.length).toBeGreaterThan(rows.length)
  for (const path of new Set(links))
    expect(existsSync(join(dirname(DOCUMENT), path)), path).toBe(true)
})

test('every function and file that is named is in the sources', () => {
  const folders = [
    'src/memory',
    'src/engine',
    'src/engine/eviction',
    'src/engine/near',
    'native-layout',
  ]
  const root = join(dirname(DOCUMENT), '..')
  const files = folders.flatMap((folder) => {
    return readdirSync(join(root, folder)).map((name) => join(root, folder, name))
  })
  const sources = files.filter((file) => file.endsWith('.ts'))
  const code = sources.map((file) => readFileSync(file, 'utf8')).join('\n')
  const named = [...text.matchAll(/`([a-z#][A-Za-z]+)`/g)].map(([, name = '']) => name)
  expect(named.length).toBeGreaterThan(30)
  expect(named.filter((name) => !new RegExp(`(?:^|\\W)${name}\\b`).test(code))).toEqual([])
  const listed = [...text.matchAll(/\b([a-z-]+\.ts)\b/g)].map(([, name = '']) => name)
  const known = [...sources, ...readdirSync(join(root, 'test/proof'))]
  expect(listed.filter((name) => !known.some((file) => file.endsWith(name)))).toEqual([])
})

test('every invariant of the memory has a row, and no other', () => {
  const readme = readFileSync(join(dirname(DOCUMENT), '../src/memory/README.md'), 'utf8')
  const defined = [...readme.matchAll(/^- \*\*(I-[A-Z-]+)\*\*/gm)].map(([, name]) => name)
  const section = text.split('\n## Invariants\n')[1]!.split('\n## ')[0]!
  const told = [...section.matchAll(/^\| (I-[^|]+) \|/gm)].flatMap(([, names = '']) => {
    return names.split(', ')
  })
  expect(told.sort()).toEqual(defined.sort())
})

test('V for each memory is what the plan gives', () => {
  const [, sizes = '', , bits = ''] = text.match(/^\| memory (.+)\n(.+)\n\| V (.+)$/m) ?? []
  const cells = (row: string): string[] =>
    row
      .split('|')
      .map((cell) => cell.trim())
      .filter(Boolean)
  const planned = cells(sizes).map((size) => {
    const [count, unit] = size.split(' ')
    const memoryBytes = Number(count) * (unit === 'GiB' ? 2 ** 30 : 2 ** 20)
    const request = { maxThreads: 126, maxNamespaces: 16, expectedEntries: 0, feedBytes: 0 }
    const eviction = 'clock'
    return makePlan({ ...request, eviction, memoryBytes, segmentBytes: MAX_SEGMENT_BYTES })
      .versionBits
  })
  expect(planned).toHaveLength(7)
  expect(cells(bits).map(Number)).toEqual(planned)
})
