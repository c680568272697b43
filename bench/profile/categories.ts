/**
 * Where a request's time goes, in one table: what is written in which file of this project, in
 * Node's own files, and in functions of native code, belongs to which category. Time counts where
 * it is spent itself, not where it was called from, except that V8's builtins count as the
 * JavaScript that called them. What V8 inlined counts as the function that it was inlined into.
 */
export const CATEGORIES = [
  'syscalls: read',
  'syscalls: write',
  'syscalls: wait and others',
  'event loop',
  'parse',
  'commands',
  'engine',
  'copy',
  'reply',
  'memory management',
  'V8 compiler',
  'code without names',
  'others',
] as const
export type Category = (typeof CATEGORIES)[number]

type Rules = readonly (readonly [pattern: RegExp, category: Category])[]

/** Functions that do another thing than most of their file. */
const FUNCTIONS: Readonly<Record<string, Category>> = {
  'src/protocols/memcached/retrieve.ts readKey': 'parse',
  'src/protocols/memcached/connection.ts #execute': 'commands',
  'src/server/socket-executor.ts #writeReplies': 'reply',
  'src/server/frame-executor.ts #writeReplies': 'reply',
}

const MEMCACHED = 'src/protocols/memcached/'
const REDIS = 'src/protocols/redis/'
const names = (folder: string, ...files: readonly string[]) =>
  new RegExp(`^${folder}(?:${files.join('|')})\\.ts$`)

