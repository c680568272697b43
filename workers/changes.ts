/** The thread of the server that reads the engine's feed of changes for all of its workers. */
import { parentPort, workerData } from 'node:worker_threads'
import { runChangeThread } from '../src/server/change-thread.ts'

runChangeThread(workerData, parentPort!)
