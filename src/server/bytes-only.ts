/** How the server's threads attach an engine: they store bytes, so its own codec is not asked. */
import { attachEngine, type Engine } from '../engine/engine.ts'
import type { EngineHandle } from '../engine/session.ts'

const NO_CODEC = {
  encode: (): Uint8Array => {
    throw new Error('workers store bytes only')
  },
  decode: (): unknown => {
    throw new Error('workers read bytes only')
  },
}

export function attachForBytes(handle: EngineHandle): Engine {
  return attachEngine(handle, handle.facts.codec === 'custom' ? { codec: NO_CODEC } : {})
}
