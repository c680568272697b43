/** What only administrators are told: clients, slow commands, hot and large keys. */
import { byId, fillRows, setText } from './dom.js'
import { bytes, count, duration, isPrintable, percent, span } from './format.js'

/** @param browse shows a key, given as text */
export function drawDetails({ hotKeys, bigKeys, slow, clients }, browse) {
  const off = 'Not noted: the server was started without hot keys.'
  const hot = (hotKeys ?? []).map((each) => [
    nameCell(each, browse),
    { text: percent(each.share), bar: each.share, kind: 'bars' },
    { text: count(each.uses), title: `${count(each.leastUses)} to ${count(each.mostUses)}` },
  ])
  fillRows(byId('hot').tBodies[0], hot, hotKeys === null ? off : 'No key stands out yet.')
  const big = (bigKeys ?? []).map((each) => [nameCell(each, browse), bytes(each.bytes)])
  fillRows(byId('big').tBodies[0], big, bigKeys === null ? off : 'No large value was noted yet.')
  drawSlow(slow)
  const rows = clients.map(({ address, protocol, worker, ageSeconds, idleSeconds }) => [
    address,
    protocol,
    String(worker),
    span(ageSeconds),
    span(idleSeconds),
  ])
  fillRows(byId('clients').tBodies[0], rows, 'Nobody is connected.')
  setText(byId('clients-note'), clients.length >= 50 ? 'the first 50' : '')
}

function drawSlow(slow) {
  const none = 'No command of Redis clients was slow.'
  const rows = (slow ?? []).map(({ at, took, words, address }) => [
    new Date(at * 1000).toLocaleTimeString('en-GB'),
    duration(took / 1e6),
    { text: words.map(quoted).join(' '), kind: 'code' },
    address,
  ])
  fillRows(byId('slow').tBodies[0], rows, slow === undefined ? 'No Redis port is open.' : none)
}

/** Words come as latin1. */
function quoted(word) {
  return /^[\x21-\x7e]+$/.test(word) ? word : JSON.stringify(word)
}

/** Where it can be looked at, that is, in the default namespace and whole, it is a button. */
function nameCell({ key, isCut, space }, browse) {
  const shown = isPrintable(key) ? key : JSON.stringify(key)
  const text = `${shown}${isCut ? '…' : ''}`
  if (isCut || space !== 0 || !isPrintable(key)) return { text, kind: 'key', title: text }
  return { text, kind: 'key', title: text, press: () => browse(key) }
}
