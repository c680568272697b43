/**
 * A thread that explores broken twins, one after the other: each is a module graph of its own, in
 * which the source is patched and the seams are the explorer's. It is plain JavaScript and gets
 * everything stripped: type stripping is not for threads that come and go.
 */
import { registerHooks } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'

/** @type {{ top: string, sources: Map<string, string> }} */
const { top, sources } = workerData
const SEAMS = { '#atomics': 'test/explore/atomics.ts', '#words': 'test/explore/words.ts' }
/** Paths of the twin that is loaded. @type {Map<string, string>} */
let patched = new Map()

registerHooks({
  resolve(specifier, context, next) {
    const query = /\?twin=.*$/.exec(context.parentURL ?? '')?.[0]
    if (query === undefined) return next(specifier, context)
    const seam = SEAMS[specifier]
    const isOurs = seam !== undefined || specifier.startsWith('.')
    if (!isOurs) return next(specifier, context)
    const url = seam === undefined ? new URL(specifier, context.parentURL) : new URL(seam, top)
    return { url: url.href + query, shortCircuit: true }
  },
  load(url, context, next) {
    const at = url.indexOf('?twin=')
    if (at < 0) return next(url, context)
    const path = url.slice(top.length, at)
    const source = patched.get(path) ?? sources.get(path)
    if (source === undefined) throw new Error(`${path} is not among the sources`)
    return { format: 'module', source, shortCircuit: true }
  },
})

parentPort.on('message', async (twin) => {
  patched = twin.patched
  const load = (path) => import(`${top}${path}?twin=${encodeURIComponent(twin.name)}`)
  try {
    const { PROGRAMS } = await load('test/explore/programs/index.ts')
    const { explore } = await load('test/explore/explore.ts')
    const { withDefaults } = await load('test/explore/options.ts')
    parentPort.postMessage({ name: twin.name, ...explored(PROGRAMS, explore, withDefaults, twin) })
  } catch (error) {
    parentPort.postMessage({ name: twin.name, executions: 0, problems: [], error: error.stack })
  }
})

function explored(programs, explore, withDefaults, { program: name, bounds, steps }) {
  const program = programs.find((one) => one.name === name)
  if (program === undefined) throw new Error(`no program is called ${name}`)
  const inShort = (_executor, _options, problems) => ({ seed: '', problems, table: '' })
  const report = steps ? undefined : inShort
  const { executions, failure } = explore(program, withDefaults(bounds), report)
  return { executions, problems: [], ...failure }
}
