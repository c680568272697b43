/**
 * The files of an empty project that installs heddle: the same small program as an ES module and as
 * CommonJS, and a typed one. The main thread and a worker each write, and each reads what the other
 * wrote. They are text here, because they must run outside this repository as they are.
 */

const program = `
const engine = createEngine({ memory: '8mb', maintenance: 'worker' })
engine.set('from main', { text: 'hello', list: [1, 2, 3] })
engine.set('counter', 40)
engine.set('short-lived', 'x', { ttl: 1 })
const worker = new Worker(workerFile, { workerData: engine.handle })
worker.on('error', (error) => {
  throw error
})
worker.on('exit', (code) => {
  const seen = {
    code,
    fromWorker: engine.get('from worker'),
    bytes: engine.getBytes('from worker', new Uint8Array(64)),
    counter: engine.get('counter'),
    miss: engine.get('never written'),
    expired: engine.get('short-lived'),
    problems: engine.verify().problems,
  }
  engine.close()
  process.stdout.write(JSON.stringify(seen))
})
`

const workerProgram = `
const engine = attachEngine(workerData)
const { text, list } = engine.get('from main')
engine.set('from worker', text + ' ' + list.length)
engine.increment('counter', { by: 2 })
const same = attachEngine()
if (same.get('from worker') !== 'hello 3') throw new Error('attachEngine() found another engine')
engine.close()
`

/** What either program prints, as JSON without the members that are undefined. */
export const EXPECTED = {
  code: 0,
  fromWorker: 'hello 3',
  bytes: 'hello 3'.length,
  counter: 42,
  problems: [],
}

/** The files of the project, by name. */
export const CONSUMER_FILES: Readonly<Record<string, string>> = {
  'main.mjs': `
import { Worker } from 'node:worker_threads'
import { createEngine } from 'heddle'
const workerFile = new URL('./worker.mjs', import.meta.url)
${program}`,
  'worker.mjs': `
import { workerData } from 'node:worker_threads'
import { attachEngine } from 'heddle'
${workerProgram}`,
  'main.cjs': `
const { Worker } = require('node:worker_threads')
const { createEngine } = require('heddle')
const workerFile = require('node:path').join(__dirname, 'worker.cjs')
${program}`,
  'worker.cjs': `
const { workerData } = require('node:worker_threads')
const { attachEngine } = require('heddle')
${workerProgram}`,
  'typed.ts': `
import { attachEngine, createEngine, type EngineOptions } from 'heddle'
const options: EngineOptions = { memory: '8mb', ttl: 1000, eviction: 'clock' }
const engine = createEngine(options)
engine.set('a', { n: 1 }, { ttl: 5 })
const value: { n: number } | undefined = engine.get<{ n: number }>('a')
const many: (string | undefined)[] = engine.getMany<string>(['a', 'b'])
const version: number | undefined = engine.gets('a')?.version
export const outcome: 'stored' | 'exists' | 'missing' = engine.compareAndSet('a', 1, version ?? 0)
// @ts-expect-error A key is a string or bytes.
engine.get(1)
// @ts-expect-error There is no such option.
createEngine({ memroy: 1 })
attachEngine(engine.handle).close()
export { many, value }
`,
  'tsconfig.json': JSON.stringify({
    compilerOptions: {
      module: 'nodenext',
      target: 'es2023',
      strict: true,
      noEmit: true,
      skipLibCheck: false,
      types: ['node'],
    },
    include: ['typed.ts'],
  }),
}
