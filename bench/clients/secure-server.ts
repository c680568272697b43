/**
 * `heddle serve` with a plain port and one for TLS in the same process, so that the two are
 * compared within it, and a certificate for both made by openssl, as an operator would.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Target } from '../../src/load/connection.ts'
import { stopped, takeAlong } from '../load/servers.ts'

export type HandOff = 'frames' | 'sockets'

export interface SecureServer {
  readonly handOff: HandOff
  readonly pid: number
  readonly plain: Target
  readonly secure: Target
  stop(): Promise<void>
}

export interface Certificate {
  readonly certFile: string
  readonly keyFile: string
  /** The certificate itself, which clients trust. */
  readonly pem: string
  remove(): void
}

const HEDDLE = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const HOST = '127.0.0.1'
const MOST_CLIENTS = 12_000

/** Undefined where there is no openssl. */
export function makeCertificate(): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'heddle-bench-tls-'))
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const remove = () => rmSync(folder, { recursive: true, force: true })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile]
  const name = ['-subj', '/CN=heddle', '-addext', `subjectAltName=IP:${HOST}`]
  try {
    execFileSync('openssl', ['req', '-x509', ...key, '-out', certFile, '-days', '2', ...name], {
      stdio: 'pipe',
    })
  } catch {
    remove()
    return undefined
  }
  return { certFile, keyFile, pem: readFileSync(certFile, 'utf8'), remove }
}

export async function startSecure(
  handOff: HandOff,
  { certFile, keyFile, pem }: Certificate,
): Promise<SecureServer> {
  const args = [HEDDLE, 'serve', '--host', HOST, '--memcached-port', '0', '--handoff', handOff]
  args.push('--memcached-tls-port', '0', '--tls-cert', certFile, '--tls-key', keyFile)
  args.push('--workers', '1', '--memory', '256mb', '--max-connections', String(MOST_CLIENTS))
  args.push('--log-level', 'error')
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  takeAlong(child)
  const [line] = await once(child.stdout.setEncoding('utf8'), 'data')
  const portOf = (field: string) => {
    const port = new RegExp(` ${field}=[^ ]*:(\\d+)`).exec(String(line))?.[1]
    if (port === undefined) throw new Error(`heddle serve says nothing of ${field}: ${line}`)
    return Number(port)
  }
  const base = { protocol: 'memcached', host: HOST } as const
  const plain: Target = { ...base, port: portOf('memcached') }
  const tls = { ca: pem, isUnverified: false }
  const secure: Target = { ...base, port: portOf('memcached-tls'), tls }
  return { handOff, pid: child.pid!, plain, secure, stop: () => stopped(child) }
}
