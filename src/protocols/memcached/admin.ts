/**
 * What operators ask: flush_all, verbosity, cache_memlimit, slabs, lru, watch, shutdown. Each has
 * its effect or is refused with a line that says why; none is answered OK for nothing.
 */
import { limitMemory, movePage, setAutomove, trimStep } from '../../engine/slab-admin.ts'
import { BAD_FORMAT, type ClientSession } from './client-session.ts'
import { COUNT, SETTING } from './counters.ts'
import { readSigned, readUnsigned } from './decimal.ts'
import { WATCH_CONNECTIONS, WATCH_DELETIONS, WATCH_FETCHERS, WATCH_MUTATIONS } from './host.ts'
import { line } from './line.ts'

const MEBI = 2 ** 20
const MOST_VERBOSITY = 2 ** 31 - 1
const MOST_MEGABYTES = 2 ** 22
/** An idle thread may keep a page from being emptied: what is left then is left to maintenance. */
const MOST_TRIM_STEPS = 100_000
const TRIM_PAUSE_MS = 1

export function executeFlushAll(session: ClientSession): void {
  if (line.count > 3) {
    session.say('ERROR\r\n')
    return
  }
  session.isQuiet = line.endsInNoreply()
  if (!session.facts.settings.isFlushEnabled) {
    session.reply('CLIENT_ERROR flush_all not allowed\r\n')
    return
  }
  let at = 0
  if (line.count > (session.isQuiet ? 2 : 1)) {
    const seconds = readSigned(line.bytes, line.starts[1]!, line.ends[1]!)
    if (Number.isNaN(seconds)) {
      session.reply('CLIENT_ERROR invalid exptime argument\r\n')
      return
    }
    at = session.expiry(seconds)
  }
  session.count(COUNT.cmd_flush)
  session.raw.flush(at)
  session.reply('OK\r\n')
}

export function executeVerbosity(session: ClientSession): void {
  if (line.count < 2 || line.count > 3) {
    session.say('ERROR\r\n')
    return
  }
  session.isQuiet = line.endsInNoreply()
  const level = readUnsigned(line.bytes, line.starts[1]!, line.ends[1]!, MOST_VERBOSITY)
  if (level < 0) {
    session.reply(BAD_FORMAT)
    return
  }
  session.facts.verbosity = level
  session.reply('OK\r\n')
}

export function executeShutdown(session: ClientSession): void {
  const { facts } = session
  if (!facts.settings.isShutdownEnabled) {
    session.say('ERROR: shutdown not enabled\r\n')
    return
  }
  const isGraceful = line.count === 2 && line.is(1, 'graceful')
  if (line.count !== 1 && !isGraceful) {
    session.say('CLIENT_ERROR invalid shutdown mode\r\n')
    return
  }
  session.isClosing = true
  facts.shutdown(isGraceful)
}

/** A lower limit evicts what lives beyond it, step by step; no more than was given at the start. */
export function executeMemoryLimit(session: ClientSession): void {
  if (line.count < 2 || line.count > 3) {
    session.say('ERROR\r\n')
    return
  }
  session.isQuiet = line.endsInNoreply()
  const { raw, facts } = session
  const { plan } = raw.view
  const megabytes = readUnsigned(line.bytes, line.starts[1]!, line.ends[1]!, MOST_MEGABYTES)
  if (megabytes < 0) {
    session.reply('ERROR\r\n')
    return
  }
  const least = plan.memoryBytes - (plan.pages - 1) * plan.pageBytes
  if (megabytes * MEBI < least) {
    const shown = Math.ceil(least / MEBI)
    session.reply(`MEMLIMIT_TOO_SMALL cannot set maxbytes to less than ${shown}m\r\n`)
    return
  }
  if (megabytes > Math.ceil(plan.memoryBytes / MEBI)) {
    session.reply('MEMLIMIT_ADJUST_FAILED out of bounds or unable to adjust\r\n')
    return
  }
  limitMemory(raw.view, megabytes * MEBI)
  let steps = 0
  facts.runInBackground(() => {
    return raw.session.isClosed || ++steps === MOST_TRIM_STEPS || trimStep(raw.view)
  }, TRIM_PAUSE_MS)
  session.reply('OK\r\n')
}

