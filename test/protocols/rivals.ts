/** Threads that do the same to one engine at the same time. */
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

/** Starts a thread for each order; when all are attached they go, and each reports once. */
export async function rivals<Orders, Report>(
  program: URL,
  orders: readonly Orders[],
): Promise<Report[]> {
  const workers = orders.map((workerData) => new Worker(program, { workerData }))
  await Promise.all(workers.map((worker) => once(worker, 'message')))
  const reports = workers.map(async (worker) => {
    const answer = once(worker, 'message') as Promise<[Report]>
    const exit = once(worker, 'exit')
    worker.postMessage('go')
    const [report] = await answer
    await exit
    return report
  })
  return Promise.all(reports)
}
