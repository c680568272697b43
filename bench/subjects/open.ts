/**
 * Creates subjects on the main thread (`grantSubject`) and opens them on worker threads
 * (`openSubject`). The main thread keeps no engine view in use while workers measure; it closes
 * them when the suite ends.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLruCache, openMap, openNone } from './private.ts'
import { createBenchEngine, openHeddle, openLmdb, openLockedHeddle } from './shared.ts'
import type { Subject, SubjectGrant, SubjectName } from './subject.ts'

export interface GrantedSubject {
  readonly grant: SubjectGrant
  release(): void
}

export function grantSubject(name: SubjectName, keys: number): GrantedSubject {
  if (name === 'heddle' || name === 'heddle+lock') {
    const engine = createBenchEngine(`bench ${name}`, keys)
    const lock = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
    const grant = { name, isShared: true, keys, handle: engine.handle, lock }
    return { grant, release: () => engine.close() }
  }
  if (name === 'lmdb') {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-lmdb-'))
    const release = () => rmSync(folder, { recursive: true, force: true })
    return { grant: { name, isShared: true, keys, folder }, release }
  }
  return { grant: { name, isShared: false, keys }, release() {} }
}

export function openSubject(grant: SubjectGrant): Subject {
  switch (grant.name) {
    case 'none':
      return openNone()
    case 'Map':
      return openMap()
    case 'lru-cache':
      return openLruCache(grant.keys)
    case 'heddle':
      return openHeddle(grant)
    case 'heddle+lock':
      return openLockedHeddle(grant)
    case 'lmdb':
      return openLmdb(grant)
  }
}
