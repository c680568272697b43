/** `heddle serve` with a port for memcached clients and one for HTTP, as a child process. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Target } from '../../src/load/connection.ts'
import { stopped, takeAlong } from '../load/servers.ts'

export interface WatchedServer {
  readonly name: 'heddle'
  readonly pid: number
  readonly target: Target
  /** `http://127.0.0.1:8080` */
  readonly base: string
  stop(): Promise<void>
}

const HEDDLE = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const HOST = '127.0.0.1'

export async function startWatched(handOff: string, workers: number): Promise<WatchedServer> {
  const ports = ['--memcached-port', '0', '--http-port', '0']
  const more = ['--workers', String(workers), '--handoff', handOff, '--log-level', 'error']
  const args = [HEDDLE, 'serve', '--host', HOST, '--memory', '256mb', ...ports, ...more]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  takeAlong(child)
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
  const portOf = (field: string): number => {
    const port = new RegExp(` ${field}=[^ ]*:(\\d+)`).exec(String(line))?.[1]
    if (port === undefined) throw new Error(`heddle serve says nothing of ${field}: ${line}`)
    return Number(port)
  }
  return {
    ...{ name: 'heddle', pid: child.pid!, base: `http://${HOST}:${portOf('http')}` },
    target: { protocol: 'memcached', host: HOST, port: portOf('memcached') },
    stop: () => stopped(child),
  }
}
