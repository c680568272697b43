/** What clients see of the options: `stats settings`, and what protocols ask of them. */
import type { ServerSettings } from '../protocols/memcached/host.ts'
import type { ResolvedServeOptions } from './options.ts'

/** What of them clients see in `stats settings`. */
export function settingsOf(options: ResolvedServeOptions): ServerSettings {
  return {
    maxConnections: options.maxConnections,
    workers: options.workers,
    tcpPort: options.ports[0]?.port ?? 0,
    host: options.host,
    unixSocket: options.unixSocket,
    isFlushEnabled: options.flush,
    isShutdownEnabled: options.enableShutdown,
    idleTimeout: options.idleTimeout,
    hasUsers: options.auth.file !== undefined,
    hasTls: options.tls !== undefined,
    others: { handoff: options.handOff, ...limitSettings(options) },
  }
}

function limitSettings({ limits }: ResolvedServeOptions): Readonly<Record<string, number>> {
  return {
    maxconns_per_address: limits.maxConnectionsPerAddress,
    max_request_size: limits.maxRequestSize,
    input_buffer: limits.inputBuffer,
    output_buffer: limits.outputBuffer,
    stall_timeout: limits.stallTimeout,
    auth_timeout: limits.authTimeout,
  }
}
