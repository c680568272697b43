/** The server's accepting thread, where the application's own thread is not to be it. */
import { parentPort, workerData } from 'node:worker_threads'
import { runAcceptor } from '../src/server/accept-thread.ts'

await runAcceptor(workerData, parentPort!)
