/** A worker of the server: executes the commands of its share of the connections. */
import { parentPort, workerData } from 'node:worker_threads'
import { runWorker } from '../src/server/worker.ts'

await runWorker(workerData, parentPort!)
