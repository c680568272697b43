/**
 * The acceptor in a thread of its own, for applications that are too busy to accept and read: the
 * same ServerThread, started and stopped by messages. Its workers are its children, so when it dies
 * all go with it, and every connection; a new one then listens on the same addresses.
 */
import { type MessagePort, Worker } from 'node:worker_threads'
import { HeddleError } from '../engine/errors.ts'
import type { HostAndPort } from './options.ts'
import { type ListeningServer, type ServerSpec, ServerThread } from './server-thread.ts'

type FromAcceptor =
  | { readonly kind: 'listening'; readonly listening: ListeningServer }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; field?: string }
  | { readonly kind: 'shutdown'; readonly isGraceful: boolean }

const RESTART_MS = 50
const CLOSE_MS = 2900

/** What runs in the thread. */
export async function runAcceptor(spec: ServerSpec, port: MessagePort): Promise<void> {
  const send = (message: FromAcceptor) => port.postMessage(message)
  const server = new ServerThread(spec)
  server.onShutdown = (isGraceful) => send({ kind: 'shutdown', isGraceful })
  port.on('message', async () => {
    await server.close()
    process.exit(0)
  })
  try {
    send({ kind: 'listening', listening: await server.start() })
  } catch (error) {
    const { message, code, field } = error as HeddleError
    send({ kind: 'refused', code, message, ...(field === undefined ? {} : { field }) })
  }
}

/** The thread as the application's thread sees it. */
export class AcceptorThread {
  #spec: ServerSpec
  #thread: Worker | undefined
  #isClosing = false
  onShutdown: (isGraceful: boolean) => void = () => {}

  constructor(spec: ServerSpec) {
    this.#spec = spec
  }

  /** The thread itself: for tests, which kill it. */
  get thread(): Worker | undefined {
    return this.#thread
  }

  async start(): Promise<ListeningServer> {
    const listening = await this.#run()
    // A successor listens where clients know the server to be, also if the port was any free one.
    this.#spec = { ...this.#spec, options: withPorts(this.#spec.options, listening) }
    return listening
  }

  async close(): Promise<void> {
    this.#isClosing = true
    const thread = this.#thread
    if (thread === undefined) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => void thread.terminate(), CLOSE_MS)
      thread.once('exit', () => {
        clearTimeout(timer)
        resolve()
      })
      thread.postMessage('close')
    })
  }

  #run(): Promise<ListeningServer> {
    const thread = new Worker(new URL('../../workers/accept.ts', import.meta.url), {
      workerData: this.#spec,
      stdin: false,
      execArgv: [],
    })
    this.#thread = thread
    return new Promise((resolve, reject) => {
      let reason: unknown = new Error('the acceptor ended before it listened')
      thread.on('error', (error) => (reason = error))
      thread.on('message', (message: FromAcceptor) => {
        if (message.kind === 'shutdown') this.onShutdown(message.isGraceful)
        else if (message.kind === 'listening') {
          thread.on('exit', () => this.#replace())
          resolve(message.listening)
        } else {
          reason = refusal(message)
          thread.postMessage('close')
        }
      })
      thread.on('exit', () => {
        this.#thread = undefined
        reject(reason)
      })
    })
  }

  #replace(): void {
    if (this.#isClosing) return
    setTimeout(() => {
      if (this.#isClosing) return
      // Also when no thread can be had.
      Promise.resolve()
        .then(() => this.#run())
        .catch(() => this.#replace())
    }, RESTART_MS)
  }
}

function refusal(message: Extract<FromAcceptor, { kind: 'refused' }>): Error {
  if (!message.code?.startsWith('HEDDLE_')) return new Error(message.message)
  const code = message.code as HeddleError['code']
  return new HeddleError(code, message.message, { field: message.field ?? 'memcachedPort' })
}

function withPorts(
  options: ServerSpec['options'],
  { addresses, redisAddresses }: ListeningServer,
): ServerSpec['options'] {
  const ports = boundPorts(options.ports, addresses)
  return { ...options, ports, redisPorts: boundPorts(options.redisPorts, redisAddresses) }
}

function boundPorts(ports: readonly HostAndPort[], addresses: readonly string[]): HostAndPort[] {
  return ports.map(({ host }, index) => {
    return { host, port: Number(/\d+$/.exec(addresses[index]!)![0]) }
  })
}
