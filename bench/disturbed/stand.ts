/**
 * The servers that are disturbed: heddle in a process that embeds it (server.ts), memcached and
 * Redis; each with a second connection beside the load, by which it is disturbed and asked what
 * has happened to it.
 */
import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Target } from '../../src/load/connection.ts'
import { startServer, stopped, takeAlong } from '../load/servers.ts'
import type { HostCommand, HostOrder, HostReply } from './server.ts'
import { Talk } from './talk.ts'

export type StandName =
  | 'heddle sockets 1'
  | 'heddle frames 1'
  | 'heddle frames 1, acceptor apart'
  | 'memcached -t 1'
  | 'redis'

export interface Stand {
  readonly name: StandName
  readonly protocol: 'memcached' | 'redis'
  readonly pid: number
  readonly target: Target
  readonly talk: Talk
  /** heddle: `http://127.0.0.1:8080` */
  readonly base: string | undefined
  /** heddle: what only its process can do. */
  order(command: HostCommand): Promise<HostReply>
  stop(): Promise<void>
}

const HOST_SCRIPT = fileURLToPath(new URL('./server.ts', import.meta.url))
const HOST = '127.0.0.1'
const HEDDLES: Partial<Record<StandName, Omit<HostOrder, 'memoryMb'>>> = {
  'heddle sockets 1': { handOff: 'sockets', acceptor: 'here' },
  'heddle frames 1': { handOff: 'frames', acceptor: 'here' },
  'heddle frames 1, acceptor apart': { handOff: 'frames', acceptor: 'worker' },
}

/** The running server, or why there is none. */
export async function startStand(name: StandName, memoryMb: number): Promise<Stand | string> {
  const shape = HEDDLES[name]
  if (shape !== undefined) return await startHeddle(name, { ...shape, memoryMb })
  const server = await startServer(name as 'memcached -t 1' | 'redis', memoryMb)
  if (typeof server === 'string') return server
  const { target, pid } = server
  const talk = await Talk.to(target.port)
  const protocol = name === 'redis' ? 'redis' : 'memcached'
  if (name === 'redis') await talk.ask('CONFIG SET maxmemory-policy allkeys-lru\r\n', /^\+OK\r\n$/)
  const order = () => Promise.reject(new Error(`${name} takes no orders`))
  const stop = async () => {
    talk.close()
    await server.stop()
  }
  return { name, protocol, pid, target, talk, base: undefined, order, stop }
}

async function startHeddle(name: StandName, order: HostOrder): Promise<Stand> {
  const child = fork(HOST_SCRIPT, [JSON.stringify(order)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  takeAlong(child)
  const listening = await replyOf(child)
  if (listening.kind !== 'listening') throw new Error(`${name} began with ${listening.kind}`)
  const { port, httpPort } = listening
  const talk = await Talk.to(port)
  return {
    ...{ name, protocol: 'memcached', pid: child.pid!, base: `http://${HOST}:${httpPort}` },
    ...{ target: { protocol: 'memcached', host: HOST, port }, talk },
    order(command) {
      const reply = replyOf(child)
      child.send(command)
      return reply
    },
    async stop() {
      talk.close()
      await stopped(child)
    },
  }
}

async function replyOf(child: ChildProcess): Promise<HostReply> {
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the server under test ended with code ${code}`)
  })
  ended.catch(() => {})
  const [reply] = (await Promise.race([once(child, 'message'), ended])) as [HostReply]
  return reply
}

/** One counter, of `stats` or of INFO. */
export async function counterOf({ protocol, talk }: Stand, name: string): Promise<number> {
  const isRedis = protocol === 'redis'
  const text = isRedis
    ? await talk.ask('INFO stats\r\n', Talk.isBulk)
    : await talk.ask('stats\r\n', /END\r\n$/)
  const line = new RegExp(isRedis ? `^${name}:(\\d+)` : `^STAT ${name} (\\d+)`, 'm')
  const found = line.exec(text)?.[1]
  if (found === undefined) throw new Error(`no counter ${name} in ${text.length} characters`)
  return Number(found)
}
