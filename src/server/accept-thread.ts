/**
 * The acceptor in a thread of its own, for applications that are too busy to accept and read: the
 * same ServerThread, started and stopped by messages. Its workers are its children, so when it dies
 * all go with it, and every connection; a new one then listens on the same addresses.
 */
import { type MessagePort, Worker } from 'node:worker_threads'
import { HeddleError } from '../engine/errors.ts'
import type { Observed } from './observation.ts'
import type { HostAndPort } from './options.ts'
import type { ResolvedTlsOptions } from './tls-options.ts'
import { type ListeningServer, type ServerSpec, ServerThread } from './server-thread.ts'

type FromAcceptor =
  | { readonly kind: 'listening'; readonly listening: ListeningServer }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'shutdown'; readonly isGraceful: boolean }
  | { readonly kind: 'reloaded'; readonly refusal: Refusal | undefined }

/** An error, as a message. */
interface Refusal {
  readonly code: string
  readonly message: string
  readonly field?: string
}

type ToAcceptor = 'close' | 'reload'

const RESTART_MS = 50
const CLOSE_MS = 2900

/** What runs in the thread. */
export async function runAcceptor(spec: ServerSpec, port: MessagePort): Promise<void> {
  const send = (message: FromAcceptor) => port.postMessage(message)
  const server = new ServerThread(spec)
  server.onShutdown = (isGraceful) => send({ kind: 'shutdown', isGraceful })
  port.on('message', async (message: ToAcceptor) => {
    if (message === 'reload') {
      send({ kind: 'reloaded', refusal: refusalOf(() => server.reload()) })
      return
    }
    await server.close()
    process.exit(0)
  })
  try {
    send({ kind: 'listening', listening: await server.start() })
  } catch (error) {
    send({ kind: 'refused', refusal: plainly(error) })
  }
}

/** The thread as the application's thread sees it. */
export class AcceptorThread {
  #spec: ServerSpec
  #thread: Worker | undefined
  #isClosing = false
  #observed: Observed | undefined
  #reloaded: ((refusal: Refusal | undefined) => void)[] = []
  onShutdown: (isGraceful: boolean) => void = () => {}

  constructor(spec: ServerSpec) {
    this.#spec = spec
  }

  /** What its server shares; another one's after it was replaced. */
  get observed(): Observed {
    return this.#observed!
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

  /** Reads files again; rejects when one is bad. */
  async reload(): Promise<void> {
    const thread = this.#thread
    if (thread === undefined) return // the next reads them as they are
    const reason = await new Promise<Refusal | undefined>((resolve) => {
      this.#reloaded.push(resolve)
      thread.once('exit', () => resolve(undefined))
      thread.postMessage('reload' satisfies ToAcceptor)
    })
    if (reason !== undefined) throw refusal(reason)
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
        else if (message.kind === 'reloaded') this.#reloaded.shift()?.(message.refusal)
        else if (message.kind === 'listening') {
          thread.on('exit', () => this.#replace())
          this.#observed = message.listening.observed
          resolve(message.listening)
        } else {
          reason = refusal(message.refusal)
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

function refusalOf(what: () => void): Refusal | undefined {
  try {
    what()
    return undefined
  } catch (error) {
    return plainly(error)
  }
}

function plainly(error: unknown): Refusal {
  const { message, code, field } = error as HeddleError
  return { code, message, ...(field === undefined ? {} : { field }) }
}

function refusal(message: Refusal): Error {
  if (!message.code?.startsWith('HEDDLE_')) return new Error(message.message)
  const code = message.code as HeddleError['code']
  return new HeddleError(code, message.message, { field: message.field ?? 'memcachedPort' })
}

function withPorts(
  options: ServerSpec['options'],
  { addresses, redisAddresses, httpAddresses, tlsAddresses }: ListeningServer,
): ServerSpec['options'] {
  const ports = boundPorts(options.ports, addresses)
  const redisPorts = boundPorts(options.redisPorts, redisAddresses)
  return {
    ...options,
    ports,
    redisPorts,
    httpPorts: boundPorts(options.httpPorts, httpAddresses),
    tls: options.tls && withTlsPorts(options.tls, tlsAddresses),
  }
}

function withTlsPorts(
  tls: ResolvedTlsOptions,
  addresses: ListeningServer['tlsAddresses'],
): ResolvedTlsOptions {
  const left = new Map(Object.entries(addresses).map(([name, list]) => [name, [...list]]))
  const ports = tls.ports.map((port) => {
    const [bound] = boundPorts([port], left.get(port.protocol)!.splice(0, 1))
    return { ...port, ...bound }
  })
  return { ...tls, ports }
}

function boundPorts(ports: readonly HostAndPort[], addresses: readonly string[]): HostAndPort[] {
  return ports.map(({ host }, index) => {
    return { host, port: Number(/\d+$/.exec(addresses[index]!)![0]) }
  })
}
