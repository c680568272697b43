/**
 * After the death of a worker, on the acceptor's side. Its replies are taken already; link.ts says
 * why each frame that remains was either begun or not touched.
 */
import { type Client, ENDING } from './client.ts'
import { DATA, VOID } from './link.ts'
import type { LinkEnd } from './link-end.ts'
import { peek, poke } from '#words'

/**
 * Closes the connections that lost bytes or may have a command half executed, takes what they still
 * have in the ring out of it, and leaves the rest to the worker's successor.
 *
 * @param release frees the slot of a connection whose socket is closed and whom nobody knows
 */
export function recoverLink(
  link: LinkEnd,
  clients: readonly (Client | undefined)[],
  release: (client: Client) => void,
): void {
  const answered = link.consumed
  link.settle()
  const begun = link.consumed
  const ended = markBegun(link, answered, begun, clients)
  const removed = new Set<number>()
  for (const client of clients) {
    if (client === undefined || client.link !== link) continue
    const isLeaving = client.isStoppedFor(ENDING) || ended.has(client) || !client.wire.isOpen
    if (!client.isDirty && !isLeaving) {
      link.beginAt(client.slot, client.replied)
      continue
    }
    removed.add(client.slot)
    client.forget()
    if (client.isClosed) release(client)
    else if (client.isDirty) client.wire.destroy()
    else client.end()
  }
  link.drop(removed)
  forEachRecord(link, begun, link.tail, (words, at) => {
    if (removed.has(peek(words, at + 1))) poke(words, at + 2, VOID)
  })
}

/** @returns connections whose END or ABORT was begun; those with data are dirty now */
function markBegun(
  link: LinkEnd,
  answered: number,
  begun: number,
  clients: readonly (Client | undefined)[],
): Set<Client> {
  const ended = new Set<Client>()
  forEachRecord(link, answered, begun, (words, at) => {
    const client = clients[peek(words, at + 1)]
    const kind = peek(words, at + 2)
    if (client === undefined || kind === VOID) return
    if (kind === DATA) client.isDirty = true
    else ended.add(client)
  })
  return ended
}

function forEachRecord(
  link: LinkEnd,
  from: number,
  to: number,
  visit: (words: Int32Array, at: number) => void,
): void {
  const { requests } = link.link
  let position = from
  while (position !== to) {
    const at = requests.wordAt(position)
    visit(requests.words, at)
    position = requests.after(position, peek(requests.words, at))
  }
}
