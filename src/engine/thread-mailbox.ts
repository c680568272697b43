/**
 * Hands a message port to another thread of the process, whoever its parent is.
 *
 * `postMessageToThread` is the only way there is, and its receiving end is the event
 * 'workerMessage' of `process`, which belongs to the user. So the listener here comes first and
 * throws once it has taken a message of heddle: the event ends there, the user's listeners never
 * see it, and the sender gets the error that says so, which it expects. A message of the user's
 * that finds no other listener is answered by an error, as if this one did not exist.
 *
 * One mailbox serves all engines of a thread, and all copies of this library in it. It keeps no
 * event loop alive.
 */
import { type MessagePort, postMessageToThread } from 'node:worker_threads'

/** What arrives with a port. */
export interface Parcel {
  /** Names the recipient among those of the thread: an address that it opened. */
  readonly address: string
  readonly fromRow: number
  readonly fromThread: number
  readonly port: MessagePort
}

export type Recipient = (parcel: Parcel) => void

/** The other thread got it; it will answer by the port if it wants it. */
export const DELIVERED = 'delivered'
/** There is no such thread, or it has no mailbox (any more, or yet). */
export const NOBODY_THERE = 'nobody there'
export type Delivery = typeof DELIVERED | typeof NOBODY_THERE

/** Shared by the copies of the library in one thread; its name carries the parcel's version. */
const MAILBOX = Symbol.for('heddle.mailbox.1')
const PARCEL_KEY = 'heddle.parcel.1'

interface Mailbox {
  readonly recipients: Map<string, Recipient>
  readonly receive: (message: unknown) => void
}

/** Receives what is sent to the address in this thread, until `closeAddress`. */
export function openAddress(address: string, recipient: Recipient): void {
  ownMailbox().recipients.set(address, recipient)
  keepListening()
}

/** The listener stays: a parcel that comes late must not reach the user's listeners. */
export function closeAddress(address: string): void {
  ownMailbox().recipients.delete(address)
}

/** Listens, again if somebody has removed all listeners of the event. */
export function keepListening(): void {
  const { receive } = ownMailbox()
  if (process.listeners('workerMessage').includes(receive)) return
  process.prependListener('workerMessage', receive)
}

/** Sends a port. The promise waits as long as the other thread does not read its messages. */
export async function sendParcel(threadId: number, parcel: Parcel): Promise<Delivery> {
  try {
    await postMessageToThread(threadId, { [PARCEL_KEY]: parcel }, [parcel.port])
    return DELIVERED
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return code === 'ERR_WORKER_MESSAGING_ERRORED' ? DELIVERED : NOBODY_THERE
  }
}

function receive(message: unknown): void {
  const parcel = parcelOf(message)
  if (parcel !== undefined) {
    const recipient = ownMailbox().recipients.get(parcel.address)
    if (recipient === undefined) parcel.port.close()
    else recipient(parcel)
    throw new Error('taken') // ends the event, see above
  }
  if (process.listenerCount('workerMessage') === 1) {
    throw new Error('this thread has no listener for workerMessage')
  }
}

function parcelOf(message: unknown): Parcel | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  return (message as Record<string, Parcel | undefined>)[PARCEL_KEY]
}

function ownMailbox(): Mailbox {
  const holder = process as unknown as Record<symbol, Mailbox | undefined>
  holder[MAILBOX] ??= { recipients: new Map(), receive }
  return holder[MAILBOX]
}
