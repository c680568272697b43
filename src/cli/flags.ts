/**
 * The option table of `heddle serve` as a whole (its rows: src/cli/table/): one table, from which
 * parsing, environment, file, help, the options of the API and docs/configuration.md are made.
 */
import type { Flag, FlagGroup, Setting } from './flag.ts'
import { ACCESS } from './table/access.ts'
import { CACHE } from './table/cache.ts'
import { CLIENTS } from './table/clients.ts'
import { COMMAND } from './table/command.ts'
import { LIMITS } from './table/limits.ts'
import { LISTENING } from './table/listening.ts'
import { TELLING } from './table/telling.ts'
import { THREADS } from './table/threads.ts'
import { TLS } from './table/tls.ts'

/** In the order of the help and the reference. */
export const FLAG_GROUPS: readonly FlagGroup[] = [
  LISTENING,
  ACCESS,
  CACHE,
  THREADS,
  CLIENTS,
  LIMITS,
  TLS,
  TELLING,
  COMMAND,
]

export const FLAGS: readonly Flag[] = FLAG_GROUPS.flatMap((group) => group.flags)

/** What other servers call the same thing. */
export const FOREIGN_FLAGS: Readonly<Record<string, string>> = {
  port: 'memcached-port',
  listen: 'host',
  bind: 'host',
  'memory-limit': 'memory',
  maxmemory: 'memory',
  'conn-limit': 'max-connections',
  maxclients: 'max-connections',
  threads: 'workers',
  unixsocket: 'unix-socket',
  'disable-flush-all': 'no-flush',
  timeout: 'idle-timeout',
  aclfile: 'auth-file',
  requirepass: 'auth-file',
  'protected-mode': 'insecure',
  unixsocketperm: 'unix-socket-mode',
  'tls-port': 'redis-tls-port',
  'tls-cert-file': 'tls-cert',
  'tls-key-file': 'tls-key',
  'tls-ca-cert-file': 'tls-ca',
  'tls-auth-clients': 'tls-client-auth',
  'enable-ssl': 'memcached-tls-port',
  'check-config': 'print-config',
  loglevel: 'log-level',
}

export function environmentName(flag: Flag): string {
  return `HEDDLE_${flag.name.replaceAll('-', '_').toUpperCase()}`
}

/** The options of `serve` or of `createEngine` that settings say, unchecked. */
export function optionsFor(
  target: 'serve' | 'engine',
  values: ReadonlyMap<string, Setting>,
): Record<string, unknown> {
  const options: Record<string, unknown> = {}
  for (const { name, option, toOption, standard, isOwnDefault } of FLAGS) {
    const [whose, optionName = ''] = option?.split('.') ?? []
    if (whose !== target) continue
    const value = values.get(name) ?? (isOwnDefault === true ? standard : undefined)
    if (value !== undefined) options[optionName] = toOption?.(value) ?? value
  }
  return options
}

/** The flag whose option it is: errors of the API speak of options. */
export function flagOfOption(optionName: string): Flag | undefined {
  return FLAGS.find(({ option }) => option?.split('.')[1] === optionName)
}

const HELP_COLUMN = 38

export function serveHelp(): string {
  const groups = FLAG_GROUPS.flatMap(({ title, flags }) => [
    '',
    `${title}:`,
    ...flags.map(helpLine),
  ])
  return [
    'heddle serve: a cache that speaks the protocols of memcached and Redis, and HTTP',
    '',
    'Usage: heddle serve [flags]',
    ...groups,
    '',
    'Sizes are bytes, or take b, kb, mb, gb. Each flag is also an environment variable',
    '(--max-item-size: HEDDLE_MAX_ITEM_SIZE) and a name in the file ("max-item-size");',
    'a flag overrides the environment, which overrides the file. All of it, with what is',
    'allowed: docs/configuration.md.',
    '',
  ].join('\n')
}

function helpLine({ name, short, value, help }: Flag): string {
  const left = `  ${short === undefined ? '   ' : `-${short},`} --${name} ${value ?? ''}`
  return `${left.padEnd(HELP_COLUMN)}${help}`
}
