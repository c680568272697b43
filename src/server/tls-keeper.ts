/**
 * The certificate of a running server, in the thread that accepts: read when the server is made,
 * read again when an operator asks, and given to the threads where TLS ends. A file that is bad
 * when it is read again changes nothing: what was good goes on.
 */
import { certificateConcern, readTlsMaterial, type TlsMaterial } from './tls-material.ts'
import type { ResolvedTlsOptions, TlsRules } from './tls-options.ts'

/** What a worker that ends TLS is started with. */
export interface TlsSpec {
  readonly rules: TlsRules
  readonly material: TlsMaterial
}

export class TlsKeeper {
  readonly #options: ResolvedTlsOptions
  #material: TlsMaterial

  /** @throws HeddleError that names the file at fault */
  constructor(options: ResolvedTlsOptions) {
    this.#options = options
    this.#material = readTlsMaterial(options.files)
  }

  get spec(): TlsSpec {
    return { rules: this.#options.rules, material: this.#material }
  }

  /** What an operator should know of the certificate of the moment. */
  get concern(): string | undefined {
    return certificateConcern(this.#material.cert)
  }

  /** Reads the files again. @throws HeddleError, and keeps what there was */
  reload(): TlsMaterial {
    this.#material = readTlsMaterial(this.#options.files)
    return this.#material
  }
}
