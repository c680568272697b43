/**
 * The build: TypeScript file by file into dist/, then the two things that tsc leaves to us.
 *
 * - Worker files. The source says `new Worker(new URL('../../workers/x.ts', import.meta.url))`, the
 *   literal that bundlers look for. tsc rewrites the extension of imports but not of URLs, so the
 *   build does (`.ts` to `.js`), and fails if the file that results is not there.
 * - `#atomics`. dist/package.json has its own import map, which holds for everything below dist/:
 *   the one at the top of the repository points into src/, which is not published.
 *
 * Why no bundler and no helper that guesses its own extension: docs/decisions.md.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { rewriteWorkerUrls } from './rewrite-worker-urls.ts'

const root = resolve(import.meta.dirname, '..')
const dist = join(root, 'dist')

rmSync(dist, { recursive: true, force: true })
compile()
for (const file of filesBelow(dist)) {
  if (file.endsWith('.js')) fixWorkerUrls(file)
}
writeDistPackage()

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

function fixWorkerUrls(file: string): void {
  const { code, targets } = rewriteWorkerUrls(readFileSync(file, 'utf8'))
  if (targets.length === 0) return
  for (const target of targets) {
    if (existsSync(resolve(dirname(file), target))) continue
    process.stderr.write(`${relative(root, file)} starts ${target}, which the build did not emit\n`)
    process.exit(1)
  }
  writeFileSync(file, code)
}

function writeDistPackage(): void {
  const { sideEffects } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const imports = { '#atomics': './src/memory/atomics.js' }
  const content = { type: 'module', sideEffects, imports }
  writeFileSync(join(dist, 'package.json'), `${JSON.stringify(content, null, 2)}\n`)
}
