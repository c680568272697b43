/**
 * What the build changes in emitted text, apart from the build because a test uses it. tsc rewrites
 * the extension of relative imports in JavaScript, and leaves three specifiers as they were
 * written:
 *
 * - worker URLs, `new URL('../../workers/x.ts', import.meta.url)`, get the extension `.js`;
 * - imports in declarations get it too, so that older TypeScript finds the declaration beside it;
 * - names of the import map in package.json become the relative path of the file they stand for.
 */
import { posix } from 'node:path'

const WORKER_URL = /(new URL\(\s*)(['"])([^'"]+)\.ts\2(\s*,\s*import\.meta\.url\s*,?\s*\))/g
const DECLARED_IMPORT = /((?:\bfrom|\bimport)\s*\(?\s*)(['"])(\.[^'"]+)\.ts\2/g
const MAPPED_IMPORT = /((?:\bfrom|\bimport)\s*\(?\s*)(['"])(#[\w-]+)\2/g

/** The import map of package.json: names to paths of the source, relative to the top. */
export type ImportMap = Readonly<Record<string, string>>

/**
 * What names stand for in the package: the source, never what a condition puts in its place for
 * tests.
 */
export function defaultTargets(
  imports: Readonly<Record<string, Readonly<Record<string, string>>>>,
): ImportMap {
  return Object.fromEntries(Object.entries(imports).map(([name, to]) => [name, to['default']!]))
}

/**
 * The text as it shall be in dist/.
 * @param path where the file is below dist/, with forward slashes
 */
export function rewriteEmitted(path: string, text: string, importMap: ImportMap): string {
  let emitted = text.replace(WORKER_URL, '$1$2$3.js$2$4')
  if (path.endsWith('.d.ts')) emitted = emitted.replace(DECLARED_IMPORT, '$1$2$3.js$2')
  return emitted.replace(MAPPED_IMPORT, (_all, before, quote, name) => {
    const source = importMap[name]
    if (source === undefined) throw new Error(`${path} imports ${name}, which package.json lacks`)
    const target = posix.relative(posix.dirname(path), source).replace(/\.ts$/, '.js')
    return `${before}${quote}${target.startsWith('.') ? target : `./${target}`}${quote}`
  })
}

/** The files that an emitted JavaScript file imports or starts, relative to it. */
export function relativeTargets(text: string): string[] {
  const imported = text.matchAll(/\b(?:from|import)\s*\(?\s*['"](\.[^'"]+)['"]/g)
  const started = text.matchAll(/new URL\(\s*['"](\.[^'"]+)['"]\s*,\s*import\.meta\.url/g)
  return [...imported, ...started].map((match) => match[1]!)
}
