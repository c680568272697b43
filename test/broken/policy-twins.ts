/** Broken twins of eviction policies: the ring of newcomers. */
import type { BrokenTwin } from './twins.ts'

const NEWCOMERS = 'src/engine/eviction/newcomers.ts'
const TWO = { preemptions: 2 }

export const POLICY_TWINS: readonly BrokenTwin[] = [
  {
    name: 'takenTwice',
    rule: 'a record of the ring is taken by an exchange: one thread has it',
    patches: [
      {
        file: NEWCOMERS,
        find: 'if (compareExchange(words, at & view.asideMask, record, 0) !== record) return NONE',
        replace: 'poke(words, at & view.asideMask, 0)',
      },
    ],
    program: 'newcomers: take x take, of a class',
    bounds: TWO,
    within: 1000,
  },
  {
    name: 'placeShared',
    rule: 'a place in the ring is drawn by an atomic addition: no two newcomers get the same',
    patches: [
      {
        file: NEWCOMERS,
        find: 'const position = add(view.aside[0]!, STATE.HEAD, 1)',
        replace: `const position = load(view.aside[0]!, STATE.HEAD)
  poke(view.aside[0]!, STATE.HEAD, position + 1)`,
      },
    ],
    program: 'newcomers: enroll x enroll',
    bounds: TWO,
    within: 1000,
  },
  {
    name: 'tailTwice',
    rule: 'the tail moves over one record for each that is taken',
    patches: [
      {
        file: NEWCOMERS,
        find: `    if (compareExchange(words, STATE.TAIL, tail, (tail + 1) | 0) !== tail) {
      tries++
      continue
    }
`,
        replace: '    add(words, STATE.TAIL, 1)\n',
      },
    ],
    program: 'newcomers: take x take',
    bounds: TWO,
    within: 1000,
  },
  {
    name: 'markLast',
    rule: 'the mark of a newcomer is there before its record: who takes believes the record by it',
    patches: [
      {
        file: NEWCOMERS,
        find: '  setByte(view, marksAt, slot, markAt(position, ringBits))\n',
        replace: '',
      },
      {
        file: NEWCOMERS,
        find: 'packNewcomer(slot))\n',
        replace: `packNewcomer(slot))
  setByte(view, marksAt, slot, markAt(position, ringBits))
`,
      },
    ],
    program: 'newcomers: enroll x take, of a class',
    bounds: TWO,
    within: 1000,
  },
]
