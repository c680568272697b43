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
        find: 'if (compareExchange(view.slotTable, view.slotAt, view.slotWord, fresh) !== view.slotWord) {',
        replace:
          'view.slotTable[view.slotAt] = fresh\n  if (view.slotTable[view.slotAt] === view.slotWord) {',
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
    name: 'removalUnstamped',
    rule: 'an empty word carries the number of its filling, so that no empty word recurs',
    patches: [
      {
        file: 'src/memory/publish.ts',
        find: 'compareExchange(table, slotAt, word, packEmpty(filling)) !== word',
        replace: 'compareExchange(table, slotAt, word, packEmpty(filling & 0)) !== word',
      },
    ],
  },
  {
    name: 'earlyVersion',
    rule: 'the version is taken after the last read of the word that is exchanged',
    patches: [
      {
        file: 'src/engine/store.ts',
        find: '  const seen = scan(view)\n',
        replace: '  scan(view)\n  complete(view, draft)\n  const seen = scan(view)\n',
      },
      {
        file: 'src/engine/store.ts',
        find: '  } else complete(view, draft)\n  return replaceEntry',
        replace: '  }\n  return replaceEntry',
      },
      {
        file: 'src/engine/store.ts',
        find: '  } else complete(view, draft)\n  if (createEntry',
        replace: '  }\n  if (createEntry',
      },
    ],
  },
  {
    name: 'sameIncarnation',
    rule: 'a freed chunk gets its next incarnation before anybody may fill it',
    patches: [
      {
        file: 'src/memory/magazine.ts',
        find: 'poke(words, at + HEADER.INCARNATION, incarnation + 1)',
        replace: 'poke(words, at + HEADER.INCARNATION, incarnation - 1)',
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
  {
    name: 'recoverAsLost',
    rule: 'recovery asks whether the new entry was published before it gives it back',
    patches: [
      {
        file: 'src/memory/recover.ts',
        find: 'if (wasPublished(view) === UNPUBLISHED) return undo(view)',
        replace: 'return undo(view)',
      },
    ],
  },
  {
    name: 'magazineForgotten',
    rule: 'what a dead thread held is given back',
    patches: [
      {
        file: 'src/memory/recover.ts',
        find: '  if (!holdsOnTop(view, old)) free(view, old)\n',
        replace: '',
      },
    ],
  },
]
