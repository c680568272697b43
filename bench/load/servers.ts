/**
 * The servers that are compared: heddle in four shapes for memcached's clients and in two for those
 * of Redis, memcached with one thread, Redis, and the floor. Each is a child process on a free port
 * of the loopback interface; one that is not installed answers with a sentence that says so, and
 * the suite goes on without it.
 */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Target } from '../../src/load/connection.ts'
import { startFloor } from '../../src/load/floor-server.ts'

export interface RunningServer {
  readonly name: ServerName
  readonly target: Target
  readonly pid: number
  stop(): Promise<void>
}

interface Recipe {
  readonly protocol: Target['protocol']
  readonly command: string
  readonly args: (port: number, memoryMb: number) => readonly string[]
  /** Why it cannot be started. */
  readonly absence: string
}

const HEDDLE = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const HOST = '127.0.0.1'
const START_TIMEOUT_MS = 10_000
const STOP_TIMEOUT_MS = 5_000
const RETRY_MS = 20
const MOST_STDERR = 500
/** memcached refuses to run as root without being told whom to become. */
const ROOT_ARGS = process.getuid?.() === 0 ? ['-u', 'nobody'] : []

function heddle(
  handoff: 'frames' | 'sockets',
  workers: number,
  protocol: Target['protocol'] = 'memcached',
): Recipe {
  return {
    protocol,
    command: process.execPath,
    args: (port, memoryMb) => [
      ...[HEDDLE, 'serve', '--host', HOST, `--${protocol}-port`, String(port)],
      ...['--workers', String(workers), '--handoff', handoff, '--memory', `${memoryMb}mb`],
    ],
    absence: 'heddle serve is not in this checkout',
  }
}

const RECIPES = {
  'heddle frames 1': heddle('frames', 1),
  'heddle frames 2': heddle('frames', 2),
  'heddle sockets 1': heddle('sockets', 1),
  'heddle sockets 2': heddle('sockets', 2),
  'heddle RESP frames 1': heddle('frames', 1, 'redis'),
  'heddle RESP sockets 1': heddle('sockets', 1, 'redis'),
  'memcached -t 1': {
    protocol: 'memcached',
    command: 'memcached',
    args: (port, memoryMb) => [
      ...['-l', HOST, '-p', String(port), '-U', '0', '-t', '1', '-m', String(memoryMb)],
      ...ROOT_ARGS,
    ],
    absence: 'memcached is not installed (Debian package memcached)',
  },
  redis: {
    protocol: 'redis',
    command: 'redis-server',
    args: (port, memoryMb) => [
      ...['--bind', HOST, '--port', String(port), '--save', '', '--appendonly', 'no'],
      ...['--maxmemory', `${memoryMb}mb`, '--loglevel', 'warning', '--daemonize', 'no'],
    ],
    absence: 'redis-server is not installed (Debian package redis-server)',
  },
} as const satisfies Record<string, Recipe>

export type ServerName = keyof typeof RECIPES | 'floor'

/** The running server, or why there is none. */
export async function startServer(
  name: ServerName,
  memoryMb: number,
): Promise<RunningServer | string> {
  if (name === 'floor') {
    const floor = await startFloor()
    if (typeof floor === 'string') return floor
    const { target, pid } = floor
    return { name, target, pid, stop: async () => floor.stop() }
  }
  const recipe: Recipe = RECIPES[name]
  const { protocol, command } = recipe
  if (command === process.execPath && !existsSync(HEDDLE)) return recipe.absence
  const port = await freePort()
  const args = recipe.args(port, memoryMb)
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  takeAlong(child)
  const failure = await started(child, port)
  if (failure === 'ENOENT') return recipe.absence
  if (failure !== undefined) throw new Error(`${name} did not start: ${failure}`)
  const target: Target = { protocol, host: HOST, port }
  return { name, target, pid: child.pid as number, stop: () => stopped(child) }
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
function started(child: ChildProcess, port: number): Promise<string | undefined> {
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
    child.on('exit', (code) => end(`it ended with code ${code}: ${words.trim()}`))
    const knock = () => {
      if (isOver) return
      const socket = connect({ host: HOST, port })
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
