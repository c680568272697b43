/** Reading and changing several keys of an engine at one moment, for the transfers. */
import type { Engine, EngineHandle } from '../../src/index.ts'
import type { RawAccess, Seen, Want } from '../../src/engine/raw-access.ts'

export const ACCOUNTS = 12
export const TOKENS = 6
export const EACH = 1000

export interface Read {
  readonly key: string
  readonly value: string | undefined
  readonly seen: Seen
}

type Modules = typeof import('../../src/index.ts') & typeof import('../../src/engine/raw-access.ts')

export class Keys {
  readonly engine: Engine
  readonly #raw: RawAccess
  readonly #of: Modules
  readonly #encoder = new TextEncoder()

  constructor(engine: Engine, modules: Modules) {
    this.engine = engine
    this.#of = modules
    this.#raw = new modules.RawAccess(engine)
  }

  /** What a key holds, and as what it was seen. */
  read(key: string): Read {
    for (;;) {
      const seen = this.#see(key)
      if (seen === undefined) continue
      if (seen.version === 0) return { key, value: undefined, seen }
      const found = this.engine.gets<string>(key)
      if (found === undefined) continue
      return { key, value: found.value, seen: { ...seen, version: found.version } }
    }
  }

  put({ key, seen }: Read, value: string): Want {
    const draft = new this.#of.Draft()
    draft.bytes = this.#encoder.encode(value)
    draft.length = draft.bytes.length
    draft.codec = ASCII
    return this.#want(key, seen, this.#of.PUT_FRESH, draft)
  }

  remove({ key, seen }: Read): Want {
    return this.#want(key, seen, this.#of.DELETE_KEY, undefined)
  }

  /** False: somebody came first. */
  commit(wants: readonly Want[]): boolean {
    const outcome = this.#raw.transact(wants)
    if (outcome === this.#of.STORED) return true
    if (outcome === this.#of.CONFLICT || outcome === this.#of.CONTENDED) return false
    throw new Error(`a transaction ended with ${outcome}`)
  }

  /** All of these keys at one moment; undefined when they were written meanwhile. */
  snapshot(names: readonly string[]): (string | undefined)[] | undefined {
    const reads = names.map((name) => this.read(name))
    for (const { key, seen } of reads) {
      const bytes = this.#encoder.encode(key)
      this.#raw.stage(bytes, 0, bytes.length)
      if (!this.#raw.isAsSeen(seen)) return undefined
    }
    return reads.map(({ value }) => value)
  }

  #see(key: string): Seen | undefined {
    const bytes = this.#encoder.encode(key)
    this.#raw.stage(bytes, 0, bytes.length)
    return this.#raw.see()
  }

  #want(key: string, seen: Seen, kind: Want['kind'], draft: Want['draft']): Want {
    const bytes = this.#encoder.encode(key)
    return { key: bytes, space: 0, seen, isWatched: false, kind, draft }
  }
}

/** The codec tag of plain text. */
const ASCII = 1

/** @param entry address of the entry file of the engine under test */
export async function openKeys(entry: string, handle: EngineHandle): Promise<Keys> {
  const modules = await modulesOf(entry)
  return new Keys(modules.attachEngine(handle), modules)
}

export async function modulesOf(entry: string): Promise<Modules> {
  const raw = (await import(new URL('engine/raw-access.ts', entry).href)) as object
  return { ...((await import(entry)) as object), ...raw } as Modules
}
