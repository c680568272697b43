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
        find: 'const position = add(view.aside[0]!, STATE.HEAD + ring * SECOND_RING, 1)',
        replace: `const headAt = STATE.HEAD + ring * SECOND_RING
  const position = load(view.aside[0]!, headAt)
  poke(view.aside[0]!, headAt, position + 1)`,
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
        find: `    if (compareExchange(words, tailAt, tail, (tail + 1) | 0) !== tail) {
      tries++
      continue
    }
`,
        replace: '    add(words, tailAt, 1)\n',
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
        find: '  setByte(view, marksAt, slot, markAt(ring, position, ringBits))\n',
        replace: '',
      },
      {
        file: NEWCOMERS,
        find: 'packNewcomer(slot))\n',
        replace: `packNewcomer(slot))
  setByte(view, marksAt, slot, markAt(ring, position, ringBits))
`,
      },
    ],
    program: 'newcomers: enroll x take, of a class',
    bounds: TWO,
    within: 1000,
  },
  {
    name: 'ringUntold',
    rule: 'the mark of an entry names the ring that its record is in',
    patches: [
      {
        file: NEWCOMERS,
        find: '  setByte(view, marksAt, slot, markAt(ring, position, ringBits))\n',
        replace: '  setByte(view, marksAt, slot, markAt(FIRST, position, ringBits))\n',
      },
    ],
    program: 'newcomers: pass, take passed x pass',
    bounds: TWO,
    within: 1000,
  },
]
