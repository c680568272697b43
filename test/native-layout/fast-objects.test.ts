/** Layouts are objects whose fields V8 folds into code as constants, however many they have. */
import { setFlagsFromString } from 'node:v8'
import { expect, test } from 'vitest'
import { CONTROL } from '../../native-layout/control-block.ts'
import { ROW } from '../../native-layout/thread-row.ts'
import { tile } from '../../native-layout/units.ts'

const MANY = 100

setFlagsFromString('--allow-natives-syntax')
const isFast = new Function('object', 'return %HasFastProperties(object)') as (o: object) => boolean

test('no layout is a dictionary', () => {
  const names = Array.from({ length: MANY }, (_, i) => [`FIELD_${i}`, 1] as const)
  const dictionary: Record<string, number> = {}
  for (const [name, words] of names) dictionary[name] = words
  expect(isFast(dictionary)).toBe(false)
  for (const layout of [ROW, CONTROL, tile(names)]) expect(isFast(layout)).toBe(true)
})
