/** The page comes to life: who looks at it, the events, and what is said when they end. */
import { Cards } from './cards.js'
import { drawDetails } from './details.js'
import { byId, setText } from './dom.js'
import { KeyBrowser } from './keys.js'
import { History } from './model.js'

/** Events come each second; without one for so long the connection counts as lost. */
const SILENCE_MS = 5000
const RETRY_MS = 1500

const history = new History()
const cards = new Cards()
const browser = new KeyBrowser()
let source
let heardAt = 0
let retry

function say(kind, text) {
  const status = byId('status')
  document.documentElement.dataset.connection = kind
  if (status.className !== kind) status.className = kind
  setText(byId('status-text'), text)
  byId('lost').hidden = kind !== 'lost'
  const title = kind === 'lost' ? `heddle: ${text.toLowerCase()}` : 'heddle'
  if (document.title !== title) document.title = title
}

function draw() {
  if (!document.hidden) cards.draw(history)
}

function listen() {
  source?.close()
  source = new EventSource('/events')
  heardAt = performance.now()
  source.addEventListener('stats', (event) => {
    heardAt = performance.now()
    say('live', 'Live')
    history.add(JSON.parse(event.data))
    draw()
  })
  source.addEventListener('details', (event) => {
    if (!document.hidden) drawDetails(JSON.parse(event.data), (key) => browser.show(key))
  })
  source.addEventListener('error', lost)
}

/** The connection is made anew by hand: browsers give up when an answer is an error. */
function lost() {
  source?.close()
  say('lost', 'Connection lost')
  clearTimeout(retry)
  retry = setTimeout(start, RETRY_MS)
}

function watchForSilence() {
  const isOpen = source !== undefined && source.readyState !== EventSource.CLOSED
  if (isOpen && performance.now() - heardAt > SILENCE_MS) lost()
}

/** Asks each time who this is: after a restart rights may be others. */
async function start() {
  let session
  try {
    const response = await fetch('/session')
    if (response.status === 401) {
      say('lost', 'Not signed in')
      setText(byId('lost'), 'These credentials are no longer valid. Reload the page to sign in.')
      return
    }
    if (!response.ok) throw new Error(String(response.status))
    session = await response.json()
  } catch {
    lost()
    return
  }
  show(session)
  browser.allow(session)
  if (session.seesNumbers) listen()
  else say('quiet', 'Keys only')
}

function show({ user, isAdmin, seesNumbers }) {
  setText(byId('user'), user === null ? '' : `${user}${isAdmin ? ', administrator' : ''}`)
  byId('numbers').hidden = !seesNumbers
  byId('no-numbers').hidden = seesNumbers
  for (const card of document.querySelectorAll('.admin-only')) card.hidden = !isAdmin
  byId('not-admin').hidden = isAdmin || !seesNumbers
}

document.addEventListener('visibilitychange', draw)
window.addEventListener('resize', draw)
setInterval(watchForSilence, 1000)
start()
