/**
 * `node --import test/types/hook.mjs`: loads TypeScript from the cache of stripped files, in this
 * thread and in those that it starts; what is not there is stripped by Node.
 */
import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'
import { strippedOf } from './cache.mjs'

registerHooks({
  load(url, context, nextLoad) {
    if (!url.startsWith('file:') || !url.endsWith('.ts')) return nextLoad(url, context)
    const source = strippedOf(readFileSync(fileURLToPath(url)))
    return source === undefined
      ? nextLoad(url, context)
      : { format: 'module', source, shortCircuit: true }
  },
})
