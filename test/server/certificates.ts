/**
 * Certificates for tests, made by openssl once per test file in a folder of their own: an authority
 * with two certificates for the server and one for a client, and another authority with a client.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class Certificates {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'heddle-tls-'))

  constructor() {
    writeFileSync(this.file('san'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
    for (const authority of ['ca', 'other-ca']) {
      const key = ['-keyout', this.file(`${authority}.key`), '-out', this.file(`${authority}.pem`)]
      openssl(['req', '-x509', ...NEW_KEY, ...key, '-days', '30', '-subj', `/CN=${authority}`])
    }
    for (const name of ['server', 'server-2', 'client']) this.#issue(name, 'ca')
    this.#issue('stranger', 'other-ca')
    const words = ['-passout', 'pass:words', '-out', this.file('locked.key')]
    openssl(['pkey', '-in', this.file('server.key'), '-aes128', ...words])
  }

  file(name: string): string {
    return join(this.folder, name)
  }

  read(name: string): string {
    return readFileSync(this.file(name), 'utf8')
  }

  /** Puts another pair of files where a server reads its own: `live.pem` and `live.key`. */
  deploy(name: string): { tlsCert: string; tlsKey: string } {
    copyFileSync(this.file(`${name}.pem`), this.file('live.pem'))
    copyFileSync(this.file(`${name}.key`), this.file('live.key'))
    return { tlsCert: this.file('live.pem'), tlsKey: this.file('live.key') }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }

  #issue(name: string, authority: string): void {
    const request = this.file(`${name}.csr`)
    const key = ['-keyout', this.file(`${name}.key`), '-out', request]
    openssl(['req', ...NEW_KEY, ...key, '-subj', `/CN=${name}`])
    const by = ['-CA', this.file(`${authority}.pem`), '-CAkey', this.file(`${authority}.key`)]
    const out = ['-CAcreateserial', '-days', '30', '-extfile', this.file('san')]
    openssl(['x509', '-req', '-in', request, ...by, ...out, '-out', this.file(`${name}.pem`)])
  }
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']

function openssl(args: readonly string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe', timeout: 20_000 })
}
