/**
 * `serve(engine, options)`: the cache of this process, opened to others. The server's own thread
 * part runs here, or in a thread of its own where this one is busy; either way the application goes
 * on reading in process what others reach by socket.
 */
import type { Engine } from '../engine/engine.ts'
import { badType } from '../engine/errors.ts'
import type { EngineHandle } from '../engine/session.ts'
import type { Snapshot } from '../observe/snapshot.ts'
import { AcceptorThread } from './accept-thread.ts'
import type { HandOff } from './hand-off.ts'
import type { Protocol } from './listen.ts'
import { type Observed, observerOf } from './observation.ts'
import { type ResolvedServeOptions, resolveServeOptions, type ServeOptions } from './options.ts'
import { type ListeningServer, type ServerSpec, ServerThread } from './server-thread.ts'

export type { HandOff, ServeOptions, Snapshot }

/** A running server. */
export interface Server {
  /** Where it listens for memcached clients: `127.0.0.1:11211`. Empty with a unix socket alone. */
  readonly addresses: readonly string[]
  /** Where it listens for Redis clients. Empty without a `redisPort`. */
  readonly redisAddresses: readonly string[]
  /** Where it listens for HTTP clients. Empty without an `httpPort`. */
  readonly httpAddresses: readonly string[]
  /** Where it speaks TLS, by protocol: `tlsAddresses.redis`. */
  readonly tlsAddresses: Readonly<Record<Protocol, readonly string[]>>
  readonly unixSocket: string | undefined
  /** The path of the unix socket for Redis clients. */
  readonly redisSocket: string | undefined
  readonly handOff: HandOff
  readonly workers: number
  /** Resolves when the server has ended: after `close`, or because a client said `shutdown`. */
  readonly closed: Promise<void>
  /** What the server and its engine count and measure, now: stops nobody. */
  observe(): Snapshot
  /**
   * Reads the files again that may have changed since: new connections get the certificate that is
   * there now, those that are open go on with theirs. Rejects when a file is bad; then nothing has
   * changed.
   */
  reload(): Promise<void>
  /** Stops accepting, answers what was read, ends its threads: in 3 seconds at most. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/** What serves, wherever it runs. */
interface Backend {
  start(): Promise<ListeningServer>
  close(): Promise<void>
  reload(): void | Promise<void>
  onShutdown: (isGraceful: boolean) => void
  /** Valid once it has started. */
  readonly observed: Observed
}

/**
 * Serves memcached's protocols, with a `redisPort` or a `redisSocket` that of Redis, and with an
 * `httpPort` HTTP, from an engine of this process.
 * @throws HeddleError for options that are wrong, and addresses that cannot be had
 */
export async function serve(engine: Engine, options: ServeOptions = {}): Promise<Server> {
  const handle = handleOf(engine)
  const resolved = resolveServeOptions(options)
  const spec: ServerSpec = { engine: handle, options: resolved }
  const backend = resolved.acceptor === 'here' ? new ServerThread(spec) : new AcceptorThread(spec)
  return makeServer(engine, backend, resolved)
}

async function makeServer(
  engine: Engine,
  backend: Backend,
  options: ResolvedServeOptions,
): Promise<Server> {
  const { observed: _, ...listening } = await backend.start()
  const { promise: closed, resolve } = withResolvers()
  const close = async () => {
    await backend.close()
    resolve()
    await closed
  }
  backend.onShutdown = () => void close()
  const { handOff, workers } = options
  return {
    ...listening,
    handOff,
    workers,
    closed,
    observe: observing(engine, backend),
    reload: async () => backend.reload(),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** A thread that took the place of a dead one has boards of its own. */
function observing(engine: Engine, backend: Backend): () => Snapshot {
  let { observed } = backend
  let observe = observerOf(engine, observed)
  return () => {
    if (observed !== backend.observed) {
      observed = backend.observed
      observe = observerOf(engine, observed)
    }
    return observe()
  }
}

function withResolvers(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((done) => {
    resolve = done
  })
  return { promise, resolve }
}

function handleOf(engine: Engine): EngineHandle {
  const handle: unknown = (engine as Engine | undefined)?.handle
  if (typeof handle !== 'object') throw badType('engine', engine, 'an engine of createEngine')
  engine.stats() // throws HEDDLE_CLOSED
  return engine.handle
}
