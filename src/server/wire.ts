/**
 * A client's socket as the server uses it: bytes are read into one static buffer of the thread,
 * and written straight to the descriptor while nothing waits in the stream.
 *
 * `net.createServer` ignores `onread`, so the accepted, paused handle is wrapped again. That leans
 * on `_handle`, which is no public interface: where it is not as expected, the accepted socket is
 * used as it is, with 'data' events and stream writes. So is one that speaks TLS.
 *
 * Order of what is written: while the stream writes, all that follows is gathered in blocks, which
 * the stream gets one after the other; a stream write for each reply would cost many times its
 * bytes. The descriptor is used when nothing waits. It is forgotten the moment the socket is
 * destroyed (`_destroy` runs before the handle closes), so no byte can reach a later connection
 * that was given the same number.
 */
import { writeSync } from 'node:fs'
import { Socket, type SocketConstructorOpts } from 'node:net'
import { TLSSocket } from 'node:tls'

/** What the owner of a wire is told. Calls come from the event loop, never from within `write`. */
export interface WireOwner {
  /** So many bytes were read; they are overwritten after the call. */
  bytes(source: Buffer, length: number): void
  /** The client has shut down its side: nothing more will be read. */
  ended(): void
  /** Some of what waited was written. */
  wrote(): void
  /** The connection broke; `closed` follows. */
  failed(): void
  /** The socket is gone. Comes once, last. */
  closed(): void
}

interface Handle {
  readonly fd?: number
  readonly useUserBuffer?: unknown
  /** Bytes of the stream's write that the system has not taken yet. */
  readonly writeQueueSize?: number
}
interface Inner {
  _handle?: Handle | null
}

const READ_BYTES = 64 * 1024
/** So long a client that was said goodbye to may take to close its side. */
const LINGER_MS = 1000
/** Blocks that gather what waits: each twice as long as the one before. */
const FIRST_BLOCK = 16 * 1024
const LAST_BLOCK = 256 * 1024

let readBuffer: Buffer | undefined

export class Wire {
  readonly socket: Socket
  #fd = -1
  #isEnding = false
  /** The stream writes: its callback is still to come. */
  #isWriting = false
  /** What waits behind it: the last block is filled up to `#filled`. */
  #blocks: Buffer[] = []
  #filled = 0
  #gathered = 0
  /** Bytes given to `write`, and how many of them were out when `noteProgress` was called. */
  #given = 0
  #seenOut = 0
  /** Calls of `noteProgress` in a row at which replies waited and none had been taken. */
  stalledTicks = 0
  readonly #wrote: (error?: Error | null) => void

