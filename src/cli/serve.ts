/**
 * `heddle serve`: an engine and a server in a process of their own, from its settings to its exit
 * code. One line on stdout says that it is ready; what is wrong is one line on stderr.
 */
import { createEngine, type Engine } from '../engine/engine.ts'
import type { HeddleError } from '../engine/errors.ts'
import type { EngineOptions } from '../engine/options.ts'
import { parseSize } from '../engine/sizes.ts'
import { openFilesShortage } from '../server/open-files.ts'
import { resolveServeOptions, type ServeOptions } from '../server/options.ts'
import { type Server, serve } from '../server/serve.ts'
import { serveHelp } from './flags.ts'
import { readSettings, type Settings, UsageError } from './settings.ts'

const DEFAULT_MEMORY = '64mb'
/** Rows for threads beside the workers: the main thread, and workers that are being replaced. */
const SPARE_THREADS = 8
/** Of the memory, for the mutation rings of a server with a door for Redis. */
const FEED_SHARE = 32
const MOST_FEED_BYTES = 16 * 1024 * 1024
/** Whatever clients do, and whatever goes wrong: so long after a signal the process is gone. */
const EXIT_MS = 2800

/** @returns the exit code: 0, 1 when it cannot serve, 2 for a wrong command line */
export async function serveCommand(argv: readonly string[]): Promise<number> {
  // Whoever read them may have gone, or the disk is full: no reason to stop serving.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
  let settings: Settings
  try {
    settings = readSettings(argv, process.env)
  } catch (error) {
    return complain(error)
  }
  if (settings.values.get('help') === true) {
    process.stdout.write(serveHelp())
    return 0
  }
  for (const warning of settings.warnings) tell(warning)
  const stop = awaitSignal()
  try {
    const options = serveOptionsOf(settings)
    const { workers, maxConnections } = resolveServeOptions(options)
    const engine = createEngine(engineOptionsOf(settings, workers))
    const server = await serve(engine, options)
    const shortage = openFilesShortage(maxConnections, workers)
    if (shortage !== undefined) tell(shortage)
    process.stdout.write(readyLine(server, engine))
    await Promise.race([stop, server.closed])
    await server.close()
    engine.close()
    return 0
  } catch (error) {
    return complain(error, settings)
  }
}

function tell(what: string): void {
  process.stderr.write(`heddle serve: ${what.replaceAll('\n', ' ')}\n`)
}

/** Resolves at the first SIGTERM or SIGINT; from then on the process ends in time. */
function awaitSignal(): Promise<void> {
  return new Promise((resolve) => {
    const stop = () => {
      setTimeout(() => process.exit(0), EXIT_MS).unref()
      resolve()
    }
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  })
}

function serveOptionsOf({ values }: Settings): ServeOptions {
  const verbose = values.get('verbose') ?? 0
  const given = {
    memcachedPort: values.get('memcached-port'),
    redisPort: values.get('redis-port'),
    redisSocket: values.get('redis-socket'),
    host: values.get('host'),
    unixSocket: values.get('unix-socket'),
    maxConnections: values.get('max-connections'),
    workers: values.get('workers'),
    handOff: values.get('handoff'),
    flush: negated(values.get('no-flush')),
    enableShutdown: values.get('enable-shutdown'),
    enableDebug: values.get('enable-debug-command'),
    idleTimeout: values.get('idle-timeout'),
    verbosity: typeof verbose === 'boolean' ? Number(verbose) : verbose,
  }
  return given as ServeOptions // checked by resolveServeOptions
}

function engineOptionsOf({ values }: Settings, workers: number): EngineOptions {
  const memory = values.get('memory') ?? DEFAULT_MEMORY
  const hasRedis = values.has('redis-port') || values.has('redis-socket')
  const given = {
    memory,
    feedBytes: hasRedis ? feedBytesOf(memory) : 0,
    maxItemSize: values.get('max-item-size'),
    eviction: values.get('eviction'),
    maxThreads: workers + SPARE_THREADS,
  }
  return given as EngineOptions // checked by createEngine
}

/** What CLIENT TRACKING and keyspace events take of the memory; 0 where the size is refused. */
function feedBytesOf(memory: unknown): number {
  try {
    return Math.min(MOST_FEED_BYTES, Math.floor(parseSize('memory', memory) / FEED_SHARE))
  } catch {
    return 0
  }
}

/** `no-flush: true` is `flush: false`; what is no boolean is refused under its own name. */
function negated(noFlush: unknown): unknown {
  return typeof noFlush === 'boolean' ? !noFlush : noFlush
}

function readyLine(server: Server, engine: Engine): string {
  const fields = ['heddle', 'ready']
  if (server.addresses.length > 0) fields.push(`memcached=${server.addresses.join(',')}`)
  if (server.redisAddresses.length > 0) fields.push(`redis=${server.redisAddresses.join(',')}`)
  if (server.unixSocket !== undefined) fields.push(`unix=${server.unixSocket}`)
  if (server.redisSocket !== undefined) fields.push(`redis-unix=${server.redisSocket}`)
  fields.push(`workers=${server.workers}`, `handoff=${server.handOff}`)
  fields.push(`memory=${engine.stats().memory.budget}`, `pid=${process.pid}`)
  return `${fields.join(' ')}\n`
}

function complain(error: unknown, settings?: Settings): number {
  tell(messageOf(error, settings))
  return error instanceof UsageError ? 2 : 1
}

/** Options have the names of the API; here they are called as where they come from. */
function messageOf(error: unknown, settings: Settings | undefined): string {
  if (!(error instanceof Error)) return String(error)
  const { field } = error as Partial<HeddleError>
  if (field === undefined || !error.message.startsWith(field)) return error.message
  const kebab = field.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)
  const setting = FLAG_NAMES[field] ?? kebab
  return (settings?.nameOf(setting) ?? setting) + error.message.slice(field.length)
}
const FLAG_NAMES: Readonly<Record<string, string>> = {
  handOff: 'handoff',
  flush: 'no-flush',
  enableDebug: 'enable-debug-command',
  verbosity: 'verbose',
}
