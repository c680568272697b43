/**
 * Broken twins: the engine with one step of its protocol taken away. Each is what a plausible
 * shortcut would look like in the source, and each must be caught by the stress run.
 */
import type { Patch } from '../stress/twin.ts'

export interface BrokenTwin {
  readonly name: string
  /** The rule that is broken. */
  readonly rule: string
  readonly patches: readonly Patch[]
}

export const BROKEN_TWINS: readonly BrokenTwin[] = [
  {
    name: 'replaceBlindly',
    rule: 'an entry is replaced only if the slot still holds the word that was read',
    patches: [
      {
        file: 'src/memory/publish.ts',
        find: 'compareExchange(view.slotTable, view.slotAt, view.slotWord, fresh)',
        replace: '((view.slotTable[view.slotAt] = fresh), view.slotWord)',
      },
    ],
  },
  {
    name: 'loserFrees',
    rule: 'only the winner of the exchange frees what it unlinked',
    patches: [
      {
        file: 'src/memory/publish.ts',
        find: `fresh) !== view.slotWord) {
    setKind(view, ROW_BUSY)`,
        replace: `fresh) !== view.slotWord) {
    free(view, handleIn(view, view.slotWord))
    setKind(view, ROW_BUSY)`,
      },
    ],
  },
  {
    name: 'unvalidatedRead',
    rule: 'a reader believes its copy only after slot word and incarnation were read again',
    patches: [
      {
        file: 'src/memory/table.ts',
        find: `    closeReads(view.slotTable, view.slotAt, view.slotWord) === view.slotWord &&
    load(view.entry, view.entryAt) === view.entryIncarnation`,
        replace: '    view.entryIncarnation !== 0',
      },
    ],
  },
  {
    name: 'uncertifiedCreation',
    rule: 'a creation is announced only if the home word is the one under which the key was absent',
    patches: [
      {
        file: 'src/memory/publish.ts',
        find: 'if (compareExchange(homes, homeAt, view.homeWord, announced) !== view.homeWord) {',
        replace: 'homes[homeAt] = announced\n  if (homes[homeAt] === view.homeWord) {',
      },
    ],
  },
  {
    name: 'freshStamp',
    rule: 'a changed entry keeps the flush stamp of the one it was made from',
    patches: [
      {
        file: 'src/engine/update.ts',
        find: '  draft.stamp = stamp\n',
        replace: '  draft.stamp = currentStamp(view, view.key.space)\n',
      },
    ],
  },
]
