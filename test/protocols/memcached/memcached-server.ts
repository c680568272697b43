/** A real memcached, where it is installed, for tests that compare with it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const PROGRAM = 'memcached'

function isInstalled(): boolean {
  try {
    execFileSync(PROGRAM, ['-V'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

export const HAS_MEMCACHED: boolean = isInstalled()

export class RealMemcached {
  readonly #child: ChildProcess
  readonly #port: number

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.#port = port
  }

  /** Starts one on a free port, and waits until it answers. */
  static async start(): Promise<RealMemcached> {
    const probe = createServer().listen(0, '127.0.0.1')
    await once(probe, 'listening')
    const { port } = probe.address() as AddressInfo
    probe.close()
    await once(probe, 'close')
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : []
    const options = ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-m', '64', ...user]
    const server = new RealMemcached(spawn(PROGRAM, options, { stdio: 'ignore' }), port)
    for (let tries = 0; tries < 100; tries++) {
      const socket = connect(port, '127.0.0.1')
      const isUp = await Promise.race([
        once(socket, 'connect').then(
          () => true,
          () => false,
        ),
        sleep(1000, false),
      ])
      socket.destroy()
      if (isUp) return server
      await sleep(50)
    }
    server.stop()
    throw new Error(`memcached does not answer on port ${port}`)
  }

  async connect(): Promise<Socket> {
    const socket = connect(this.#port, '127.0.0.1')
    await once(socket, 'connect')
    return socket
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }
}
