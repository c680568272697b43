/**
 * The build: TypeScript file by file into dist/, data beside it, then what tsc leaves to us
 * (rewrite-emitted.ts): worker URLs, imports in declarations and names of the import map. Every
 * relative path that is then in emitted JavaScript must lead to a file in dist/, or it fails.
 *
 * Why no bundler and no helper that guesses its own extension: docs/decisions.md.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { defaultTargets, relativeTargets, rewriteEmitted } from './rewrite-emitted.ts'

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')
const { imports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
/** The dashboard's page is no TypeScript, and read at run time. */
const PAGE = 'src/protocols/http/dashboard/page'
const importMap = defaultTargets(imports)

rmSync(dist, { recursive: true, force: true })
compile()
for (const file of filesBelow(join(root, 'src'))) {
  if (file.endsWith('.json')) cpSync(file, join(dist, relative(root, file)))
}
cpSync(join(root, PAGE), join(dist, PAGE), { recursive: true })
const emitted = filesBelow(dist)
for (const file of emitted) rewrite(file)
const dangling = emitted.filter((file) => file.endsWith('.js')).flatMap(danglingPaths)
if (dangling.length > 0) {
  process.stderr.write(`dist/ lacks what it refers to:\n${dangling.join('\n')}\n`)
  process.exit(1)
}

function compile(): void {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: 'inherit',
  })
  if (status !== 0) process.exit(status ?? 1)
}

function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
}

function rewrite(file: string): void {
  const path = relative(dist, file).split(sep).join('/')
  writeFileSync(file, rewriteEmitted(path, readFileSync(file, 'utf8'), importMap))
}

function danglingPaths(file: string): string[] {
  return relativeTargets(readFileSync(file, 'utf8'))
    .filter((target) => !existsSync(resolve(dirname(file), target)))
    .map((target) => `${relative(root, file)}: ${target}`)
}
