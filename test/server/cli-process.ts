/**
 * `heddle serve` as a child process of a test: run to its end, or started, with what it printed.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join, resolve } from 'node:path'

export const root: string = resolve(import.meta.dirname, '../..')
export const PROGRAM: string = join(root, 'src/cli/main.ts')
/** All that were started; `killAll` ends those that are left. */
export const children: ChildProcess[] = []

export function killAll(): void {
  for (const child of children.splice(0)) child.kill('SIGKILL')
}

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Without the variables that this test process may have inherited. */
function environment(variables: Record<string, string> = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('HEDDLE_'))
  return { ...Object.fromEntries(own), ...variables }
}

export function run(
  args: readonly string[],
  variables: Record<string, string> = {},
): Promise<Ended> {
  const options = { timeout: 20_000, env: environment(variables) }
  return new Promise((done) => {
    execFile(process.execPath, [PROGRAM, ...args], options, (error, stdout, stderr) => {
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr })
    })
  })
}

export interface Running {
  readonly child: ChildProcess
  readonly line: string
  readonly port: number
  connect(): Promise<Socket>
  /** Sends a signal and waits. */
  end(signal: NodeJS.Signals): Promise<{ code: number | null; ms: number }>
}

export async function start(
  args: readonly string[],
  variables: Record<string, string> = {},
  stderr: 'inherit' | 'pipe' = 'inherit',
): Promise<Running> {
  const child = spawn(process.execPath, [PROGRAM, 'serve', ...args], {
    stdio: ['ignore', 'pipe', stderr],
    env: environment(variables),
  })
  children.push(child)
  let line = ''
  for await (const chunk of child.stdout!.iterator({ destroyOnReturn: false })) {
    line += chunk
    if (line.endsWith('\n')) break
  }
  const port = Number(/:(\d+)[ ,]/.exec(line)?.[1] ?? 0)
  const open = async () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {})
    await once(socket, 'connect')
    return socket
  }
  const end = async (signal: NodeJS.Signals) => {
    const startedAt = performance.now()
    child.kill(signal)
    const [code] = await once(child, 'exit')
    return { code: code as number | null, ms: performance.now() - startedAt }
  }
  return { child, line, port, connect: open, end }
}
