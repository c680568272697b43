/** The option table: what clients may do. */
import { MAX_CONNECTIONS, MAX_IDLE_SECONDS } from '../../server/options.ts'
import { type FlagGroup, numberOrText, type Setting, yesOrNo } from '../flag.ts'

export const CLIENTS: FlagGroup = {
  title: 'Clients',
  flags: [
    {
      name: 'max-connections',
      short: 'c',
      value: 'N',
      help: 'clients at one time; more are refused with an error (1024)',
      option: 'serve.maxConnections',
      standard: 1024,
      allowed: { least: 1, most: MAX_CONNECTIONS },
      read: numberOrText,
    },
    {
      name: 'idle-timeout',
      value: 'SECONDS',
      help: 'disconnect clients that were idle for so long (0: never)',
      option: 'serve.idleTimeout',
      standard: 0,
      allowed: { least: 0, most: MAX_IDLE_SECONDS },
      read: numberOrText,
    },
    {
      name: 'no-flush',
      short: 'F',
      help: 'refuse flush_all, FLUSHALL, FLUSHDB and DELETE /cache',
      option: 'serve.flush',
      toOption: negated,
      standard: false,
      read: yesOrNo,
    },
    {
      name: 'enable-shutdown',
      short: 'A',
      help: "allow memcached clients the command 'shutdown'",
      option: 'serve.enableShutdown',
      standard: false,
      read: yesOrNo,
    },
    {
      name: 'enable-debug-command',
      help: "allow Redis clients 'DEBUG SLEEP', which stops a worker",
      option: 'serve.enableDebug',
      standard: false,
      read: yesOrNo,
    },
  ],
}

/** `no-flush: true` is `flush: false`; what is no boolean is refused under its own name. */
function negated(noFlush: Setting): unknown {
  return typeof noFlush === 'boolean' ? !noFlush : noFlush
}
