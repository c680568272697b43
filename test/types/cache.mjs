/**
 * Stripped TypeScript by the hash of its text, in files that all processes and threads of a test
 * run share. Plain JavaScript, since it is what lets threads load TypeScript: Node's own stripping
 * is WebAssembly, and V8 sometimes crashes where threads with WebAssembly start and end by the
 * hundred (nodejs/node#64500). `dist/`, which users run, has no types to strip.
 */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'

const FOLDER = new URL(
  `../../node_modules/.cache/heddle-types/${process.version}/`,
  import.meta.url,
)

/** @param {string | Buffer} source */
function placeOf(source) {
  return new URL(`${createHash('sha1').update(source).digest('hex')}.js`, FOLDER)
}

/**
 * @param {string | Buffer} source TypeScript
 * @returns {Buffer | undefined} the same without types, if it is known
 */
export function strippedOf(source) {
  try {
    return readFileSync(placeOf(source))
  } catch {
    return undefined
  }
}

/**
 * Remembers the stripped text of a source, unless it is known.
 * @param {string} source TypeScript
 * @param {(source: string) => string} strip
 */
export function keepStripped(source, strip) {
  if (strippedOf(source) !== undefined) return
  mkdirSync(FOLDER, { recursive: true })
  const place = placeOf(source)
  const draft = new URL(`${place.href}.${process.pid}`)
  writeFileSync(draft, strip(source))
  renameSync(draft, place)
}
