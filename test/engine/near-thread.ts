/** A thread that writes `stop` a little after it is told to, while the other one only reads. */
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { attachEngine, type EngineHandle } from '../../src/index.ts'

const port = parentPort!
const engine = attachEngine(workerData as EngineHandle)
port.postMessage('ready')
await once(port, 'message')
await sleep(100)
engine.set('stop', 'yes')
engine.close()
port.close()
