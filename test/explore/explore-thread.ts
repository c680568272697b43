/** A thread that explores: one job at a time, given to it by run.ts. */
import { parentPort } from 'node:worker_threads'
import { type Job, work } from './jobs.ts'
import { PROGRAMS } from './programs/index.ts'

parentPort!.on('message', ({ job, seconds }: { job: Job; seconds: number }) => {
  const program = PROGRAMS.find(({ name }) => name === job.name)!
  parentPort!.postMessage(work(program, job, seconds))
})
