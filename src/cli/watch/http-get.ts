/** A GET of one path through the HTTP port of a server, for commands that look at it. */
import { request as requestPlain } from 'node:http'
import { request as requestTls } from 'node:https'
import { type DoorAddress, placeOf, whyUnreached } from './address.ts'

const TIMEOUT_MS = 5000

export interface HttpAnswer {
  readonly status: number
  readonly text: string
}

/**
 * @param path beginning with a slash
 * @throws Error that names the place, and says why there is no answer
 */
export function httpGet(address: DoorAddress, path: string): Promise<HttpAnswer> {
  const { host, port, tls, user, password } = address
  const who = user === undefined ? {} : { auth: `${user}:${password}` }
  const ca = tls?.ca === undefined ? {} : { ca: tls.ca }
  const plain = { host, port, path, ...who, timeout: TIMEOUT_MS, agent: false } as const
  return new Promise((resolve, reject) => {
    const asked =
      tls === undefined
        ? requestPlain(plain)
        : requestTls({ ...plain, ...ca, rejectUnauthorized: !tls.isUnverified })
    asked.on('timeout', () => asked.destroy(new Error('gave no answer in 5 seconds')))
    asked.on('error', (error) => reject(whyUnreached(address, error)))
    asked.on('response', (response) => {
      const pieces: Buffer[] = []
      response.on('data', (piece: Buffer) => pieces.push(piece))
      response.on('error', ({ message }) => reject(new Error(`${placeOf(address)} ${message}`)))
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(pieces).toString() })
      })
    })
    asked.end()
  })
}
