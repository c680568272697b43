/**
 * Broken twins of the table: each switches one rule off and names the program on which the checker
 * must catch it, and how the violation found must begin. A twin that is not caught fails the run.
 */
import type { Variant } from '../checker/suite.ts'

const twin = (flag: string, on: string, as: string, rule: string): Variant => ({
  flag,
  on,
  as,
  rule,
})
const HISTORY = 'not linearizable'

export const TABLE_VARIANTS: readonly Variant[] = [
  // readers
  twin('noValidation', 'read-vs-reuse', HISTORY, 'copy out, no re-read'),
  twin('noIncarnation', 'read-vs-reuse', HISTORY, 'slot word re-read only'),
  twin('noRecheckOnMismatch', 'false-miss', HISTORY, 'a failed key compare is believed at once'),
  twin(
    'existsWithoutRecheck',
    'exists-shared-tag',
    HISTORY,
    '"exists" without a re-read of the slot',
  ),
  // creation in reserved slots
  twin(
    'announceFresh',
    'create-create',
    'I-ONE-ENTRY',
    'home word read again for the announcement: nothing certifies "absent"',
  ),
  twin(
    'helpWithoutRecheck',
    'two-buckets-help',
    'I-',
    'helper acts on a record without re-reading the home word',
  ),
  twin(
    'tagAfterAnnounce',
    'create-create',
    'I-TAG',
    'tag stored after the announcement: a helper places before it',
  ),
  twin('reserveNameless', 'depth-two-homes', HISTORY, 'the reserved word does not name its row'),
  twin(
    'reserveKept',
    'create-create',
    'I-RESERVE',
    'reservation forgotten after a lost announcement',
  ),
  twin(
    'recoverKeepsReservation',
    'create-create',
    'I-RESERVE',
    'reservation of the dead is not released',
  ),
  twin(
    'slotUnversioned',
    'recreate',
    'I-COMPLETE',
    'slots carry no version: a late helper fills a later reservation',
  ),
  // depth
  twin('missAtHome', 'depth-one-key', HISTORY, 'a reader covers the home bucket alone'),
  twin('depthAfterPlace', 'depth-one-key', 'I-DEPTH', 'depth raised after the entry is visible'),
  twin('depthFalls', 'depth-stays', 'I-DEPTH', 'a creation at home lowers the depth'),
  twin(
    'staleDepth',
    'depth-add-add',
    'I-ONE-ENTRY',
    'a writer scans to a depth older than the home word it certifies',
  ),
  // room
  twin('evictAtHome', 'room-alone', 'I-ROOM', 'evicts at home while a further candidate has room'),
  twin(
    'waitForRoom',
    'room-reserved',
    'not lock-free',
    'looks again for ever when all slots are reserved by others',
  ),
  // chains
  twin(
    'validateBeforeChain',
    'chain-read',
    HISTORY,
    'slot and incarnation re-read before the continuations are copied',
  ),
  twin(
    'partUnrecorded',
    'chain-create',
    'I-NO-LEAK',
    'a continuation leaves the magazine unrecorded',
  ),
  twin(
    'linkAfterNext',
    'chain-add-drop',
    'I-NO-LEAK',
    'a continuation is linked after the next one was popped',
  ),
  twin(
    'chainBeforeUnlink',
    'chain-set',
    'I-ONE-OWNER',
    'the old chain is freed before the exchange that unlinks it',
  ),
  twin(
    'advanceAfterPush',
    'chain-three',
    'I-ONE-OWNER',
    'the next part is read after the push has overwritten the link',
  ),
  twin(
    'recoverForgetsPart',
    'chain-create',
    'I-NO-LEAK',
    'recovery ignores the part that is popped but not linked',
  ),
  twin(
    'recoverForgetsFreeing',
    'chain-three',
    'I-NO-LEAK',
    'recovery ignores the part that left the list but was not pushed',
  ),
  twin('recoverForgetsChain', 'chain-set', 'I-NO-LEAK', 'recovery frees heads only'),
  twin(
    'recoverFreesNewChain',
    'chain-set',
    'I-ONE-OWNER',
    'recovery frees the chain of the published entry',
  ),
  // cells
  twin(
    'cellInPlace',
    'bytes-create-del',
    'I-COUNT',
    'the newer half of a cell is changed in place',
  ),
  twin(
    'recountAlways',
    'bytes-restart',
    'I-COUNT',
    'recovery does not ask whether the sequence number is counted',
  ),
  twin(
    'inlineSameSequence',
    'bytes-evict',
    'I-COUNT',
    'an eviction inside an operation keeps the sequence number',
  ),
  twin(
    'inlineKeepsWord',
    'grow-evicts',
    'I-',
    'a slot word is kept across an eviction that moved the sequence on',
  ),
  // flush
  twin(
    'stampReread',
    'flush-set-flush',
    HISTORY,
    'a read-modify-write stamps its result with a sum read after the copy',
  ),
  twin(
    'buriesNewer',
    'flush-add-set',
    HISTORY,
    'an entry stamped before a flush replaces a younger one',
  ),
  twin(
    'globalFromBefore',
    'flush-cached',
    HISTORY,
    'one of the two words of the sum is read before the operation starts',
  ),
  twin(
    'flushResets',
    'flush-twice',
    HISTORY,
    'a flush of everything sets the word of a namespace back',
  ),
  twin('performTwice', 'flush-at-moved', HISTORY, 'whoever finds the delayed flush due adds one'),
  twin(
    'timeBesideWord',
    'flush-at-moved',
    HISTORY,
    'the time of the delayed flush lies beside the word that is exchanged',
  ),
  // versions, reuse, death
  twin(
    'versionKept',
    'late-set-set',
    'I-ORDER',
    'version kept for the next attempt after a lost exchange',
  ),
  twin(
    'noQuarantine',
    'no-version-bits',
    HISTORY,
    'chunk reused at its version wrap while a writer may hold the word',
  ),
  twin(
    'recoverAsLost',
    'set-set',
    'I-COMPLETE',
    'recovery frees the new chunk without asking whether it was published',
  ),
  twin(
    'recoverIgnoresOthers',
    'set-set',
    'I-ONE-OWNER',
    'recovery does not look at the records of the living',
  ),
  twin(
    'recoverUndecided',
    'restart-set',
    'I-COMPLETE',
    'recovery frees before its decision is written down, then dies',
  ),
]
