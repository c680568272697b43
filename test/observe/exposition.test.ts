/** The strict reader is shown what it must refuse: each text is a good one with one fault. */
import { expect, test } from 'vitest'
import { readExposition, sampleOf } from './exposition.ts'

const GOOD = `# HELP a_seconds Time.
# TYPE a_seconds histogram
# UNIT a_seconds seconds
a_seconds_bucket{of="x",le="0.1"} 1
a_seconds_bucket{of="x",le="+Inf"} 2
a_seconds_sum{of="x"} 3.5
a_seconds_count{of="x"} 2
# HELP b Things.
# TYPE b counter
b_total{key="say \\"hi\\""} 7
# EOF
`

test('a good text is read', () => {
  const families = readExposition(GOOD, true)
  expect([...families.keys()]).toEqual(['a_seconds', 'b'])
  expect(sampleOf(families, 'b_total')).toBe(7)
  expect(sampleOf(families, 'a_seconds_bucket', { le: '0.1' })).toBe(1)
})

test.each([
  ['# EOF\n', '', /EOF/],
  ['# TYPE a_seconds histogram\n', '', /type/],
  ['# UNIT a_seconds seconds\n', '', /unit/],
  ['UNIT a_seconds seconds', 'UNIT a_seconds bytes', /unit/],
  ['# HELP b Things.\n', '', /HELP/],
  ['b_total', 'b', /family/],
  ['le="0.1"} 1', 'le="0.1"} 3', /cumulative/],
  ['le="0.1"', 'le="+Inf"', /rise|twice/],
  ['le="+Inf"} 2', 'le="5"} 2', /\+Inf/],
  ['a_seconds_count{of="x"} 2', 'a_seconds_count{of="x"} 3', /_count/],
  ['a_seconds_sum{of="x"} 3.5\n', '', /_sum/],
  ['b_total{key="say \\"hi\\""} 7', 'b_total -1', /-1/],
  ['b_total{key="say \\"hi\\""} 7', 'b_total seven', /number/],
  ['say \\"hi\\"', 'say "hi"', /labels/],
  ['# TYPE b counter\n', '# TYPE b counter\n# TYPE b counter\n', /second TYPE/],
  ['# TYPE b counter', '# TYPE b number', /family|type/],
])('%j replaced by %j', (part, other, why) => {
  expect(GOOD).toContain(part)
  expect(() => readExposition(GOOD.replace(part, other), true)).toThrow(why)
})
