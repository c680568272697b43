/**
 * What a thread passes when it attaches, and what is refused of it.
 *
 * Everything is checked on each call, also when the thread is attached already and gets its session
 * again: an option that could not take effect any more is refused, not dropped. A codec object for
 * an engine whose codec has a name is let through and never asked: the server's workers pass one to
 * every engine, because they store bytes alone.
 */
import { ForeignLayoutError, checkHandle } from '../memory/shared-memory.ts'
import { ATTACH_OPTIONS, checkOptions } from './call-options.ts'
import type { Codec } from './codec.ts'
import { badOption, badType, foreignLayout, type HeddleError } from './errors.ts'
import { type NearOptions, type ResolvedNear, resolveNear } from './near/near-options.ts'
import { resolveCodec, resolveNow } from './options.ts'
import type { EngineHandle, Session } from './session.ts'

/** What a thread passes for itself when it attaches: functions do not cross threads. */
export interface AttachOptions {
  /**
   * Needed when the engine was created with a codec object: the same in every thread. A name must
   * be that of the engine's codec.
   */
  readonly codec?: 'json' | 'v8' | Codec | undefined
  /** The clock of this thread. @defaultValue `Date.now` */
  readonly now?: (() => number) | undefined
  /**
   * What this thread keeps decoded in its own heap: see `EngineOptions`. Left out: nothing, or what
   * the thread keeps already.
   */
  readonly near?: NearOptions | undefined
}

/** Refuses options that are none, or of the wrong type, whatever the engine. */
export function checkAttachOptions(options: AttachOptions): void {
  checkOptions(options, ATTACH_OPTIONS)
  if (options.codec !== undefined) resolveCodec(options.codec)
  if (options.now !== undefined) resolveNow(options.now)
  resolveNear(options.near)
}

/**
 * Refuses what is no handle, and the handle of memory that this copy of heddle cannot use.
 * @throws HeddleError HEDDLE_BAD_TYPE, HEDDLE_FOREIGN_LAYOUT
 */
export function checkEngineHandle(engine: unknown): asserts engine is EngineHandle {
  const handle = engine as Partial<EngineHandle> | null | undefined
  const isHandle =
    typeof handle === 'object' &&
    handle !== null &&
    handle.kind === 'heddle' &&
    typeof handle.facts === 'object' &&
    handle.facts !== null
  if (!isHandle) throw badType('engine', engine, "engine.handle, or an engine's name")
  try {
    checkHandle(handle as EngineHandle)
  } catch (cause) {
    if (cause instanceof ForeignLayoutError) throw foreignLayout(cause.message)
    throw cause
  }
}

interface AttachedWith {
  readonly codec: 'json' | 'v8' | Codec
  readonly now: () => number
  readonly near: ResolvedNear | undefined
}

/**
 * The codec, the clock and the near cache of a thread that attaches.
 * @param there the session of this thread, when it is attached already
 * @throws HeddleError HEDDLE_BAD_OPTION
 */
export function resolveAttach(
  options: AttachOptions,
  engineCodec: 'json' | 'v8' | 'custom',
  there: Session | undefined,
): AttachedWith {
  const { codec, now } = options
  const near = resolveNear(options.near)
  const isCustom = engineCodec === 'custom'
  if (isCustom && typeof codec !== 'object') {
    throw badOption('codec', codec, 'the engine was created with a codec object: pass the same')
  }
  if (!isCustom && typeof codec === 'string' && codec !== engineCodec) {
    const why = `the engine was created with '${engineCodec}': leave the option out`
    throw badOption('codec', codec, why, engineCodec)
  }
  const own = isCustom ? (codec as Codec) : engineCodec
  if (there === undefined) return { codec: own, now: now ?? Date.now, near }
  if (own !== there.codec) throw attachedAlready('codec', codec)
  if (now !== undefined && now !== there.view.now) throw attachedAlready('now', now)
  if (near !== undefined && !isSame(near, there.near?.options)) {
    throw attachedAlready('near', options.near)
  }
  return { codec: there.codec, now: there.view.now, near }
}

function isSame(near: ResolvedNear, own: ResolvedNear | undefined): boolean {
  return own?.entries === near.entries && own.maxItemBytes === near.maxItemBytes
}

function attachedAlready(field: string, value: unknown): HeddleError {
  const why = `this thread is attached already, with another ${field}`
  return badOption(field, value, `${why}: pass the same each time, or close the engine before`)
}
