/** ma: counts up or down, and makes the counter where N asks for it. */
import { EXISTS, MISSING, STORED, UNFIT } from '../../engine/raw-access.ts'
import type { ClientSession } from './client-session.ts'
import { CountChange, type Counted, countKey } from './count-change.ts'
import { NO_NUMBER, noteCount } from './count.ts'
import { COUNT } from './counters.ts'
import { line } from './line.ts'
import { hasFlags } from './meta-delete.ts'
import { LETTER, meta, putEcho, putEchoes } from './meta-flags.ts'
import { putRemaining } from './meta-get.ts'
import { putStoredCas } from './meta-set.ts'

const FIRST_FLAG = 2
const MODES_UP: readonly number[] = [0, 73, 43] // none, I, +
const MODES_DOWN: readonly number[] = [68, 45] //  D, -

interface MetaCounted extends Counted {
  readonly oldExpiry: number
}

export function executeMetaArithmetic(session: ClientSession): void {
  if (!hasFlags(session)) return
  const isDown = MODES_DOWN.includes(meta.mode)
  if (!isDown && !MODES_UP.includes(meta.mode)) {
    session.say('CLIENT_ERROR invalid mode for ma M token\r\n')
    return
  }
  session.count(COUNT.cmd_meta)
  const counted = count(session, isDown)
  const { outcome } = counted
  if (outcome === UNFIT) {
    session.say(NO_NUMBER)
    return
  }
  if (outcome === STORED) {
    if (!counted.isCreated) noteCount(session, outcome, isDown)
    if (meta.has[LETTER.q] === 0) putCounted(session, counted)
  } else if (outcome === MISSING || outcome === EXISTS) {
    noteCount(session, outcome, isDown)
    session.say(outcome === MISSING ? 'NF' : 'EX')
    putEchoes(session, FIRST_FLAG)
    session.say('\r\n')
  } else session.say(session.refusal(outcome))
}

function count(session: ClientSession, isDown: boolean): MetaCounted {
  const { raw } = session
  const { delta: by, expiry, own, vivifyExpiry } = meta
  const isAny = meta.wanted === undefined || (meta.wanted.high | meta.wanted.low) === 0
  const wanted = isAny ? undefined : meta.wanted
  const change = new CountChange({ by, isDown, expiry, wanted, own })
  if (!raw.stage(meta.key, meta.keyFrom, meta.keyTo)) {
    return { outcome: MISSING, number: 0n, oldExpiry: 0, isCreated: false }
  }
  const first =
    vivifyExpiry === undefined
      ? undefined
      : { number: meta.initial, expiry: meta.createdExpiry, own }
  const counted = countKey(session, change, first)
  return { ...counted, oldExpiry: counted.isCreated ? 0 : change.oldExpiry }
}

function putCounted(session: ClientSession, counted: MetaCounted): void {
  const { out } = session
  const text = counted.number.toString()
  const hasValue = meta.has[LETTER.v] === 1
  out.text(hasValue ? `VA ${text.length}` : 'HD')
  let expiry = counted.oldExpiry
  for (let word = FIRST_FLAG; word < line.count; word++) {
    const letter = line.bytes[line.starts[word]!]
    if (letter === LETTER.c) putStoredCas(session, STORED)
    else if (letter === LETTER.T) expiry = meta.expiry!
    else if (letter === LETTER.N && counted.isCreated) expiry = meta.vivifyExpiry!
    else if (letter === LETTER.t) putRemaining(session, expiry)
    else putEcho(session, word)
  }
  out.text(hasValue ? `\r\n${text}\r\n` : '\r\n')
}
