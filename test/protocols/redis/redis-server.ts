/** A real redis-server for tests, and a client that asks it one thing at a time. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { replyEnd } from './resp.ts'

const PROGRAM = 'redis-server'
const START_MS = 30_000
const REPLY_MS = 30_000

/** Whether there is one; where the tests are the gate, there must be. */
export function hasRedis(): boolean {
  try {
    execFileSync(PROGRAM, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    if (process.env['CI'] !== undefined) throw new Error('the gate installs redis-server')
    process.stderr.write('redis-server is not installed: apt-get install redis-server\n')
    return false
  }
}

export class RedisServer {
  readonly path: string
  readonly #folder: string
  readonly #process: ChildProcess

  private constructor(folder: string, flags: readonly string[]) {
    this.#folder = folder
    this.path = join(folder, 'socket')
    const args = ['--port', '0', '--unixsocket', this.path, '--save', '', '--dir', folder]
    this.#process = spawn(PROGRAM, [...args, ...flags], { stdio: 'ignore' })
  }

  static async start(flags: readonly string[] = []): Promise<RedisServer> {
    const server = new RedisServer(mkdtempSync(join(tmpdir(), 'heddle-redis-')), flags)
    const endsAt = Date.now() + START_MS
    for (;;) {
      try {
        const client = await server.connect()
        client.close()
        return server
      } catch (error) {
        if (Date.now() > endsAt) throw error
        await sleep(20)
      }
    }
  }

  async connect(): Promise<SocketClient> {
    const socket = connect(this.path)
    await once(socket, 'connect')
    return new SocketClient(socket)
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      this.#process.kill('SIGTERM')
      await once(this.#process, 'exit')
    }
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Asks over a socket. */
export class SocketClient {
  readonly #socket: Socket
  #received: Buffer = Buffer.alloc(0)
  #wake = (): void => {}

  constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => {
      this.#received = Buffer.concat([this.#received, chunk])
      this.#wake()
    })
    socket.on('error', () => {})
    socket.on('close', () => this.#wake())
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed
  }

  /** Sends bytes and reads so many replies, or fewer when the connection ends. */
  async ask(bytes: Buffer, count = 1): Promise<string> {
    this.#socket.write(bytes)
    const timer = setTimeout(() => this.#socket.destroy(), REPLY_MS)
    let end = 0
    for (let i = 0; i < count; i++) {
      let next = replyEnd(this.#received, end)
      while (next < 0 && this.isOpen) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        next = replyEnd(this.#received, end)
      }
      if (next < 0) break
      end = next
    }
    clearTimeout(timer)
    const replies = this.#received.toString('latin1', 0, end)
    this.#received = this.#received.subarray(end)
    return replies
  }

  close(): void {
    this.#socket.destroy()
  }
}
