/**
 * The repository keeps its own rules (see rules.ts for what they say and rules.test.ts for the
 * proof that they notice). A finding names the file, so that the list below a red test is the work
 * to do.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { expect, test } from 'vitest'
import {
  atomicsProblems,
  importProblems,
  invariantProblems,
  leftoverProblems,
  machineProblems,
  openingProblems,
  type SourceFile,
  sizeProblems,
} from './rules.ts'

const root = resolve(import.meta.dirname, '../..')
const CODE_FOLDERS = ['native-layout', 'src', 'workers', 'test', 'bench', '.ci']
const SHIPPED = /^(?:native-layout|src|workers)\//
const README_FOLDERS = [
  'native-layout',
  'src/memory',
  'src/engine',
  'src/server',
  'src/load',
  'bench',
  'results',
]

const code = CODE_FOLDERS.flatMap((folder) => filesBelow(folder, /\.(?:ts|mjs)$/))
const documents = ['native-layout', 'src', 'docs', 'test'].flatMap((f) => filesBelow(f, /\.md$/))

test('the rules see the code they are about', () => {
  expect(code.filter((file) => SHIPPED.test(file.path)).length).toBeGreaterThan(10)
  expect(code.map((file) => file.path)).toContain('src/memory/atomics.ts')
})

test('imports point one way', () => {
  expect(code.flatMap(importProblems)).toEqual([])
})

test('only the seam names Atomics, and nothing waits', () => {
  expect(code.flatMap(atomicsProblems)).toEqual([])
})

test('files, lines and functions stay readable', () => {
  expect(code.flatMap(sizeProblems)).toEqual([])
})

test('each file introduces itself', () => {
  expect(code.flatMap(openingProblems)).toEqual([])
})

test('nothing is left over', () => {
  expect(code.flatMap(leftoverProblems)).toEqual([])
})

test('named invariants are defined', () => {
  const citing = code.filter((file) => SHIPPED.test(file.path))
  expect(invariantProblems(citing, documents)).toEqual([])
})

test('no file knows the machine it was written on', () => {
  const texts = [...code, ...documents, ...filesBelow('.', /^[^/]*\.(?:md|json|ts)$/, false)]
  expect(texts.flatMap(machineProblems)).toEqual([])
})

test('each folder that needs it has a README', () => {
  const missing = README_FOLDERS.filter((folder) => !existsSync(join(root, folder, 'README.md')))
  expect(missing).toEqual([])
})

test('nothing is needed at run time, and every tool is pinned exactly', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  expect(manifest.dependencies).toBeUndefined()
  for (const peer of Object.keys(manifest.peerDependencies)) {
    expect(manifest.peerDependenciesMeta[peer], peer).toEqual({ optional: true })
    expect(manifest.devDependencies).toHaveProperty([peer])
  }
  const loose = Object.entries<string>(manifest.devDependencies).filter(
    ([, version]) => !/^\d+\.\d+\.\d+$/.test(version),
  )
  expect(loose).toEqual([])
})

function filesBelow(folder: string, name: RegExp, recursive = true): SourceFile[] {
  const start = join(root, folder)
  if (!existsSync(start)) return []
  return readdirSync(start, { recursive, withFileTypes: true })
    .filter((entry) => entry.isFile() && name.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => ({
      path: relative(root, file).split(sep).join('/'),
      text: readFileSync(file, 'utf8'),
    }))
}