  /** @param accepted paused, and with `allowHalfOpen` */
  constructor(accepted: Socket, owner: WireOwner) {
    // Bytes of TLS are for its stream alone: the descriptor would take them as they are.
    const handle = accepted instanceof TLSSocket ? undefined : detach(accepted)
    this.#wrote = (error) => {
      this.#isWriting = false
      if (error !== undefined && error !== null) return
      if (!this.socket.destroyed) this.#handOver()
      owner.wrote()
    }
    if (handle === undefined) {
      this.socket = accepted
      accepted.on('data', (chunk: Buffer) => this.#took(owner, chunk, chunk.length))
    } else {
      this.socket = wrap(handle, (buffer, length) => this.#took(owner, buffer, length))
      if (typeof handle.fd === 'number' && handle.fd >= 0) this.#keepDescriptor(handle.fd)
    }
    this.socket.on('error', () => owner.failed()) // a reset; 'close' follows
    this.socket.on('end', () => owner.ended())
    this.socket.on('close', () => {
      this.#dropGathered()
      owner.closed()
    })
  }

  /** Bytes that wait for the client to read. */
  get unwritten(): number {
    return this.#gathered + this.socket.writableLength
  }

  /** Whether the client, or the system for it, has taken bytes since the last call. */
  noteProgress(): boolean {
    if (this.#seenOut === this.#given) {
      this.stalledTicks = 0 // all was out already, and nothing was given since
      return false
    }
    const { socket } = this
    const inStream = (socket as Inner)._handle?.writeQueueSize ?? socket.writableLength
    const out = this.#given - this.#gathered - inStream
    const has = out !== this.#seenOut
    this.#seenOut = out
    this.stalledTicks = has || this.unwritten === 0 ? 0 : this.stalledTicks + 1
    return has
  }

  get isOpen(): boolean {
    return !this.socket.destroyed
  }

  /** Writes `source[from..to)` after all that was written before; the range is free afterwards. */
  write(source: Buffer, from: number, to: number): void {
    const { socket } = this
    if (this.#isEnding || socket.destroyed) return
    this.#given += to - from
    let begin = from
    if (this.#isWriting) {
      this.#gather(source, begin, to)
      return
    }
    if (this.#fd >= 0) {
      const written = writeNow(this.#fd, source, from, to - from)
      if (written < 0) {
        socket.destroy()
        return
      }
      begin += written
      if (begin === to) return
    }
    const waiting = Buffer.allocUnsafeSlow(to - begin)
    source.copy(waiting, 0, begin, to)
    this.#stream(waiting)
  }

  pause(): void {
    this.socket.pause()
  }

  resume(): void {
    if (!this.#isEnding && !this.socket.destroyed) this.socket.resume()
  }

  /**
   * Ends the connection once what was written is out. What the client still sends is read and
   * dropped for a moment: closing over unread bytes would reset the connection, and the client
   * might lose replies that it has not read.
   */
  end(): void {
    if (this.#isEnding || this.socket.destroyed) return
    this.#isEnding = true
    const { socket } = this
    while (this.#gathered > 0) this.#handOver()
    socket.end(() => {
      const timer = setTimeout(() => socket.destroy(), LINGER_MS).unref()
      socket.once('close', () => clearTimeout(timer))
    })
    socket.resume()
  }

  destroy(): void {
    this.socket.destroy()
  }

  #took(owner: WireOwner, buffer: Buffer, length: number): void {
    if (!this.#isEnding) owner.bytes(buffer, length)
  }

  #stream(waiting: Buffer): void {
    this.#isWriting = true
    this.socket.write(waiting, this.#wrote)
  }

  #gather(source: Buffer, from: number, to: number): void {
    let at = from
    while (at < to) {
      let block = this.#blocks.at(-1)
      if (block === undefined || this.#filled === block.length) {
        const length = block === undefined ? FIRST_BLOCK : Math.min(2 * block.length, LAST_BLOCK)
        block = Buffer.allocUnsafeSlow(length)
        this.#blocks.push(block)
        this.#filled = 0
      }
      const count = Math.min(to - at, block.length - this.#filled)
      source.copy(block, this.#filled, at, at + count)
      this.#filled += count
      at += count
    }
    this.#gathered += to - from
  }

  /** Gives the stream the first block. */
  #handOver(): void {
    const block = this.#blocks.shift()
    if (block === undefined) return
    const length = this.#blocks.length === 0 ? this.#filled : block.length
    this.#gathered -= length
    this.#stream(block.subarray(0, length))
  }

  #dropGathered(): void {
    this.#blocks = []
    this.#gathered = 0
  }

  #keepDescriptor(fd: number): void {
    this.#fd = fd
    const { socket } = this
    const destroy = socket._destroy
    socket._destroy = (error, done) => {
      this.#fd = -1
      destroy.call(socket, error, done)
    }
  }
}

/**
 * Refuses a connection with a line of text.
 * @param accepted paused
 */
export function refuse(accepted: Socket, text: string): void {
  accepted.on('error', ignore)
  accepted.end(text, () => {
    setTimeout(() => accepted.destroy(), LINGER_MS / 4).unref()
  })
  accepted.resume()
}

/** Takes the handle out of an accepted socket; undefined where it is not what it should be. */
function detach(accepted: Socket): Handle | undefined {
  const inner = accepted as Inner
  const handle = inner._handle
  if (typeof handle?.useUserBuffer !== 'function') return undefined
  inner._handle = null
  accepted.destroy() // without its handle: only the server's count of connections changes
  return handle
}

function wrap(handle: Handle, took: (buffer: Buffer, length: number) => void): Socket {
  readBuffer ??= Buffer.allocUnsafeSlow(READ_BYTES)
  const options = {
    handle,
    allowHalfOpen: true,
    pauseOnCreate: true,
    onread: {
      buffer: readBuffer,
      callback: (length: number, buffer: Buffer) => {
        took(buffer, length)
        return true
      },
    },
  }
  return new Socket(options as object as SocketConstructorOpts)
}

/** @returns bytes written: 0 when the socket takes none now, -1 when it is broken */
function writeNow(fd: number, source: Buffer, from: number, length: number): number {
  try {
    return writeSync(fd, source, from, length)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EAGAIN' ? 0 : -1
  }
}

function ignore(): void {}
