/**
 * Before the tests: fills the cache of stripped files (cache.mjs) in this process, which has no
 * threads that load TypeScript.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join, resolve } from 'node:path'
import { keepStripped } from './cache.mjs'

const ROOT = resolve(import.meta.dirname, '../..')
const FOLDERS = ['src', 'native-layout', 'workers', 'test', 'bench']

/** Strips every TypeScript file that a process or thread of the tests may load. */
export default function stripAll() {
  for (const folder of FOLDERS) {
    for (const path of readdirSync(join(ROOT, folder), { recursive: true })) {
      if (!path.endsWith('.ts')) continue
      keepStripped(readFileSync(join(ROOT, folder, path), 'utf8'), stripTypeScriptTypes)
    }
  }
}
