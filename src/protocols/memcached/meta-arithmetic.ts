/** ma: counts up or down, and makes the counter where N asks for it. */
import {
  ADD,
  CONTENDED,
  EXISTS,
  MAX_RETRIES,
  MISSING,
  type Outcome,
  STORED,
  UNFIT,
} from '../../engine/raw-access.ts'
import { giveCas } from './changes.ts'
import type { ClientSession } from './client-session.ts'
import { CountChange } from './count-change.ts'
import { NO_NUMBER } from './count.ts'
import { COUNT } from './counters.ts'
import { line } from './line.ts'
import { hasFlags } from './meta-delete.ts'
import { LETTER, meta, putEcho, putEchoes } from './meta-flags.ts'
import { putRemaining } from './meta-get.ts'
import { putStoredCas } from './meta-set.ts'

const FIRST_FLAG = 2
const MODES_UP: readonly number[] = [0, 73, 43] // none, I, +
const MODES_DOWN: readonly number[] = [68, 45] //  D, -

/** What was counted: the number, and the expiry before and after. */
interface Counted {
  outcome: Outcome
  text: string
  oldExpiry: number
  isCreated: boolean
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
    if (!counted.isCreated) session.count(isDown ? COUNT.decr_hits : COUNT.incr_hits)
    if (meta.has[LETTER.q] === 0) putCounted(session, counted)
  } else if (outcome === MISSING || outcome === EXISTS) {
    if (outcome === MISSING) session.count(isDown ? COUNT.decr_misses : COUNT.incr_misses)
    session.say(outcome === MISSING ? 'NF' : 'EX')
    putEchoes(session, FIRST_FLAG)
    session.say('\r\n')
  } else session.say(session.refusal(outcome))
}

function count(session: ClientSession, isDown: boolean): Counted {
  const { raw } = session
  const { delta: by, expiry, own } = meta
  const isAny = meta.wanted === undefined || (meta.wanted.high | meta.wanted.low) === 0
  const wanted = isAny ? undefined : meta.wanted
  const change = new CountChange({ by, isDown, expiry, wanted, own })
  const counted = { outcome: MISSING as Outcome, text: '', oldExpiry: 0 }
  if (!raw.stage(meta.key, meta.keyFrom, meta.keyTo)) {
    return { ...counted, isCreated: false }
  }
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const outcome = raw.change(change)
    const { text, oldExpiry } = change
    if (outcome !== MISSING || meta.vivifyExpiry === undefined) {
      return { outcome, text, oldExpiry, isCreated: false }
    }
    const added = create(session)
    if (added === EXISTS) continue
    const first = meta.initial.toString()
    return { outcome: added, text: first, oldExpiry: 0, isCreated: true }
  }
  return { ...counted, outcome: CONTENDED, isCreated: false }
}

function create(session: ClientSession): Outcome {
  const { draft } = session.raw
  draft.bytes = Buffer.from(meta.initial.toString(), 'latin1')
  draft.from = draft.codec = draft.flags = 0
  draft.length = draft.bytes.length
  draft.expiry = meta.createdExpiry
  draft.marks = session.marks(0)
  giveCas(draft, meta.own)
  return session.raw.store(ADD)
}

function putCounted(session: ClientSession, counted: Counted): void {
  const { out } = session
  const hasValue = meta.has[LETTER.v] === 1
  out.text(hasValue ? `VA ${counted.text.length}` : 'HD')
  let expiry = counted.oldExpiry
  for (let word = FIRST_FLAG; word < line.count; word++) {
    const letter = line.bytes[line.starts[word]!]
    if (letter === LETTER.c) putStoredCas(session, STORED)
    else if (letter === LETTER.T) expiry = meta.expiry!
    else if (letter === LETTER.N && counted.isCreated) expiry = meta.vivifyExpiry!
    else if (letter === LETTER.t) putRemaining(session, expiry)
    else putEcho(session, word)
  }
  out.text(hasValue ? `\r\n${counted.text}\r\n` : '\r\n')
}
