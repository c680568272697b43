/**
 * Starts and stops the servers that are compared (recipes.ts) and the floor. Each is a child
 * process on a free port of the loopback interface or a unix socket of its own; one that is not
 * installed answers with a sentence that says so, and the suite goes on without it.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Target } from '../../src/load/connection.ts'
import { startFloor } from '../../src/load/floor-server.ts'
import type { Certificate } from '../clients/secure-server.ts'
import { HEDDLE, HOST, RECIPES } from './recipes.ts'
import type { Place, Recipe } from './recipes.ts'

export interface RunningServer {
  readonly name: ServerName
  readonly target: Target
  readonly pid: number
  stop(): Promise<void>
}

const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 5_000
const RETRY_MS = 20
const MOST_STDERR = 500
const NOT_FOUND = 'not found'
export type ServerName = keyof typeof RECIPES | 'floor'

export function isFloor(name: ServerName): boolean {
  return name === 'floor' || isNodeFloor(name)
}

function isNodeFloor(name: ServerName): boolean {
  return name.startsWith('node floor')
}

/** What a server is asked to be; all of it may be left out. */
export interface Placement {
  /** Where clients come in: a TCP port, a unix socket, or a TCP port for TLS. */
  readonly door?: 'tcp' | 'unix' | Certificate
  /** What its command is put behind (cores.ts). */
  readonly prefix?: readonly string[]
  /** For Node, where the server runs on it, and the environment of any. */
  readonly nodeFlags?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  /** heddle's command line of another checkout. */
  readonly entry?: string
  /** Arguments after all others. */
  readonly more?: readonly string[]
  /** The length of the values that a floor answers with. */
  readonly floorBytes?: number
  readonly floorProtocol?: 'memcached' | 'redis'
}

/** The running server, or why there is none. */
export async function startServer(
  name: ServerName,
  memoryMb: number,
  placement: Placement = {},
): Promise<RunningServer | string> {
  const { prefix = [], more = [], entry = HEDDLE, floorBytes, floorProtocol } = placement
  if (name === 'floor') {
    const order = { prefix, ...(floorBytes === undefined ? {} : { valueBytes: floorBytes }) }
    const floor = await startFloor({ ...order, protocol: floorProtocol ?? 'memcached' })
    if (typeof floor === 'string') return floor
    const { target, pid } = floor
    return { name, target, pid, stop: async () => floor.stop() }
  }
  const recipe: Recipe = RECIPES[name]
  if (recipe.command === process.execPath && !existsSync(HEDDLE)) return recipe.absence
  const { place, remove } = await placeFor(placement.door ?? 'tcp')
  const ownArgs = recipe.args(place, memoryMb).map((one) => (one === HEDDLE ? entry : one))
  const flags = recipe.command === process.execPath ? (placement.nodeFlags ?? []) : []
  const sized = floorBytes !== undefined && isNodeFloor(name) ? [String(floorBytes)] : []
  const [command, ...args] = [...prefix, recipe.command, ...flags, ...ownArgs, ...sized, ...more]
  const env = { ...process.env, ...placement.environment }
  const child = spawn(command!, args, { stdio: ['ignore', 'ignore', 'pipe'], env })
  takeAlong(child)
  const failure = await started(child, place)
  if (failure !== undefined) remove()
  if (failure === 'ENOENT' || failure === NOT_FOUND) return recipe.absence
  if (failure !== undefined) throw new Error(`${name} did not start: ${failure}`)
  const stop = () => stopped(child).finally(remove)
  return { name, target: targetOf(recipe, place), pid: child.pid as number, stop }
}

function targetOf({ protocol }: Recipe, place: Place): Target {
  if (place.kind === 'unix') return { protocol, host: HOST, port: 0, path: place.path }
  const { port } = place
  if (place.kind === 'tcp') return { protocol, host: HOST, port }
  return { protocol, host: HOST, port, tls: { ca: place.certificate.pem, isUnverified: false } }
}

async function placeFor(
  door: 'tcp' | 'unix' | Certificate,
): Promise<{ place: Place; remove: () => void }> {
  if (door === 'unix') {
    const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-socket-'))
    // memcached, started by root, becomes another user before it makes its socket.
    chmodSync(folder, 0o777)
    const remove = () => rmSync(folder, { recursive: true, force: true })
    return { place: { kind: 'unix', path: join(folder, 'server.sock') }, remove }
  }
  const port = await freePort()
  if (door === 'tcp') return { place: { kind: 'tcp', port }, remove: () => {} }
  return { place: { kind: 'tls', port, certificate: door }, remove: () => {} }
}

const children = new Set<ChildProcess>()

/** However this process ends short of SIGKILL, its servers end with it. */
export function takeAlong(child: ChildProcess): void {
  if (children.size === 0 && process.listenerCount('exit', killAll) === 0) {
    process.on('exit', killAll)
    process.once('SIGINT', () => process.exit(130))
    process.once('SIGTERM', () => process.exit(143))
  }
  children.add(child)
  child.on('exit', () => children.delete(child))
}

function killAll(): void {
  for (const child of children) child.kill('SIGKILL')
}

/** Undefined when the server takes connections; its words or the error's code otherwise. */
function started(child: ChildProcess, place: Place): Promise<string | undefined> {
  return new Promise((resolve) => {
    const giveUpAt = performance.now() + START_TIMEOUT_MS
    let words = ''
    let isOver = false
    const end = (why: string | undefined) => {
      isOver = true
      resolve(why)
    }
    child.stderr?.on('data', (text) => {
      if (words.length < MOST_STDERR) words += text
    })
    child.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
    child.on('exit', (code) => {
      // taskset says it in its own words that there is no such program.
      const isAbsent = /^taskset: .*No such file or directory/.test(words)
      end(isAbsent ? NOT_FOUND : `it ended with code ${code}: ${words.trim()}`)
    })
    const knock = () => {
      if (isOver) return
      const where = place.kind === 'unix' ? { path: place.path } : { host: HOST, port: place.port }
      const socket = connect(where)
      socket.on('connect', () => {
        socket.destroy()
        end(undefined)
      })
      socket.on('error', () => {
        if (performance.now() < giveUpAt) setTimeout(knock, RETRY_MS)
        else end(`no connection within ${START_TIMEOUT_MS} ms: ${words.trim()}`)
      })
    }
    knock()
  })
}

export function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve()
      return
    }
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    child.on('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, HOST, () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}
