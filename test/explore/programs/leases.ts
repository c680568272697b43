/**
 * Programs about rows: threads that attach and detach, take a row that was recovered, and die while
 * they do. And what protocols do with keys.
 */
import { giveLease, takeLease } from '../../../src/memory/lease.ts'
import { MATCH, RawAccess } from '../../../src/engine/raw-access.ts'
import type { MemoryView } from '../../../src/memory/view.ts'
import type { Program } from '../program.ts'
import { type Lettered, letteredProgram } from './letters.ts'
import { RECOVER } from './more-operations.ts'
import {
  ADD,
  aside,
  type Deed,
  deedOf,
  DELETE,
  freshValue,
  GET,
  INCR,
  type Kind,
  type Place,
  SET,
  TOUCH,
} from './operations.ts'
import { identityOf, type World } from './world.ts'

const NO_ROW = -1

function detach(view: MemoryView): void {
  giveLease(view)
  view.useRow(NO_ROW)
}

/** Takes a row, as a thread does that joins. */
const ATTACH: Kind = {
  name: 'attach',
  steps: ({ actor: { view, index } }) => [
    aside('attach', () => {
      if (takeLease(view, identityOf(index)) < 0) throw new Error('there is no row')
    }),
  ],
}
const DETACH: Kind = {
  name: 'detach',
  steps: ({ actor: { view } }) => [aside('detach', () => detach(view))],
}

function leave(world: World, ...threads: readonly number[]): void {
  for (const thread of threads) detach(world.actors[thread]!.view)
}

const LEASES: Readonly<Record<string, Lettered>> = {
  'lease: attach x attach': {
    about: 'two threads take rows, with what chunks these hold',
    ready: (world) => leave(world, 0, 1),
    lines: [
      [
        [ATTACH, 'a'],
        [SET, 'a'],
      ],
      [
        [ATTACH, 'a'],
        [SET, 'a'],
      ],
    ],
  },
  'lease: detach x attach': {
    about: 'one leaves, another comes and may have its row',
    entries: 1,
    ready: (world) => leave(world, 1),
    lines: [
      [
        [SET, 'a'],
        [DETACH, 'a'],
      ],
      [
        [ATTACH, 'a'],
        [SET, 'a'],
      ],
    ],
  },
  'lease: detach x detach': {
    about: 'two threads give their chunks back to one page',
    entries: 1,
    lines: [
      [
        [SET, 'a'],
        [DETACH, 'a'],
      ],
      [
        [DELETE, 'a'],
        [DETACH, 'a'],
      ],
    ],
  },
}

const DEADLY: Readonly<Record<string, Lettered>> = {
  'death: lease: set x recover x attach': {
    about: 'the row of a dead thread is recovered, and another takes it',
    entries: 1,
    ready: (world) => leave(world, 2),
    lines: [
      [[SET, 'a']],
      [[RECOVER, 'a']],
      [
        [ATTACH, 'a'],
        [SET, 'a'],
      ],
    ],
  },
  'death: lease: detach x attach': {
    about: 'a thread dies while it leaves, or while it comes',
    entries: 1,
    ready: (world) => leave(world, 1),
    lines: [
      [
        [SET, 'a'],
        [DETACH, 'a'],
      ],
      [
        [RECOVER, 'a'],
        [ATTACH, 'a'],
        [DELETE, 'a'],
      ],
    ],
  },
  'death: lease: add x recover x attach': {
    about: 'an announced creation outlives the row that announced it',
    ready: (world) => leave(world, 2),
    lines: [
      [[ADD, 'a']],
      [[RECOVER, 'a']],
      [
        [ATTACH, 'a'],
        [ADD, 'a'],
      ],
    ],
  },
}

/** One call of what protocols use, on the staged key. */
function raw(name: string, run: (place: Place, access: RawAccess) => Deed): Kind {
  const steps = (place: Place): Deed[] => {
    const access = new RawAccess(place.actor.engine)
    const deed = run(place, access)
    const key = Buffer.from(place.key)
    const staged = (): unknown => {
      access.stage(key, 0, key.length)
      return deed.run()
    }
    return [{ ...deed, run: staged }]
  }
  return { name, steps }
}

const TWO_TO_32 = 2 ** 32

/** Opens, copies and confirms, as often as it takes. */
const RAW_GET = raw('raw-get', (place, access) =>
  deedOf('raw get', place, { name: 'get' }, () => {
    const target = Buffer.alloc(64)
    for (;;) {
      const found = access.open()
      if (found === 0) return undefined
      if (found < 0) continue
      access.copy(target, 0)
      if (access.confirm()) return target.toString('latin1', 0, access.reading.length)
    }
  }),
)

/** Stores over the entry that has the CAS of the first one. */
const RAW_MATCH = raw('raw-match', (place, access) => {
  const value = freshValue(place)
  const operation = { name: 'cas', value, version: place.version } as const
  return deedOf('raw match', place, operation, () => {
    const { draft } = access
    draft.bytes = Buffer.from(value)
    Object.assign(draft, { from: 0, length: value.length, codec: 1, expiry: 0, flags: 0, marks: 0 })
    Object.assign(draft, { casHigh: 0, casLow: 0 })
    draft.wantedHigh = Math.floor(place.version / TWO_TO_32)
    draft.wantedLow = place.version | 0
    return CAS_RESULTS[access.store(MATCH)]
  })
})
const CAS_RESULTS: Readonly<Record<number, string>> = { 1: 'stored', 2: 'exists', 3: 'missing' }

const RAW: Readonly<Record<string, Lettered>> = {
  'raw: get x set, set': {
    about: 'a protocol copies a value that is replaced, and whose chunk is used again',
    options: { versionBits: 1 },
    entries: 1,
    lines: [
      [[RAW_GET, 'a']],
      [
        [SET, 'a'],
        [SET, 'b'],
      ],
    ],
  },
  'raw: get x delete, add': {
    about: 'a protocol copies a value that is removed and added again',
    options: { versionBits: 1 },
    entries: 1,
    lines: [
      [[RAW_GET, 'a']],
      [
        [DELETE, 'a'],
        [ADD, 'a'],
      ],
    ],
  },
  'raw: match x incr': {
    about: 'stores over one version of an entry while it is counted up',
    entries: 1,
    lines: [
      [[RAW_MATCH, 'a']],
      [
        [INCR, 'a'],
        [GET, 'a'],
      ],
    ],
  },
  'raw: match x touch, delete': {
    about: 'stores over one version, which a touch keeps',
    entries: 1,
    lines: [
      [[RAW_MATCH, 'a']],
      [
        [TOUCH, 'a'],
        [DELETE, 'a'],
      ],
    ],
  },
  'raw: match x match': {
    about: 'two stores over one version: one of them wins',
    entries: 1,
    lines: [[[RAW_MATCH, 'a']], [[RAW_MATCH, 'a']]],
  },
}

function all(table: Readonly<Record<string, Lettered>>): Program[] {
  return Object.entries(table).map(([name, lettered]) => letteredProgram(name, lettered))
}

export const ROWS: readonly Program[] = [
  ...all(LEASES),
  ...all(DEADLY).map((program) => ({ ...program, full: { deaths: 1 } })),
  ...all(RAW),
]
