/** The option table: TLS. */
import { MAX_PORT } from '../../server/options.ts'
import { MAX_HANDSHAKE_SECONDS, MAX_HANDSHAKES } from '../../server/tls-options.ts'
import { type FlagGroup, numberOrText, plain } from '../flag.ts'

const ANY_PORT = { least: 0, most: MAX_PORT }
const PEM_FILE = { text: 'a PEM file that can be read' }

export const TLS: FlagGroup = {
  title: 'TLS',
  flags: [
    {
      name: 'memcached-tls-port',
      value: 'PORT',
      help: 'TCP port for memcached clients that speak TLS',
      more: 'Beside the plain port, or alone: a port speaks TLS or plain text, never both.',
      option: 'serve.memcachedTlsPort',
      allowed: ANY_PORT,
      read: numberOrText,
    },
    {
      name: 'redis-tls-port',
      value: 'PORT',
      help: 'TCP port for Redis clients that speak TLS',
      option: 'serve.redisTlsPort',
      allowed: ANY_PORT,
      read: numberOrText,
    },
    {
      name: 'http-tls-port',
      value: 'PORT',
      help: 'TCP port for HTTPS',
      option: 'serve.httpTlsPort',
      allowed: ANY_PORT,
      read: numberOrText,
    },
    {
      name: 'tls-cert',
      value: 'FILE',
      help: "the server's certificate, and those behind it (PEM)",
      more: 'Read again on SIGHUP, with key and authorities; open connections keep theirs.',
      option: 'serve.tlsCert',
      allowed: PEM_FILE,
      read: plain,
    },
    {
      name: 'tls-key',
      value: 'FILE',
      help: 'the private key of the certificate (PEM, not encrypted)',
      option: 'serve.tlsKey',
      allowed: PEM_FILE,
      read: plain,
    },
    {
      name: 'tls-ca',
      value: 'FILE',
      help: 'authorities of the certificates that clients show (PEM)',
      option: 'serve.tlsCa',
      allowed: PEM_FILE,
      read: plain,
    },
    {
      name: 'tls-client-auth',
      value: 'no|optional|required',
      help: 'whether clients show a certificate (required with --tls-ca)',
      more: 'With `optional` one may show none, but not a wrong one.',
      option: 'serve.tlsClientAuth',
      allowed: { words: ['no', 'optional', 'required'] },
      read: plain,
    },
    {
      name: 'tls-handshake-timeout',
      value: 'SECONDS',
      help: 'that a TLS handshake may take (10)',
      option: 'serve.tlsHandshakeTimeout',
      standard: 10,
      allowed: { least: 1, most: MAX_HANDSHAKE_SECONDS },
      read: numberOrText,
    },
    {
      name: 'max-tls-handshakes',
      value: 'N',
      help: 'handshakes under way at one time, in each thread (512)',
      option: 'serve.maxTlsHandshakes',
      standard: 512,
      allowed: { least: 1, most: MAX_HANDSHAKES },
      read: numberOrText,
    },
  ],
}
