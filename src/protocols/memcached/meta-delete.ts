/** md, me, mn: deletes or demotes an entry, describes one, answers at once. */
import {
  DELETED,
  EXISTS,
  GONE,
  HIT,
  MARK_FETCHED,
  MAX_RETRIES,
  MISSING,
  type Outcome,
  STORED,
} from '../../engine/raw-access.ts'
import { DemoteChange } from './changes.ts'
import { BAD_FORMAT, casHighOf, casLowOf, type ClientSession } from './client-session.ts'
import { COUNT } from './counters.ts'
import { asBigInt } from './decimal.ts'
import { classOf, isBinaryKey } from './dump.ts'
import { WATCH_DELETIONS } from './host.ts'
import { line } from './line.ts'
import { BAD_OPAQUE, LETTER, meta, putEchoes, readMeta, readMetaKey } from './meta-flags.ts'
import { countPrefix, PREFIX_DELETE } from './prefixes.ts'
import { logDelete } from './watch-lines.ts'

const FIRST_FLAG = 2
/** What memcached says of any bad flag of md and ma, but for those about key and opaque token. */
const BAD_FLAG = 'CLIENT_ERROR invalid or duplicate flag\r\n'

/** Reads the key and the flags of md or ma. Refuses what is wrong with them. */
export function hasFlags(session: ClientSession): boolean {
  if (line.count < 2) {
    session.say('ERROR\r\n')
    return false
  }
  const problem = readMeta(session, FIRST_FLAG)
  if (problem === undefined) return true
  session.say(problem === BAD_OPAQUE || !line.isKey(1) ? problem : BAD_FLAG)
  return false
}

export function executeMetaDelete(session: ClientSession): void {
  if (!hasFlags(session)) return
  session.count(COUNT.cmd_meta)
  const { key, keyFrom, keyTo } = meta
  countPrefix(session, key, keyFrom, keyTo, PREFIX_DELETE)
  const outcome = remove(session)
  if (outcome === STORED || outcome === DELETED) {
    session.count(COUNT.delete_hits)
    if ((session.watched & WATCH_DELETIONS) !== 0) {
      logDelete(session, key, keyFrom, keyTo, 'md')
    }
    if (meta.has[LETTER.q] === 1) return
    session.say('HD')
  } else if (outcome === MISSING || outcome === EXISTS) {
    session.count(COUNT.delete_misses)
    session.say(outcome === MISSING ? 'NF' : 'EX')
  } else {
    session.say(session.refusal(outcome))
    return
  }
  putEchoes(session, FIRST_FLAG)
  session.say('\r\n')
}

function remove(session: ClientSession): Outcome {
  const { raw } = session
  const { wanted, own, expiry } = meta
  if (!raw.stage(meta.key, meta.keyFrom, meta.keyTo)) return MISSING
  const isStale = meta.has[LETTER.I] === 1
  const losesValue = meta.has[LETTER.x] === 1
  if (isStale || losesValue) {
    const flags = meta.clientFlags
    const request = { isStale, losesValue, expiry, flags, wanted, own }
    return raw.change(new DemoteChange(session, request))
  }
  if (wanted === undefined) return raw.remove()
  return raw.removeMatching(wanted.high, wanted.low)
}

/** me: what is known of an entry, but for its value. It is no use of the entry. */
export function executeMetaDebug(session: ClientSession): void {
  if (line.count < 2 || !line.isKey(1)) {
    session.say(BAD_FORMAT)
    return
  }
  if (!readMetaKey(line.count > 2 && line.is(2, 'b'))) {
    session.say(BAD_FORMAT)
    return
  }
  session.count(COUNT.cmd_meta)
  const { raw } = session
  const { key, keyFrom, keyTo } = meta
  if (!raw.stage(key, keyFrom, keyTo)) {
    session.say('EN\r\n')
    return
  }
  for (let tries = 0; tries < MAX_RETRIES; tries++) {
    const found = raw.open()
    if (found === GONE) {
      session.say('EN\r\n')
      return
    }
    if (found !== HIT) continue
    const { reading } = raw
    const fetched = (reading.marks & MARK_FETCHED) !== 0 || raw.heat() > 0
    const chunk = raw.chunkBytes()
    // As memcached says it: seconds since the expiry, so less than 0 while the entry lives.
    const exp = reading.expiry === 0 ? -1 : -session.remaining(reading.expiry)
    const cas = asBigInt(casHighOf(reading), casLowOf(reading))
    const bytes = Buffer.from(key.subarray(keyFrom, keyTo))
    const shown = bytes.toString(isBinaryKey(bytes) ? 'base64' : 'latin1')
    const text =
      `ME ${shown} exp=${exp} la=${session.idleSeconds(reading.marks)} cas=${cas} ` +
      `fetch=${fetched ? 'yes' : 'no'} cls=${classOf(raw.view.classes.bytes, chunk)} ` +
      `size=${Math.max(chunk, keyTo - keyFrom + reading.length)}\r\n`
    if (raw.confirmQuietly()) {
      session.say(text)
      return
    }
  }
  session.say('SERVER_ERROR the key is written too often at the moment, try again\r\n')
}
