/** The option table: where the server listens. */
import {
  DEFAULT_PORT,
  MAX_HOST_NAMES,
  MAX_HOSTS,
  MAX_PATH_BYTES,
  MAX_PORT,
} from '../../server/options.ts'
import { type FlagGroup, numberOrText, plain } from '../flag.ts'

const ANY_PORT = { least: 0, most: MAX_PORT }

export const LISTENING: FlagGroup = {
  title: 'Where it listens',
  flags: [
    {
      name: 'memcached-port',
      short: 'p',
      value: 'PORT',
      help: `TCP port for memcached clients, 0 for any free one (${DEFAULT_PORT})`,
      more: 'The default counts only where no other door is given: no port and no unix socket.',
      option: 'serve.memcachedPort',
      here: ({ ports }) => ports[0]?.port,
      allowed: ANY_PORT,
      read: numberOrText,
    },
    {
      name: 'redis-port',
      value: 'PORT',
      help: 'TCP port for Redis clients; alone there is none for memcached',
      option: 'serve.redisPort',
      allowed: ANY_PORT,
      read: numberOrText,
    },
    {
      name: 'http-port',
      value: 'PORT',
      help: 'TCP port for HTTP; alone there is none for memcached',
      option: 'serve.httpPort',
      allowed: ANY_PORT,
      read: numberOrText,
    },
    {
      name: 'host-names',
      value: 'NAMES',
      help: 'what HTTP requests may call this server beside its addresses',
      more:
        'Names with commas. Requests to `localhost` and to addresses are always taken; any other ' +
        'name is refused, so that no web page can reach this server under a name of its own.',
      option: 'serve.hostNames',
      allowed: { text: `up to ${MAX_HOST_NAMES} names of hosts, without a port` },
      read: plain,
    },
    {
      name: 'host',
      short: 'l',
      value: 'ADDRESS',
      help: 'address to listen on, or several with commas (127.0.0.1)',
      more: 'Each port is opened at each of the addresses.',
      option: 'serve.host',
      standard: '127.0.0.1',
      allowed: { text: `1 to ${MAX_HOSTS} addresses of this machine, without a port` },
      read: plain,
    },
    {
      name: 'unix-socket',
      short: 's',
      value: 'PATH',
      help: 'unix socket for memcached clients; without a port flag nothing else',
      option: 'serve.unixSocket',
      allowed: { text: `a path of 1 to ${MAX_PATH_BYTES} bytes` },
      read: plain,
    },
    {
      name: 'redis-socket',
      value: 'PATH',
      help: 'unix socket for Redis clients; without a port flag nothing else',
      option: 'serve.redisSocket',
      allowed: { text: `a path of 1 to ${MAX_PATH_BYTES} bytes` },
      read: plain,
    },
  ],
}
