/** A real memcached (Debian package, 1.6.18) as a child process, for the differential runs. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const PROGRAM = 'memcached'

export interface MemcachedProcess {
  readonly port: number
  stop(): void
}

/** Its version, or undefined where it is not installed. */
export function memcachedVersion(): string | undefined {
  try {
    return execFileSync(PROGRAM, ['-V'], { encoding: 'utf8' }).trim().replace('memcached ', '')
  } catch {
    return undefined
  }
}

/** @param flags beside the usual ones */
export async function startMemcached(flags: readonly string[] = []): Promise<MemcachedProcess> {
  const port = await freePort()
  const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
  const options = ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-m', '64', ...user, ...flags]
  const child = spawn(PROGRAM, options, { stdio: 'ignore' })
  const stop = () => void child.kill('SIGKILL')
  process.once('exit', stop)
  await isUp(child, port)
  return { port, stop }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

async function isUp(child: ChildProcess, port: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (child.exitCode !== null) throw new Error(`memcached ended with ${child.exitCode}`)
    const socket = connect(port, '127.0.0.1')
    const connected = once(socket, 'connect').then(
      () => true,
      () => false,
    )
    const answers = await Promise.race([connected, sleep(1000, false)])
    socket.destroy()
    if (answers) return
    await sleep(25)
  }
  throw new Error(`memcached does not answer on port ${port}`)
}
