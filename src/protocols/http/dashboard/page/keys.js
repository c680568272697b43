/** The key browser: keys by prefix, the beginning of a value, and for administrators deleting. */
import { byId, make, setText } from './dom.js'
import { bytes, hexDump, isPrintable, keyText, percent, span } from './format.js'

const PAGE_KEYS = 50
/** Requests one after the other, each a part of the table, before somebody has to ask for more. */
const MOST_REQUESTS = 100

export class KeyBrowser {
  #next = null
  #shown = 0
  #prefix = ''
  /** The request that counts; answers to older ones come too late. */
  #turn = 0
  #opening = 0
  #opened

  constructor() {
    byId('key-form').addEventListener('submit', (event) => {
      event.preventDefault()
      this.search(byId('prefix').value)
    })
    byId('more').addEventListener('click', () => this.#load())
    byId('delete-key').addEventListener('click', () => this.#askDelete())
    byId('close-value').addEventListener('click', () => this.#close())
    byId('flush').addEventListener('click', () => this.#askFlush())
  }

  /** Offers what this user may do. */
  allow({ isAdmin, isFlushEnabled }) {
    byId('flush').hidden = !isAdmin || !isFlushEnabled
    byId('delete-key').hidden = !isAdmin
  }

  /** Shows the keys that begin with a prefix, from the first on. */
  search(prefix) {
    this.#prefix = prefix
    this.#next = 0
    this.#shown = 0
    byId('key-list').replaceChildren()
    return this.#load()
  }

  /** Shows one key from somewhere else on the page. */
  async show(key) {
    byId('prefix').value = key
    byId('browser').scrollIntoView({ block: 'start' })
    await this.search(key)
    await this.#open(encodeURIComponent(key))
  }

  async #load() {
    const turn = ++this.#turn
    const enough = this.#shown + PAGE_KEYS
    setText(byId('key-status'), 'Looking…')
    byId('more').disabled = true
    let lookedAt = 0
    for (let requests = 0; requests < MOST_REQUESTS && this.#shown < enough; requests++) {
      const answer = await this.#part(enough - this.#shown)
      if (turn !== this.#turn) return
      if (answer.error !== undefined) {
        setText(byId('key-status'), answer.error)
        break
      }
      this.#add(answer.value)
      lookedAt = answer.value.lookedAt
      const isLong = this.#next !== null && this.#shown < enough
      const looking = `Looking… ${percent(lookedAt)} of the table`
      setText(byId('key-status'), isLong ? looking : statusOf(this.#shown, this.#next, lookedAt))
      if (this.#next === null) break
    }
    byId('more').disabled = false
    byId('more').hidden = this.#next === null
    if (lookedAt > 0) setText(byId('key-status'), statusOf(this.#shown, this.#next, lookedAt))
  }

  #part(most) {
    const query = new URLSearchParams({ prefix: this.#prefix, cursor: String(this.#next ?? 0) })
    query.set('count', String(Math.max(1, most)))
    return ask(`/keys?${query}`)
  }

  #add({ keys, next }) {
    byId('key-list').append(...keys.map((entry) => this.#row(entry)))
    this.#shown += keys.length
    this.#next = next
  }

  #row(entry) {
    const { text, isHex } = keyText(entry.key)
    const lives = entry.secondsLeft === null ? 'no expiry' : `${span(entry.secondsLeft)} left`
    const name = make('span', { class: isHex ? 'key hex' : 'key' }, text)
    const facts = make('span', { class: 'muted' }, `${bytes(entry.bytes)} · ${lives}`)
    const button = make('button', { type: 'button', class: 'key-row', title: text }, name, facts)
    button.addEventListener('click', () => this.#open(entry.key, button))
    return make('li', { 'data-key': entry.key }, button)
  }

  async #open(encoded, button) {
    const opening = ++this.#opening
    const answer = await ask(`/keys/${encoded}`)
    if (opening !== this.#opening) return
    const { text, isHex } = keyText(encoded)
    for (const row of document.querySelectorAll('.key-row[aria-current]')) {
      row.removeAttribute('aria-current')
    }
    button?.setAttribute('aria-current', 'true')
    this.#opened = { encoded, text, button }
    setText(byId('value-key'), text)
    byId('value-key').classList.toggle('hex', isHex)
    byId('value').hidden = false
    byId('value-hint').hidden = true
    drawValue(answer)
    byId('delete-key').disabled = answer.error !== undefined
  }

  #close() {
    byId('value').hidden = true
    byId('value-hint').hidden = false
    this.#opened?.button?.removeAttribute('aria-current')
    this.#opened?.button?.focus()
    this.#opened = undefined
  }

  async #askDelete() {
    const { encoded, text } = this.#opened
    if (!(await confirmed(`Delete the key ${text}?`, 'Delete'))) return
    const answer = await ask(`/cache/${encoded}`, 'DELETE')
    setText(byId('key-status'), answer.error ?? `Deleted ${text}.`)
    if (answer.error !== undefined) return
    for (const item of byId('key-list').children) {
      if (item.dataset.key === encoded) item.remove()
    }
    this.#close()
    byId('prefix').focus()
  }

  async #askFlush() {
    const question = 'Delete all entries of this cache? This cannot be undone.'
    if (!(await confirmed(question, 'Delete everything', 'flush'))) return
    const answer = await ask('/cache', 'DELETE')
    if (answer.error === undefined) await this.search(this.#prefix)
    setText(byId('key-status'), answer.error ?? 'All entries were deleted.')
  }
}

function statusOf(shown, next, lookedAt) {
  const found = `${shown} key${shown === 1 ? '' : 's'}`
  if (next === null) return shown === 0 ? 'No key begins so.' : `${found}. That is all.`
  return `${found} so far; ${percent(lookedAt)} of the table looked at.`
}

function drawValue({ error, value }) {
  const facts = byId('value-facts')
  if (error !== undefined) {
    facts.replaceChildren()
    setText(byId('value-text'), error)
    return
  }
  const { contentType, secondsLeft, ageSeconds, shownBytes, base64, version } = value
  const pairs = [
    ['Size', `${value.bytes} bytes`],
    ['Content type', contentType],
    ['Expires', secondsLeft === null ? 'never' : `in ${span(secondsLeft)}`],
    ['Version', String(version)],
  ]
  if (ageSeconds !== null) pairs.push(['Stored', `${span(ageSeconds)} ago`])
  if (shownBytes < value.bytes) pairs.push(['Shown', `the first ${shownBytes} bytes`])
  facts.replaceChildren(
    ...pairs.flatMap(([name, text]) => [make('dt', {}, name), make('dd', {}, text)]),
  )
  const all = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))
  const text = textOf(all, shownBytes < value.bytes)
  setText(byId('value-kind'), text === undefined ? 'Hexadecimal' : 'Text')
  setText(byId('value-text'), all.length === 0 ? '(no bytes)' : (text ?? hexDump(all)))
}

/** As UTF-8, of which a cut may have left a part of a character; undefined for what is binary. */
function textOf(all, isCut) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(all, { stream: isCut })
    return isPrintable(text, true) ? text : undefined
  } catch {
    return undefined
  }
}

/** @param word that has to be typed, if there is one */
function confirmed(question, action, word) {
  const dialog = byId('confirm')
  const typed = byId('confirm-word')
  setText(byId('confirm-text'), question)
  setText(byId('confirm-yes'), action)
  byId('confirm-typing').hidden = word === undefined
  setText(byId('confirm-wanted'), word ?? '')
  typed.value = ''
  const check = () => {
    byId('confirm-yes').disabled = word !== undefined && typed.value !== word
  }
  typed.oninput = check
  check()
  dialog.returnValue = ''
  dialog.showModal()
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true })
  })
}

/** @returns the JSON, if any, or why not in one sentence */
async function ask(path, method = 'GET') {
  try {
    const response = await fetch(path, { method })
    if (response.ok) return { value: response.status === 204 ? undefined : await response.json() }
    const problem = await response.json().catch(() => ({}))
    const detail = problem.detail ?? `the server answered ${response.status}`
    return { error: `That did not work: ${detail}.` }
  } catch {
    return { error: 'The server cannot be reached.' }
  }
}
