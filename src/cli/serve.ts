/**
 * `heddle serve`: an engine and a server in a process of their own, from its settings to its exit
 * code. One line on stdout says that it is ready; what is wrong is one line on stderr.
 */
import { setFlagsFromString } from 'node:v8'
import { createEngine, type Engine } from '../engine/engine.ts'
import type { HeddleError } from '../engine/errors.ts'
import type { EngineOptions } from '../engine/options.ts'
import { parseSize } from '../engine/sizes.ts'
import { checkFiles } from '../server/check-files.ts'
import { openFilesShortage } from '../server/open-files.ts'
import { resolveServeOptions, type ServeOptions } from '../server/options.ts'
import { type Server, serve } from '../server/serve.ts'
import { CommandLog } from './command-log.ts'
import { flagOfOption, optionsFor, serveHelp } from './flags.ts'
import { effectiveConfig } from './print-config.ts'
import { readSettings, type Settings, UsageError } from './settings.ts'

/** Rows for threads beside the workers: the main thread, and workers that are being replaced. */
const SPARE_THREADS = 8
const DEFAULT_MEMORY = '64mb'
/** Doors for Redis clients. */
const REDIS_FLAGS = ['redis-port', 'redis-tls-port', 'redis-socket']
/** Of the memory, for the mutation rings of a server with a door for Redis. */
const FEED_SHARE = 32
const MOST_FEED_BYTES = 16 * 1024 * 1024
/** Whatever clients do, and whatever goes wrong: so long after a signal the process is gone. */
const EXIT_MS = 2800
/** So long its last lines may wait for whoever reads them. */
const LAST_LINES_MS = 200

/**
 * V8 compiles what a request runs through into few functions, not many that call each other: a
 * tenth of a GET. Its own limit is 920.
 */
const INLINED_BYTES = 2500

/** @returns the exit code: 0, 1 when it cannot serve, 2 for a wrong command line */
export async function serveCommand(argv: readonly string[]): Promise<number> {
  setFlagsFromString(`--max-inlined-bytecode-size-cumulative=${INLINED_BYTES}`)
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
  const log = new CommandLog(settings)
  log.takeWarnings()
  for (const warning of settings.warnings) log.warn(warning)
  const stop = awaitSignal(log)
  try {
    const options = optionsFor('serve', settings.values) as ServeOptions // checked by the next
    const resolved = resolveServeOptions(options)
    const { workers, maxConnections } = resolved
    const engine = createEngine(engineOptionsOf(settings, workers))
    if (settings.values.get('print-config') === true) {
      checkFiles(resolved)
      engine.close()
      process.stdout.write(effectiveConfig(settings, resolved))
      return 0
    }
    const server = await serve(engine, options)
    const shortage = openFilesShortage(maxConnections, workers)
    if (shortage !== undefined) log.warn(shortage)
    process.on('SIGHUP', () => void reload(server, log, settings))
    process.stdout.write(readyLine(server, engine))
    await Promise.race([stop, server.closed])
    await server.close()
    engine.close()
    endSoon()
    return 0
  } catch (error) {
    return complain(error, settings)
  }
}

/** Lines that nobody takes would keep the process; where there are none it is gone at once. */
function endSoon(): void {
  setTimeout(() => process.exit(0), LAST_LINES_MS).unref()
}

/** Resolves at the first SIGTERM or SIGINT; from then on the process ends in time. */
function awaitSignal(log: CommandLog): Promise<void> {
  return new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      log.signal(signal)
      setTimeout(() => process.exit(0), EXIT_MS).unref()
      resolve()
    }
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
  })
}

/** What is bad is told, and what was good goes on. */
async function reload(server: Server, log: CommandLog, settings: Settings): Promise<void> {
  try {
    await server.reload()
    log.reloaded()
  } catch (error) {
    log.notReloaded(messageOf(error, settings))
  }
}

function engineOptionsOf({ values }: Settings, workers: number): EngineOptions {
  const memory = values.get('memory') ?? DEFAULT_MEMORY
  const hasRedis = REDIS_FLAGS.some((name) => values.has(name))
  const feedBytes = hasRedis ? feedBytesOf(memory) : 0
  // checked by createEngine
  const given = { ...optionsFor('engine', values), feedBytes, maxThreads: workers + SPARE_THREADS }
  return given as EngineOptions
}

/** What CLIENT TRACKING and keyspace events take of the memory; 0 where the size is refused. */
function feedBytesOf(memory: unknown): number {
  try {
    return Math.min(MOST_FEED_BYTES, Math.floor(parseSize('memory', memory) / FEED_SHARE))
  } catch {
    return 0
  }
}

function readyLine(server: Server, engine: Engine): string {
  const fields = ['heddle', 'ready']
  if (server.addresses.length > 0) fields.push(`memcached=${server.addresses.join(',')}`)
  if (server.redisAddresses.length > 0) fields.push(`redis=${server.redisAddresses.join(',')}`)
  if (server.httpAddresses.length > 0) fields.push(`http=${server.httpAddresses.join(',')}`)
  for (const [name, addresses] of Object.entries(server.tlsAddresses)) {
    if (addresses.length > 0) fields.push(`${name}-tls=${addresses.join(',')}`)
  }
  if (server.unixSocket !== undefined) fields.push(`unix=${server.unixSocket}`)
  if (server.redisSocket !== undefined) fields.push(`redis-unix=${server.redisSocket}`)
  fields.push(`workers=${server.workers}`, `handoff=${server.handOff}`)
  fields.push(`memory=${engine.stats().memory.budget}`, `pid=${process.pid}`)
  return `${fields.join(' ')}\n`
}

function complain(error: unknown, settings?: Settings): number {
  new CommandLog(settings).fail(messageOf(error, settings))
  return error instanceof UsageError ? 2 : 1
}

/** Options have the names of the API; here they are called as where they come from. */
function messageOf(error: unknown, settings: Settings | undefined): string {
  if (!(error instanceof Error)) return String(error)
  const { field } = error as Partial<HeddleError>
  if (field === undefined || !error.message.startsWith(field)) return error.message
  const kebab = field.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)
  const setting = flagOfOption(field)?.name ?? kebab
  return (settings?.nameOf(setting) ?? setting) + error.message.slice(field.length)
}
