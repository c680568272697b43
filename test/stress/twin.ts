/**
 * Makes a copy of the engine's source in a temporary folder, changed in a few places: a broken twin
 * that a test must catch, or one that pauses at random between any two accesses to shared memory,
 * and so meets interleavings and deaths that a thread left alone rarely shows.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/** A replacement in one file; the text must be there exactly once. */
export interface Patch {
  /** Path from the top of the repository. */
  readonly file: string
  readonly find: string
  readonly replace: string
}

export interface Twin {
  /** Address of its entry file. */
  readonly entry: string
  remove(): void
}

/** Chunk versions of 4 bits: they wrap, and go through quarantine, every 16 uses of a chunk. */
export const NARROW_VERSIONS: Patch = {
  file: 'native-layout/region-map.ts',
  find: '31 - ordinalBits - bitsFor(pages + 1)',
  replace: 'Math.min(4, 31 - ordinalBits - bitsFor(pages + 1))',
}

/** So that threads find the changed files stripped of types, like all others: see its comment. */
const { keepStripped } = (await import(new URL('../types/cache.mjs', import.meta.url).href)) as {
  keepStripped(source: string, strip: (source: string) => string): void
}

const TOP = fileURLToPath(new URL('../../', import.meta.url))
const SEAM = 'src/memory/atomics.ts'

/**
 * Copies the source and applies the patches.
 * @param pauses whether each access to shared memory may pause, or freeze a doomed thread for good
 */
export function makeTwin(patches: readonly Patch[], pauses: boolean): Twin {
  return copyOf(patches, pauses ? withPauses : undefined)
}

/** A copy in which a thread that asks for it is parked at a given access; see parking.ts. */
export function makeParkingTwin(patches: readonly Patch[] = []): Twin {
  return copyOf(patches, withParking)
}

function copyOf(patches: readonly Patch[], seam: ((text: string) => string) | undefined): Twin {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-twin-'))
  for (const part of ['src', 'native-layout', 'workers', 'package.json']) {
    cpSync(join(TOP, part), join(folder, part), { recursive: true })
  }
  for (const { file, find, replace } of patches) {
    edit(join(folder, file), (text) => {
      const pieces = text.split(find)
      if (pieces.length !== 2) {
        throw new Error(`${file} holds ${pieces.length - 1} times, not once: ${find}`)
      }
      return pieces.join(replace)
    })
  }
  if (seam !== undefined) edit(join(folder, SEAM), seam)
  return {
    entry: pathToFileURL(join(folder, 'src/index.ts')).href,
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

function edit(path: string, change: (text: string) => string): void {
  const changed = change(readFileSync(path, 'utf8'))
  keepStripped(changed, stripTypeScriptTypes)
  writeFileSync(path, changed)
}

/** Every function of the seam begins with a statement that depends on its name. */
function withStep(text: string, step: (name: string) => string): string {
  const functions = /export function (\w+)\([^)]*\): \w+ \{\n/g
  const found = text.match(functions)?.length ?? 0
  if (found < 10) throw new Error(`${SEAM} has ${found} functions of the known form`)
  return text.replace(functions, (start, name: string) => `${start}  ${step(name)}\n`)
}

/** A step at which the thread may pause. */
function withPauses(text: string): string {
  const isExchange = (name: string): boolean => name.startsWith('compareExchange')
  const step = (name: string) => (isExchange(name) ? 'pauseAroundExchange()' : 'pauseAtRandom()')
  return withStep(text, step) + PAUSE
}

/** A step at which the thread is parked if that is what it wants. */
function withParking(text: string): string {
  return withStep(text, (name) => `parkAt('${name}')`) + PARKING
}

const PARKING = `
const place = globalThis as unknown as { heddlePark?: (access: string) => void }
function parkAt(access: string): void {
  place.heddlePark?.(access)
}
`

/**
 * Most of a protocol's danger lies just after an exchange: pauses and freezes gather there.
 * Doomed threads (a number in `heddleDoom`, set by the worker) freeze after so many accesses, and
 * say so by `heddleFrozen`.
 */
const PAUSE = `
const clock = new Int32Array(new SharedArrayBuffer(4))
const fate = globalThis as unknown as {
  heddleDoom?: number
  heddleSeed?: number
  heddleFrozen?: () => void
}
let state = 0
let untilPause = 1000
let untilDoom = 0
function next(): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return state >>> 4
}
function pauseAtRandom(): void {
  untilDoom--
  if (--untilPause > 0) return
  if (state === 0) {
    state = (fate.heddleSeed ?? 1) | 1
    untilDoom = fate.heddleDoom ?? -1
  }
  if (untilDoom < 0 && (fate.heddleDoom ?? -1) > 0) {
    fate.heddleFrozen?.()
    Atomics.wait(clock, 0, 0)
  }
  const kind = next() & 15
  untilPause = kind === 0 ? 5000 : next() % (kind < 8 ? 24 : 1500)
  Atomics.wait(clock, 0, 0, (next() & 7) / 20)
}
function pauseAroundExchange(): void {
  if (state !== 0 && (next() & 15) === 0) untilPause = 1 + (next() & 3)
  pauseAtRandom()
}
`