export function executeSlabs(session: ClientSession): void {
  if (line.count === 4 && line.is(1, 'reassign')) {
    reassign(session)
    return
  }
  if (line.count >= 3 && line.count <= 4 && line.is(1, 'automove')) {
    automove(session)
    return
  }
  session.say('ERROR\r\n')
}

function reassign(session: ClientSession): void {
  const { view } = session.raw
  const { bytes, starts, ends } = line
  let source = readSigned(bytes, starts[2]!, ends[2]!)
  const target = readSigned(bytes, starts[3]!, ends[3]!)
  if (Number.isNaN(source) || Number.isNaN(target)) {
    session.say(BAD_FORMAT)
    return
  }
  if (source === target) {
    session.say('SAME src and dst class are identical\r\n')
    return
  }
  const classes = view.classes.bytes.length
  if (source === -1) source = largestClass(session, target)
  if (source < 1 || target < 1 || source > classes || target > classes) {
    session.say('BADCLASS invalid src or dst class id\r\n')
    return
  }
  const outcome = movePage(view, source - 1, target - 1)
  if (outcome === 'none') {
    session.say('NOSPARE source class has no spare pages\r\n')
    return
  }
  if (outcome === 'busy') {
    session.say('BUSY currently processing reassign request\r\n')
    return
  }
  session.count(COUNT.slabs_moved)
  session.say('OK\r\n')
}

/** The class with the most pages, but for the one that wants a page. */
function largestClass(session: ClientSession, target: number): number {
  const { raw } = session
  const pages = new Array<number>(raw.view.classes.bytes.length + 1).fill(0)
  for (let page = 1; page <= raw.view.plan.pages; page++) {
    const sizeClass = raw.pageClass(page) + 1
    if (sizeClass > 0 && sizeClass !== target) pages[sizeClass]! += 1
  }
  return pages.indexOf(Math.max(1, ...pages))
}

function automove(session: ClientSession): void {
  session.isQuiet = line.endsInNoreply()
  const level = readUnsigned(line.bytes, line.starts[2]!, line.ends[2]!, MOST_VERBOSITY)
  if (level < 0) {
    session.reply(BAD_FORMAT)
    return
  }
  if (level > 2) {
    session.reply('ERROR\r\n')
    return
  }
  if (level === 2) {
    session.reply('CLIENT_ERROR there is no aggressive automove: use 0 or 1\r\n')
    return
  }
  setAutomove(session.raw.view, level === 1)
  session.facts.board.set(SETTING.automove, level)
  session.reply('OK\r\n')
}

/** There are no LRU lists to tune: CLOCK has one ring per class and no parameters. */
export function executeLru(session: ClientSession): void {
  const isKnown = ['tune', 'mode', 'temp_ttl'].some((word) => line.is(1, word))
  if (line.count < 3 || !isKnown) {
    session.say('ERROR\r\n')
    return
  }
  session.say('ERROR the cache evicts by CLOCK, which has nothing to tune\r\n')
}

const KINDS: Readonly<Record<string, number>> = {
  fetchers: WATCH_FETCHERS,
  mutations: WATCH_MUTATIONS,
  deletions: WATCH_DELETIONS,
  connevents: WATCH_CONNECTIONS,
}
const UNSEEN = ['evictions', 'proxyreqs', 'proxyevents', 'proxyuser']

export function executeWatch(session: ClientSession): void {
  let kinds = line.count === 1 ? WATCH_FETCHERS : 0
  for (let word = 1; word < line.count; word++) {
    const name = line.text(word)
    if (UNSEEN.includes(name)) {
      session.say(`ERROR ${name} cannot be watched\r\n`)
      return
    }
    const kind = Object.hasOwn(KINDS, name) ? KINDS[name]! : 0
    if (kind === 0) {
      session.say('ERROR\r\n')
      return
    }
    kinds |= kind
  }
  if (!session.facts.watch(session.id, kinds)) {
    session.say('WATCHER_TOO_MANY log watcher limit reached\r\n')
    return
  }
  session.isWatcher = true
  session.say('OK\r\n')
}