/** Files of this project, the first rule that matches. */
export const FILES: Rules = [
  [names('src/memory/', 'entry', 'write-entry', 'draft'), 'copy'],
  [/^(?:native-layout|src\/memory|src\/engine)\//, 'engine'],
  [
    names(
      MEMCACHED,
      ...['line', 'decimal', 'binary-frame', 'meta-flags', 'connection', 'pipeline'],
      ...['found', 'find-meta', 'find-frame'],
    ),
    'parse',
  ],
  [
    names(
      MEMCACHED,
      ...['retrieve', 'seen', 'meta-get', 'binary-retrieve', 'stats', 'key-stats'],
      ...['plain-meta', 'plain-frame'],
    ),
    'reply',
  ],
  [names(MEMCACHED, 'dump', 'watch-lines', 'prefix-tables', 'version'), 'reply'],
  [
    names(
      MEMCACHED,
      ...[
        'plain',
        'commands',
        'binary-commands',
        'store',
        'binary-store',
        'meta-set',
        'meta-delete',
      ],
      ...['meta-arithmetic', 'count', 'count-change', 'counters', 'prefixes', 'permissions'],
      ...[
        'admin',
        'binary-admin',
        'authenticate',
        'changes',
        'client-session',
        'crawler',
        'host',
        'use',
      ],
    ),
    'commands',
  ],
  [
    names(REDIS, 'parser', 'inline', 'args', 'pipeline', 'plain-heads', 'connection', 'listener'),
    'parse',
  ],
  [names(REDIS, 'reply', 'outbox', 'pushes', 'notifications', 'monitor'), 'reply'],
  [names(REDIS, 'errors', 'internal-error', 'info', 'help', 'docs'), 'reply'],
  [
    names(
      REDIS,
      ...['atomic', 'board', 'changes', 'client', 'command-facts', 'command-table', 'commands'],
      ...['databases', 'dispatch', 'host', 'need-changes', 'overlay-entry', 'overlay', 'pause'],
      ...['permissions', 'subscriptions', 'tracked-keys', 'tracking', 'transaction', 'value-type'],
      ...['version', 'worker', 'plain', 'maxmemory-policy'],
    ),
    'commands',
  ],
  [/^src\/protocols\/redis\/(?:commands|values)\//, 'commands'],
  [names('src/protocols/http/', 'answer', 'body', 'problem', 'stream', 'range'), 'reply'],
  [names('src/protocols/http/', 'connection', 'target', 'exchange'), 'parse'],
  [/^src\/protocols\/http\//, 'commands'],
  [/^src\/protocols\/(?:reply-buffer|length-lines)\.ts$/, 'reply'],
  [/^src\/protocols\/(?:protocol|key-group)\.ts$/, 'commands'],
  [/^src\/(?:observe|auth)\//, 'commands'],
  [/^(?:src\/server|workers)\//, 'event loop'],
]

/** Functions of native code by their names, the first rule that matches. */
const NATIVE: Rules = [
  [
    /v8::internal::(?:compiler|maglev|turboshaft|wasm|parsing|interpreter)::|Turbo(?:fan|shaft)/,
    'V8 compiler',
  ],
  [/\bGC|Scaveng|Mark(?:ing|Compact)|Sweep|[Gg]arbage|NewSpace|AllocateRaw/, 'memory management'],
  [/(?:^|_)(?:malloc|free|calloc|realloc|cfree)(?:_|@|$)/, 'memory management'],
  [/^_*(?:int_|je_|z)(?:malloc|free|calloc|realloc)/, 'memory management'],
  [/mem(?:cpy|move|set|cmp)|TypedArrayPrototype(?:Set|Copy|Fill)|CopyBytes|SlowCopy/, 'copy'],
  [
    /^_*(?:GI_)?_*(?:libc_)?(?:read|write|writev|send|sendmsg|recv|recvfrom|epoll_wait)$/,
    'event loop',
  ],
]

/** redis-server exports its functions' names; memcached as Debian builds it has none. */
const REDIS_SERVER: Rules = [
  [
    /^(?:process(?:Multibulk|Inline|Input)Buffer|string2ll|sds(?:split|MakeRoom|IncrLen|range))/,
    'parse',
  ],
  [/^(?:_?addReply|prepareClientToWrite|_?writeToClient|writevToClient|sdscat|ll2string)/, 'reply'],
  [
    /^(?:ae|connSocket|readQueryFromClient|handleClients|beforeSleep|afterSleep|server)/,
    'event loop',
  ],
  [
    /^(?:call|processCommand|lookupCommand|getCommand|setCommand|parseExtended|resetClient)/,
    'commands',
  ],
  [/^(?:dict|lookupKey|db|siphash|setKey|genericSet|getGeneric|_?sds|incrRef|decrRef)/, 'engine'],
  [/^(?:createStringObject|createEmbedded|tryObjectEncoding|objectSet|expireIfNeeded)/, 'engine'],
]
/** The C library's, in a server that is written in C. */
const IN_C: Rules = [
  [/^_*(?:GI_)?_*(?:strto|strn?(?:case)?cmp|mem(?:r|raw)?chr|strlen|atoi)/, 'parse'],
  [/pthread_mutex/, 'engine'],
]
const C_SERVERS = /^(?:memcached|redis-server|redis-check-rdb|floor)\b/

const EVENT_LOOP = /^(?:uv_|node::|epoll_|event_|evmap_|v8::Function::Call|std::_Function)/

/** The category of a file of this project, relative to its top; undefined: it stands nowhere. */
export function categoryOfFile(path: string, functionName = ''): Category | undefined {
  return FUNCTIONS[`${path} ${functionName}`] ?? match(FILES, path)
}

/** The category of a function of JavaScript by the address of its file, as V8 names it. */
export function categoryOfScript(url: string, functionName: string): Category {
  const own = /((?:src|native-layout|workers)\/.*\.(?:ts|js))(?::|$)/.exec(url)?.[1]
  if (own === undefined) return url.startsWith('node:') ? 'event loop' : 'others'
  return categoryOfFile(own.replace(/\.js$/, '.ts'), functionName) ?? 'others'
}

/**
 * The category of a function of native code outside of the kernel; undefined: unknown.
 * @param program the server's own file, where it is written in C
 */
export function categoryOfNative(
  symbol: string,
  binary: string,
  program?: string,
): Category | undefined {
  if (/jemalloc/.test(binary)) return 'memory management'
  if (symbol === '[unknown]' && C_SERVERS.test(binary)) return 'code without names'
  const found = match(NATIVE, symbol)
  if (found !== undefined) return found
  // Debian's redis-server is a link to redis-check-rdb.
  if (binary.startsWith('redis-')) return match(REDIS_SERVER, symbol)
  if (/libevent|vdso/.test(binary) || EVENT_LOOP.test(symbol)) return 'event loop'
  return program === undefined ? undefined : match(IN_C, symbol)
}

/** The server's own file among those of a stack, where it is one that is written in C. */
export function programIn(binaries: readonly string[]): string | undefined {
  return binaries.find((binary) => C_SERVERS.test(binary))
}

/** The category of a system call by the name of its entry in the kernel. */
export function categoryOfSyscall(entry: string): Category {
  if (/_(?:p?readv?(?:64|v2)?|recvfrom|recvmsg)$/.test(entry)) return 'syscalls: read'
  if (/_(?:p?writev?(?:64|v2)?|sendto|sendmsg)$/.test(entry)) return 'syscalls: write'
  return 'syscalls: wait and others'
}

function match(rules: Rules, text: string): Category | undefined {
  return rules.find(([pattern]) => pattern.test(text))?.[1]
}
