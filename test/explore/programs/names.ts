/** What the words of an engine's memory are called in the table of a failure. */
import {
  CLASS,
  CLASSES_AT,
  CONTROL,
  SPACE,
  CONTENT_TYPE,
  SPACES_AT,
  STRIPE,
  STRIPES_AT,
  TYPES_AT,
} from '../../../native-layout/control-block.ts'
import { type EvictionLayout, STATE } from '../../../native-layout/eviction-state.ts'
import { HEADER } from '../../../native-layout/entry-header.ts'
import { WAYS } from '../../../native-layout/limits.ts'
import { PAGE } from '../../../native-layout/page.ts'
import { BUCKET } from '../../../native-layout/table-slot.ts'
import { CELL_WORDS, COUNTERS, MAGAZINE, ROW } from '../../../native-layout/thread-row.ts'
import type { MemoryView } from '../../../src/memory/view.ts'
import type { World } from './world.ts'

type Fields = Readonly<Record<string, number>>

export function nameOf(world: World, buffer: SharedArrayBuffer, byteOffset: number): string {
  if (buffer === world.clock.buffer) return 'clock'
  const { view } = world.janitor
  const segment = world.handle.segments.indexOf(buffer)
  const word = byteOffset >>> 2
  if (segment < 0) return `?[${word}]`
  const { tableSegments } = view.plan
  const aside = world.handle.segments.length - view.plan.evictionSegments
  if (segment >= aside) return asideName(view, word)
  if (segment === 0) return controlName(view, word)
  if (segment <= tableSegments) return bucketName(view, segment - 1, word)
  return chunkName(view, segment - 1 - tableSegments, word)
}

/** A word of the policy's; all of it lies in one segment here, but for the end of a sketch. */
function asideName({ plan }: MemoryView, word: number): string {
  const { ringAt, marksAt, ghostsAt, sketchAt } = plan.evictionState
  if (word < ringAt) return fieldName(STATE, word)
  if (word < marksAt) return ringName(plan.evictionState, word)
  if (word < ghostsAt) return `marks[${word - marksAt}]`
  return word < sketchAt ? `ghosts[${word - ghostsAt}]` : `sketch[${word - sketchAt}]`
}

function ringName({ ringAt, classesAt, ringWords }: EvictionLayout, word: number): string {
  const ring = Math.floor((word - ringAt) / ringWords)
  const at = word - ring * ringWords
  const which = ring === 0 ? '' : '2'
  return at < classesAt ? `ring${which}[${at - ringAt}]` : `classes${which}[${at - classesAt}]`
}

/** The field that a word belongs to. */
function fieldName(fields: Fields, word: number): string {
  let name = `${word}`
  let best = -1
  for (const [field, at] of Object.entries(fields)) {
    if (field !== 'WORDS' && at <= word && at > best) {
      best = at
      name = at === word ? field : `${field}+${word - at}`
    }
  }
  return name
}

function controlName(view: MemoryView, word: number): string {
  const { plan } = view
  if (word < CLASSES_AT) return fieldName(CONTROL, word)
  if (word < STRIPES_AT) return inArray('class', word - CLASSES_AT, CLASS.WORDS, CLASS)
  if (word < TYPES_AT) return inArray('stripe', word - STRIPES_AT, STRIPE.WORDS, STRIPE)
  if (word < SPACES_AT) return inArray('type', word - TYPES_AT, CONTENT_TYPE.WORDS, CONTENT_TYPE)
  if (word < plan.shapesAt) return inArray('space', word - SPACES_AT, SPACE.WORDS, SPACE)
  if (word < plan.pagesAt) return `shape[${word - plan.shapesAt}]`
  if (word < plan.rowsAt) return inArray('page', word - plan.pagesAt, PAGE.WORDS, PAGE)
  if (word >= plan.ringsAt) return inRing(view, word - plan.ringsAt)
  const row = Math.floor((word - plan.rowsAt) / view.rowLayout.words)
  return `row[${row}].${inRow(view, (word - plan.rowsAt) % view.rowLayout.words)}`
}

function inArray(name: string, at: number, words: number, fields: Fields): string {
  return `${name}[${Math.floor(at / words)}].${fieldName(fields, at % words)}`
}

function inRing(view: MemoryView, at: number): string {
  const { ringWords } = view.plan
  return ringWords === 0 ? `?[${at}]` : `ring[${Math.floor(at / ringWords)}][${at % ringWords}]`
}

function inRow({ rowLayout }: MemoryView, at: number): string {
  if (at < rowLayout.totals) return fieldName(ROW, at)
  if (at < rowLayout.counters) {
    const cell = at - rowLayout.totals
    return `cell[${Math.floor(cell / CELL_WORDS)}]+${cell % CELL_WORDS}`
  }
  if (at < rowLayout.magazines) return `count.${COUNTERS[(at - rowLayout.counters) >>> 1]}`
  return inArray('magazine', at - rowLayout.magazines, MAGAZINE.WORDS, MAGAZINE)
}

function bucketName(view: MemoryView, segment: number, word: number): string {
  const bucket = (segment << view.tableShift) + Math.floor(word / BUCKET.WORDS)
  const at = word % BUCKET.WORDS
  if (at === BUCKET.HOME) return `bucket[${bucket}].HOME`
  if (at < BUCKET.B) return `bucket[${bucket}].A[${at - BUCKET.A}]`
  return at < BUCKET.B + WAYS ? `bucket[${bucket}].B[${at - BUCKET.B}]` : `bucket[${bucket}].CLOCK`
}

function chunkName(view: MemoryView, segment: number, word: number): string {
  const page = (segment << view.pageShift) + Math.floor(word / view.pageWords) + 1
  const at = word % view.pageWords
  const shape = view.control[view.shapesAt + page]!
  if (shape === 0) return `page ${page} +${at}`
  const inChunk = at % shape
  const field = inChunk < HEADER.WORDS ? fieldName(HEADER, inChunk) : `+${inChunk}`
  return `chunk ${page}.${Math.floor(at / shape)} ${field}`
}
