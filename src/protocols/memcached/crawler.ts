/**
 * lru_crawler: sweeps pages for entries whose time is over, in the background, and lists entries.
 * The name is memcached's: here are no LRU lists, a crawl goes through the pages of a class.
 */
import { crawlPage } from '../../engine/slab-admin.ts'
import type { ClientSession } from './client-session.ts'
import { BAD_FORMAT } from './client-session.ts'
import { COUNT, SETTING } from './counters.ts'
import { readUnsigned } from './decimal.ts'
import { Dump } from './dump.ts'
import { line } from './line.ts'

const MOST_SLEEP_MICROS = 1_000_000
const MOST_TO_CRAWL = 2 ** 32 - 1
/** memcached sleeps after so many entries. */
const ITEMS_PER_SLEEP = 1000
/** A crawl whose worker died counts as over after this. */
const FORGOTTEN_MS = 10_000
const BAD_CLASS = 'BADCLASS invalid class id\r\n'
const DISABLED = 'ERROR lru crawler disabled\r\n'

export function executeCrawler(session: ClientSession): void {
  const { board } = session.facts
  if (line.count === 2 && line.is(1, 'enable')) {
    if (board.setting(SETTING.crawler) === 1) {
      session.say('ERROR failed to start lru crawler thread\r\n')
      return
    }
    board.set(SETTING.crawler, 1)
    session.say('OK\r\n')
    return
  }
  if (line.count === 2 && line.is(1, 'disable')) {
    board.set(SETTING.crawler, 0)
    session.say('OK\r\n')
    return
  }
  if (line.count !== 3) {
    session.say('ERROR\r\n')
    return
  }
  if (line.is(1, 'sleep')) {
    setNumber(session, SETTING.crawlerSleep)
    return
  }
  if (line.is(1, 'tocrawl')) {
    setNumber(session, SETTING.crawlerLimit)
    return
  }
  if (line.is(1, 'crawl')) {
    startCrawl(session)
    return
  }
  if (line.is(1, 'metadump')) {
    startDump(session, true)
    return
  }
  if (line.is(1, 'mgdump')) {
    startDump(session, false)
    return
  }
  session.say('ERROR\r\n')
}

function setNumber(session: ClientSession, setting: number): void {
  const { bytes, starts, ends } = line
  const value = readUnsigned(bytes, starts[2]!, ends[2]!, MOST_TO_CRAWL)
  if (value < 0) {
    session.say(BAD_FORMAT)
    return
  }
  if (setting === SETTING.crawlerSleep && value > MOST_SLEEP_MICROS) {
    session.say('CLIENT_ERROR sleep must be one second or less\r\n')
    return
  }
  session.facts.board.set(setting, value)
  session.say('OK\r\n')
}

/** Numbers of classes: undefined for all, 'bad' when one does not exist. */
function classesIn(session: ClientSession, words: string): Set<number> | undefined | 'bad' {
  if (words === 'all') return undefined
  const most = session.raw.view.classes.bytes.length
  const classes = new Set<number>()
  for (const word of words.split(',')) {
    const number = /^[0-9]{1,4}$/.test(word) ? Number(word) : 0
    if (number < 1 || number > most) return 'bad'
    classes.add(number)
  }
  return classes
}

function startDump(session: ClientSession, isMeta: boolean): void {
  if (session.facts.board.setting(SETTING.crawler) === 0) {
    session.say(DISABLED)
    return
  }
  const classes = line.is(2, 'hash') ? undefined : classesIn(session, line.text(2))
  if (classes === 'bad') {
    session.say(BAD_CLASS)
    return
  }
  session.more = new Dump(isMeta, classes)
}

function startCrawl(session: ClientSession): void {
  const { facts } = session
  const { board } = facts
  if (board.setting(SETTING.crawler) === 0) {
    session.say(DISABLED)
    return
  }
  const classes = classesIn(session, line.text(2))
  if (classes === 'bad') {
    session.say(BAD_CLASS)
    return
  }
  const sleepMs = board.setting(SETTING.crawlerSleep) / 1000
  const pauseMs = (sleepMs * longestStep(session)) / ITEMS_PER_SLEEP
  if (session.now - board.setting(SETTING.crawling) < FORGOTTEN_MS + pauseMs) {
    session.say('BUSY currently processing crawler request\r\n')
    return
  }
  board.set(SETTING.crawling, session.now)
  session.count(COUNT.lru_crawler_starts)
  facts.runInBackground(crawl(session, classes), pauseMs)
  session.say('OK\r\n')
}
/** Entries in the fullest page: what one step looks at, at most. */
function longestStep(session: ClientSession): number {
  const { raw } = session
  let most = 0
  for (let page = 1; page <= raw.view.plan.pages; page++) {
    if (raw.pageClass(page) >= 0) most = Math.max(most, raw.pageChunks(page))
  }
  return most
}

/** The steps of a crawl: one page each. */
function crawl(session: ClientSession, wanted: ReadonlySet<number> | undefined): () => boolean {
  const { raw, facts } = session
  const { board } = facts
  const limit = board.setting(SETTING.crawlerLimit)
  const checked = new Map<number, number>()
  let page = 0
  return () => {
    const isDisabled = board.setting(SETTING.crawler) === 0
    if (raw.session.isClosed) return true
    while (!isDisabled && ++page <= raw.view.plan.pages) {
      const sizeClass = raw.pageClass(page)
      const before = checked.get(sizeClass) ?? 0
      if (sizeClass < 0 || (limit > 0 && before >= limit)) continue
      if (wanted?.has(sizeClass + 1) === false) continue
      const items = raw.pageChunks(page)
      checked.set(sizeClass, before + items)
      board.add(COUNT.crawler_items_checked, items)
      board.add(COUNT.crawler_reclaimed, crawlPage(raw.view, page, sizeClass))
      board.set(SETTING.crawling, raw.now())
      return false
    }
    board.set(SETTING.crawling, 0)
    return true
  }
}
