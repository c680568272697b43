/** CLIENT TRACKING, CACHING, TRACKINGINFO, GETREDIR: what a client with a cache of its own says. */
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import type { Handlers } from '../command-table.ts'
import { NOT_AN_INTEGER, SYNTAX } from '../errors.ts'
import type { TrackingMode } from '../listener.ts'
import { needChanges } from '../need-changes.ts'
import { MOST_PREFIX_BYTES, PREFIX_COST_BYTES } from '../tracking.ts'

export const TRACKING_HANDLERS: Handlers = {
  'client|tracking': tracking,
  'client|caching': caching,
  'client|trackinginfo': trackingInfo,
  'client|getredir': (client) => client.reply.integer(client.tracking?.redirect ?? -1),
}

interface Options extends TrackingMode {
  readonly prefixes: readonly string[]
}

/** CLIENT TRACKING ON|OFF [REDIRECT id] [PREFIX prefix ...] [BCAST] [OPTIN] [OPTOUT] [NOLOOP] */
function tracking(client: RedisClient, args: Args): void {
  const { reply, worker } = client
  const options = readOptions(client, args)
  if (typeof options === 'string') reply.error(options)
  else if (args.is(2, 'off')) {
    worker.tracking.stop(client)
    reply.ok()
  } else if (!args.is(2, 'on')) reply.error(SYNTAX)
  else {
    const why = objectionTo(client, options)
    if (why !== undefined) {
      reply.error(why)
      return
    }
    needChanges(client, (refusal) => {
      if (refusal !== undefined) reply.error(refusal)
      else {
        worker.tracking.start(client, options, options.prefixes)
        reply.ok()
      }
    })
  }
}

/** @returns the options, or what is wrong with them */
function readOptions({ host }: RedisClient, args: Args): Options | string {
  let redirect = 0
  let redirectSlot = 0
  const prefixes: string[] = []
  const words = new Set<string>()
  for (let i = 3; i < args.count; i++) {
    const hasMore = i + 1 < args.count
    const word = FLAGS.find((each) => args.is(i, each))
    if (word !== undefined) words.add(word)
    else if (args.is(i, 'prefix') && hasMore) prefixes.push(args.latin(++i))
    else if (args.is(i, 'redirect') && hasMore) {
      if (redirect !== 0) return 'ERR A client can only redirect to a single other client'
      redirect = Number(args.long(++i) ?? Number.NaN)
      if (Number.isNaN(redirect)) return NOT_AN_INTEGER
      const other = host.clients().find(({ id }) => id === redirect)
      if (other === undefined) return 'ERR The client ID you want redirect to does not exist'
      redirectSlot = other.slot
    } else return SYNTAX
  }
  return {
    redirect,
    redirectSlot,
    prefixes,
    isBroadcast: words.has('bcast'),
    isOptIn: words.has('optin'),
    isOptOut: words.has('optout'),
    isNoLoop: words.has('noloop'),
  }
}

const FLAGS: readonly string[] = ['bcast', 'optin', 'optout', 'noloop']
const ONLY_WITH_OTHER =
  'before disabling tracking for this client, and then re-enabling it with a different mode.'

/** What is wrong with options that are in order, among each other or with what is on already. */
function objectionTo({ tracking: old }: RedisClient, options: Options): string | undefined {
  const { isBroadcast, isOptIn, isOptOut, prefixes } = options
  if (!isBroadcast && prefixes.length > 0) {
    return 'ERR PREFIX option requires BCAST mode to be enabled'
  }
  if (old !== undefined && old.isBroadcast !== isBroadcast) {
    return `ERR You can't switch BCAST mode on/off ${ONLY_WITH_OTHER}`
  }
  if (isBroadcast && (isOptIn || isOptOut)) {
    return 'ERR OPTIN and OPTOUT are not compatible with BCAST'
  }
  if (isOptIn && isOptOut) return "ERR You can't specify both OPTIN mode and OPTOUT mode"
  if ((isOptIn && old?.isOptOut) || (isOptOut && old?.isOptIn)) {
    return `ERR You can't switch OPTIN/OPTOUT mode ${ONLY_WITH_OTHER}`
  }
  return isBroadcast ? collisionOf(prefixes, old?.prefixes ?? new Set()) : undefined
}

/** No prefix of a client may be the beginning of another: keys would be told twice. */
function collisionOf(prefixes: readonly string[], old: ReadonlySet<string>): string | undefined {
  const rule = 'Prefixes for a single client must not overlap.'
  let bytes = 0
  for (const prefix of old) bytes += prefix.length + PREFIX_COST_BYTES
  for (const [index, prefix] of prefixes.entries()) {
    for (const other of old) {
      if (overlap(prefix, other)) {
        return `ERR Prefix '${prefix}' overlaps with an existing prefix '${other}'. ${rule}`
      }
    }
    const other = prefixes.slice(index + 1).find((each) => overlap(prefix, each))
    if (other !== undefined) {
      return `ERR Prefix '${prefix}' overlaps with another provided prefix '${other}'. ${rule}`
    }
    bytes += prefix.length + PREFIX_COST_BYTES
    if (bytes > MOST_PREFIX_BYTES) return 'ERR more prefixes than a client may track'
  }
  return undefined
}

function overlap(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one)
}

const NOT_TRACKING =
  'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or ' +
  'OPTOUT mode enabled'

function caching({ reply, tracking: tracker }: RedisClient, args: Args): void {
  const isYes = args.is(2, 'yes')
  if (tracker === undefined) reply.error(NOT_TRACKING)
  else if (!isYes && !args.is(2, 'no')) reply.error(SYNTAX)
  else if (isYes ? tracker.isOptIn : tracker.isOptOut) {
    tracker.isCaching = true
    reply.ok()
  } else {
    const [word, mode] = isYes ? ['YES', 'OPTIN'] : ['NO', 'OPTOUT']
    reply.error(
      `ERR CLIENT CACHING ${word} is only valid when tracking is enabled in ${mode} mode.`,
    )
  }
}

function trackingInfo({ reply, tracking: tracker }: RedisClient): void {
  const flags = tracker === undefined ? ['off'] : ['on']
  if (tracker?.isBroadcast) flags.push('bcast')
  if (tracker?.isOptIn) flags.push('optin')
  if (tracker?.isOptIn && tracker.isCaching) flags.push('caching-yes')
  if (tracker?.isOptOut) flags.push('optout')
  if (tracker?.isOptOut && tracker.isCaching) flags.push('caching-no')
  if (tracker?.isNoLoop) flags.push('noloop')
  if (tracker?.isBroken) flags.push('broken_redirect')
  const prefixes = [...(tracker?.prefixes ?? [])].sort()
  reply.map(3)
  reply.bulkText('flags')
  reply.set(flags.length)
  for (const flag of flags) reply.bulkText(flag)
  reply.bulkText('redirect')
  reply.integer(tracker?.redirect ?? -1)
  reply.bulkText('prefixes')
  reply.array(prefixes.length)
  for (const prefix of prefixes) reply.bulk(Buffer.from(prefix, 'latin1'))
}
