/** Servers that speak TLS, for tests: with all protocols, and their counters. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach } from 'vitest'
import type { ServeOptions } from '../../src/server/options.ts'
import { type Server, serve } from '../../src/server/serve.ts'
import { Certificates } from './certificates.ts'
import { answerOf, testEngine } from './open-server.ts'

export const certificates: Certificates = new Certificates()

const MOST_LOOKS = 300
const opened: { server: Server; sockets: Socket[] }[] = []

afterEach(async () => {
  for (const { server, sockets } of opened.splice(0)) {
    for (const socket of sockets) socket.destroy()
    await server.close()
  }
})
afterAll(() => certificates.remove())

export interface SecureServer {
  readonly server: Server
  /** `memcached`, `redis`, `http`: plain text; `memcached-tls` and so on. */
  readonly ports: Readonly<Record<string, number>>
  /** A TLS client, before its handshake is known to be done. */
  dial(port: string, options?: ConnectionOptions): TLSSocket
  /** A TLS client after its handshake. */
  secure(port: string, options?: ConnectionOptions): Promise<TLSSocket>
  plain(port: string): Promise<Socket>
  /** A number of memcached's `stats`. */
  stat(name: string): Promise<number>
  /** The same once it is so much, or after a while. */
  reaches(name: string, wanted: number): Promise<number>
}

export async function openSecure(options: ServeOptions = {}): Promise<SecureServer> {
  const server = await serve(testEngine(), {
    memcachedPort: 0,
    redisPort: 0,
    httpPort: 0,
    memcachedTlsPort: 0,
    redisTlsPort: 0,
    httpTlsPort: 0,
    tlsCert: certificates.file('server.pem'),
    tlsKey: certificates.file('server.key'),
    workers: 2,
    ...options,
  })
  const sockets: Socket[] = []
  opened.push({ server, sockets })
  const ports = portsOf(server)
  const keep = <Kept extends Socket>(socket: Kept): Kept => {
    sockets.push(socket)
    socket.on('error', () => {}) // shows as 'close'
    return socket
  }
  const dial = (port: string, more: ConnectionOptions = {}) => {
    const where = { port: ports[port]!, host: '127.0.0.1', servername: 'localhost' }
    return keep(connectTls({ ...where, ca: certificates.read('ca.pem'), ...more }))
  }
  const plain = async (port: string) => {
    const socket = keep(connect(ports[port]!, '127.0.0.1'))
    await once(socket, 'connect')
    return socket
  }
  const stat = async (name: string) => {
    const socket = await plain('memcached')
    socket.write('stats\r\n')
    const text = await answerOf(socket, 'END\r\n')
    socket.destroy()
    return Number(new RegExp(`STAT ${name} (\\d+)\\r`).exec(text)?.[1])
  }
  return {
    server,
    ports,
    dial,
    plain,
    async secure(port, more) {
      const socket = dial(port, more)
      await once(socket, 'secureConnect')
      return socket
    },
    stat,
    async reaches(name, wanted) {
      let found = await stat(name)
      for (let n = 0; n < MOST_LOOKS && found !== wanted; n++) {
        await sleep(20)
        found = await stat(name)
      }
      return found
    },
  }
}

function portsOf({
  addresses,
  redisAddresses,
  httpAddresses,
  tlsAddresses,
}: Server): Record<string, number> {
  const first = (list: readonly string[]) => Number(/\d+$/.exec(list[0] ?? '0')![0])
  return {
    memcached: first(addresses),
    redis: first(redisAddresses),
    http: first(httpAddresses),
    'memcached-tls': first(tlsAddresses.memcached),
    'redis-tls': first(tlsAddresses.redis),
    'http-tls': first(tlsAddresses.http),
  }
}
