/** The README of native-layout says what the constants say: every structure, field and offset. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import * as controlBlock from '../../native-layout/control-block.ts'
import * as entryHeader from '../../native-layout/entry-header.ts'
import * as evictionState from '../../native-layout/eviction-state.ts'
import * as page from '../../native-layout/page.ts'
import { EXPECTED_ENTRY_BYTES } from '../../native-layout/region-map.ts'
import * as tableSlot from '../../native-layout/table-slot.ts'
import * as threadRow from '../../native-layout/thread-row.ts'
import * as transaction from '../../native-layout/transaction.ts'

const folder = join(import.meta.dirname, '../../native-layout')
const readme = readFileSync(join(folder, 'README.md'), 'utf8')

/** All that `tile` made, as the lines of the README's table. */
function structures(): string[] {
  const files = {
    'control-block.ts': controlBlock,
    'eviction-state.ts': evictionState,
    'page.ts': page,
    'table-slot.ts': tableSlot,
    'entry-header.ts': entryHeader,
    'thread-row.ts': threadRow,
    'transaction.ts': transaction,
  }
  return Object.entries(files).flatMap(([file, exports]) =>
    Object.entries<unknown>(exports).flatMap(([name, value]) => {
      if (typeof value !== 'object' || value === null || !('WORDS' in value)) return []
      const { WORDS, ...fields } = value as Record<string, number>
      const listed = Object.entries(fields).map(([field, offset]) => `${field} ${offset}`)
      return [`| \`${name}\` | ${WORDS} | ${file} | ${listed.join(', ')} |`]
    }),
  )
}

test('the table of offsets', () => {
  const lines = readme.split('\n').filter((line) => line.startsWith('| `'))
  expect(lines.sort()).toEqual(structures().sort())
})

test('the numbers in the text', () => {
  const { CLASSES_AT, STRIPES_AT, TYPES_AT, SPACES_AT } = controlBlock
  const text = readme.replaceAll(/\s+/g, ' ')
  expect(text).toContain(
    `size classes at word ${CLASSES_AT}, the version stripes at word ${STRIPES_AT}, ` +
      `the content types at word ${TYPES_AT}, the namespaces at word ${SPACES_AT};`,
  )
  expect(text).toContain(`buckets of ${tableSlot.BUCKET_BYTES} bytes`)
  expect(text).toContain(`one for each ${EXPECTED_ENTRY_BYTES} bytes`)
  expect(text).toContain(`header** is ${entryHeader.HEADER.WORDS * 4} bytes`)
})

test('the files it sends the reader to exist', () => {
  const files = readdirSync(folder)
  for (const [, name] of readme.matchAll(/\b([a-z-]+\.ts)\b/g)) expect(files).toContain(name)
})
