/**
 * What `npm run profile` watches: the 90/10 mix on one engine, for some seconds, on the main thread
 * and on as many workers as `--threads` says. No measurement is taken from it.
 */
import { isMainThread, Worker, workerData } from 'node:worker_threads'
import { parseArgs } from 'node:util'
import { attachEngine, createEngine } from '../src/index.ts'

const KEYS = 100_000
const OPERATIONS_PER_LOOK = 10_000

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '0' },
  },
})

if (isMainThread) runMain(Number(values.seconds), Number(values.threads))
else runWorker(workerData)

function runMain(seconds: number, threads: number): void {
  const engine = createEngine({ memory: '64mb' })
  for (let i = 0; i < KEYS; i++) engine.set(`key:${i}`, `value of 32 bytes, number ${i}`)
  for (let n = 1; n <= threads; n++) {
    const worker = new Worker(new URL('./profile-load.ts', import.meta.url), {
      workerData: { handle: engine.handle, seconds, seed: n },
    })
    worker.on('error', (error) => {
      throw error
    })
  }
  mix(engine, seconds, threads + 1)
  engine.close()
}

interface WorkerOrder {
  handle: Parameters<typeof attachEngine>[0]
  seconds: number
  seed: number
}

function runWorker({ handle, seconds, seed }: WorkerOrder): void {
  const engine = attachEngine(handle)
  mix(engine, seconds, seed)
  engine.close()
}

function mix(engine: ReturnType<typeof attachEngine>, seconds: number, seed: number): void {
  const until = performance.now() + seconds * 1000
  let state = seed
  let misses = 0
  while (performance.now() < until) {
    for (let i = 0; i < OPERATIONS_PER_LOOK; i++) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
      const key = `key:${(state >>> 4) % KEYS}`
      if (state >>> 28 < 15) misses += engine.get(key) === undefined ? 1 : 0
      else engine.set(key, `value of 32 bytes, number ${i}`)
    }
  }
  if (misses > 0) throw new Error(`${misses} misses among ${KEYS} keys that were all written`)
}
