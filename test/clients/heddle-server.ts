/** `heddle serve` as a process of its own, for tests that talk to it as any client would. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const PROGRAM = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

export interface HeddleServer {
  readonly port: number
  /** NaN without `--redis-port`. */
  readonly redisPort: number
  /** NaN without `--http-port`. */
  readonly httpPort: number
  readonly pid: number
  stop(): Promise<void>
}

/** Starts a server on a free port; ends it when the caller asks. */
export async function startHeddle(flags: readonly string[] = []): Promise<HeddleServer> {
  const args = [PROGRAM, 'serve', '--memcached-port', '0', ...flags]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ready = await firstLine(child)
  const port = Number(/memcached=[^ ]*:(\d+)/.exec(ready)?.[1])
  if (!(port > 0)) throw new Error(`no port in: ${ready}`)
  const redisPort = Number(/redis=[^ ]*:(\d+)/.exec(ready)?.[1])
  const httpPort = Number(/http=[^ ]*:(\d+)/.exec(ready)?.[1])
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  return { port, redisPort, httpPort, pid: child.pid!, stop }
}

async function firstLine(child: ChildProcess): Promise<string> {
  const lines = createInterface({ input: child.stdout! })
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`heddle serve ended with ${code}`)
  })
  const line = await Promise.race([once(lines, 'line'), ended])
  return String((line as string[])[0])
}
