/**
 * `heddle serve`: an engine and a server in a process of their own, from its settings to its exit
 * code. One line on stdout says that it is ready; what is wrong is one line on stderr.
 */
import { createEngine, type Engine } from '../engine/engine.ts'
import type { HeddleError } from '../engine/errors.ts'
import type { EngineOptions } from '../engine/options.ts'
import { openFilesShortage } from '../server/open-files.ts'
import { resolveServeOptions, type ServeOptions } from '../server/options.ts'
import { type Server, serve } from '../server/serve.ts'
import { serveHelp } from './flags.ts'
import { readSettings, type Settings, UsageError } from './settings.ts'

const DEFAULT_MEMORY = '64mb'
/** Rows for threads beside the workers: the main thread, and workers that are being replaced. */
const SPARE_THREADS = 8
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
  if (settings.get('help') === true) {
    process.stdout.write(serveHelp())
    return 0
  }
  const stop = awaitSignal()
  try {
    const options = serveOptionsOf(settings)
    const { workers, maxConnections } = resolveServeOptions(options)
    const engine = createEngine(engineOptionsOf(settings, workers))
    const server = await serve(engine, options)
    const shortage = openFilesShortage(maxConnections, workers)
    if (shortage !== undefined) process.stderr.write(`heddle serve: ${shortage}\n`)
    process.stdout.write(readyLine(server, engine))
    await Promise.race([stop, server.closed])
    await server.close()
    engine.close()
    return 0
  } catch (error) {
    return complain(error)
  }
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

function serveOptionsOf(settings: Settings): ServeOptions {
  const verbose = settings.get('verbose') ?? 0
  const given = {
    memcachedPort: settings.get('memcached-port'),
    host: settings.get('host'),
    unixSocket: settings.get('unix-socket'),
    maxConnections: settings.get('max-connections'),
    workers: settings.get('workers'),
    handOff: settings.get('handoff'),
    flush: negated(settings.get('no-flush')),
    enableShutdown: settings.get('enable-shutdown'),
    idleTimeout: settings.get('idle-timeout'),
    verbosity: typeof verbose === 'boolean' ? Number(verbose) : verbose,
  }
  return given as ServeOptions // checked by resolveServeOptions
}

function engineOptionsOf(settings: Settings, workers: number): EngineOptions {
  const given = {
    memory: settings.get('memory') ?? DEFAULT_MEMORY,
    maxItemSize: settings.get('max-item-size'),
    eviction: settings.get('eviction'),
    maxThreads: workers + SPARE_THREADS,
  }
  return given as EngineOptions // checked by createEngine
}

/** `no-flush: true` is `flush: false`; what is no boolean is refused under its own name. */
function negated(noFlush: unknown): unknown {
  return typeof noFlush === 'boolean' ? !noFlush : noFlush
}

function readyLine(server: Server, engine: Engine): string {
  const fields = ['heddle', 'ready']
  if (server.addresses.length > 0) fields.push(`memcached=${server.addresses.join(',')}`)
  if (server.unixSocket !== undefined) fields.push(`unix=${server.unixSocket}`)
  fields.push(`workers=${server.workers}`, `handoff=${server.handOff}`)
  fields.push(`memory=${engine.stats().memory.budget}`, `pid=${process.pid}`)
  return `${fields.join(' ')}\n`
}

function complain(error: unknown): number {
  process.stderr.write(`heddle serve: ${messageOf(error).replaceAll('\n', ' ')}\n`)
  return error instanceof UsageError ? 2 : 1
}

/** Options have the names of the API; here they are called as on the command line. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { field } = error as Partial<HeddleError>
  if (field === undefined || !error.message.startsWith(field)) return error.message
  const kebab = field.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)
  return (FLAG_NAMES[field] ?? kebab) + error.message.slice(field.length)
}
const FLAG_NAMES: Readonly<Record<string, string>> = {
  handOff: 'handoff',
  flush: 'no-flush',
  verbosity: 'verbose',
}
