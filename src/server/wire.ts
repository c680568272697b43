/**
 * A client's socket as the server uses it: bytes are read into one static buffer of the thread,
 * and written straight to the descriptor while nothing waits in the stream.
 *
 * `net.createServer` ignores `onread`, so the accepted, paused handle is wrapped again. That leans
 * on `_handle`, which is no public interface: where it is not as expected, the accepted socket is
 * used as it is, with 'data' events and stream writes.
 *
 * Order of what is written: once a byte waits in the stream, everything goes through the stream
 * until it is empty again. The descriptor is forgotten the moment the socket is destroyed
 * (`_destroy` runs before the handle closes), so no byte can reach a later connection that was
 * given the same number.
 */
import { writeSync } from 'node:fs'
import { Socket, type SocketConstructorOpts } from 'node:net'

/** What the owner of a wire is told. Calls come from the event loop, never from within `write`. */
export interface WireOwner {
  /** So many bytes were read; they are overwritten after the call. */
  bytes(source: Buffer, length: number): void
  /** The client has shut down its side: nothing more will be read. */
  ended(): void
  /** Some of what waited was written. */
  wrote(): void
  /** The socket is gone. Comes once, last. */
  closed(): void
}

interface Handle {
  readonly fd?: number
  readonly useUserBuffer?: unknown
}
interface Inner {
  _handle?: Handle | null
}

const READ_BYTES = 64 * 1024
/** So long a client that was said goodbye to may take to close its side. */
const LINGER_MS = 1000

let readBuffer: Buffer | undefined

export class Wire {
  readonly socket: Socket
  #fd = -1
  #isEnding = false
  readonly #wrote: (error?: Error | null) => void

  /** @param accepted paused, and with `allowHalfOpen` */
  constructor(accepted: Socket, owner: WireOwner) {
    const handle = detach(accepted)
    this.#wrote = (error) => {
      if (error === undefined || error === null) owner.wrote()
    }
    if (handle === undefined) {
      this.socket = accepted
      accepted.on('data', (chunk: Buffer) => this.#took(owner, chunk, chunk.length))
    } else {
      this.socket = wrap(handle, (buffer, length) => this.#took(owner, buffer, length))
      if (typeof handle.fd === 'number' && handle.fd >= 0) this.#keepDescriptor(handle.fd)
    }
    this.socket.on('error', ignore) // a reset; 'close' follows
    this.socket.on('end', () => owner.ended())
    this.socket.on('close', () => owner.closed())
  }

  /** Bytes that wait for the client to read. */
  get unwritten(): number {
    return this.socket.writableLength
  }

  get isOpen(): boolean {
    return !this.socket.destroyed
  }

  /** Writes `source[from..to)` after all that was written before; the range is free afterwards. */
  write(source: Buffer, from: number, to: number): void {
    const { socket } = this
    if (this.#isEnding || socket.destroyed) return
    let begin = from
    if (this.#fd >= 0 && socket.writableLength === 0) {
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
    socket.write(waiting, this.#wrote)
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
