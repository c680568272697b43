/**
 * The certificate, key and authorities that a server shows and trusts: read from files by the
 * accepting thread, checked there, and given to every thread where TLS ends as plain data.
 *
 * The keys of session tickets go along, so that a client may resume in any worker; they change with
 * the files, so that no session outlives the authority that it was accepted by.
 */
import { createPrivateKey, type KeyObject, randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { badOption } from '../engine/errors.ts'
import type { TlsFiles } from './tls-options.ts'

export interface TlsMaterial {
  readonly cert: string
  readonly key: string
  readonly ca: string | undefined
  readonly ticketKeys: Uint8Array
}

const TICKET_KEY_BYTES = 48
const DAY_MS = 86_400_000
/** Before a certificate is over its operator hears of it. */
const SOON_DAYS = 14
type Field = 'tlsCert' | 'tlsKey' | 'tlsCa'

/** @throws HeddleError that names the file at fault */
export function readTlsMaterial(files: TlsFiles): TlsMaterial {
  const cert = read('tlsCert', files.cert)
  const key = read('tlsKey', files.key)
  const ca = files.ca === undefined ? undefined : read('tlsCa', files.ca)
  const certificate = certificateIn('tlsCert', files.cert, cert)
  if (!certificate.checkPrivateKey(privateKeyIn(files.key, key))) {
    const why = `it is not the key of the certificate in ${files.cert}`
    throw badOption('tlsKey', files.key, why)
  }
  if (ca !== undefined) certificateIn('tlsCa', files.ca!, ca)
  try {
    createSecureContext({ cert, key, ca })
  } catch (cause) {
    throw badOption('tlsCert', files.cert, (cause as Error).message)
  }
  return { cert, key, ca, ticketKeys: randomBytes(TICKET_KEY_BYTES) }
}

/** What an operator should know of a certificate that works: it is over, or will be soon. */
export function certificateConcern(cert: string, now: number = Date.now()): string | undefined {
  const { subject, validFromDate, validToDate } = new X509Certificate(cert)
  const name = subject?.replaceAll('\n', ', ') ?? 'no subject'
  if (validFromDate.getTime() > now) {
    return `the certificate (${name}) is not valid before ${validFromDate.toISOString()}`
  }
  const left = validToDate.getTime() - now
  if (left <= 0) return `the certificate (${name}) is over since ${validToDate.toISOString()}`
  if (left > SOON_DAYS * DAY_MS) return undefined
  return `the certificate (${name}) is over in ${Math.ceil(left / DAY_MS)} days`
}

function read(field: Field, file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (code === 'ENOENT') throw badOption(field, file, 'there is no such file')
    if (code === 'EACCES') throw badOption(field, file, 'this user may not read it')
    throw badOption(field, file, message)
  }
}

function certificateIn(field: Field, file: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw badOption(field, file, 'there is no certificate in it (-----BEGIN CERTIFICATE-----)')
  }
}

function privateKeyIn(file: string, pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    if (/BEGIN ENCRYPTED|Proc-Type: 4,ENCRYPTED/.test(pem)) {
      throw badOption('tlsKey', file, 'it is encrypted: a server has nobody to ask for the words')
    }
    const why = `there is no private key in it (${(cause as Error).message})`
    throw badOption('tlsKey', file, why)
  }
}
