/** GET /metrics: for Prometheus and whoever reads its format. */
import type { Exchange } from '../exchange.ts'
import type { HttpHost } from '../host.ts'
import { Problem } from '../problem.ts'
import type { Route } from '../route-table.ts'

async function metrics(exchange: Exchange): Promise<void> {
  const { metricsText } = await formatter()
  const { contentType, text } = await metricsText(
    exchange.worker.host.observe(),
    exchange.header('accept'),
  )
  const headers = { 'Content-Type': contentType, 'Cache-Control': 'no-store', Vary: 'Accept' }
  exchange.reply(200, headers, Buffer.from(text))
}

/** It needs a package that not every cache has. @throws Problem 501 */
async function formatter(): Promise<typeof import('../../../observe/metrics.ts')> {
  try {
    return await import('../../../observe/metrics.ts')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Problem(501, 'metrics need the package prom-client: npm install prom-client')
  }
}

/**
 * Loads what formats and has it run once, so that the first who asks does not hold up a worker's
 * clients for as long as that takes.
 */
export async function prepareMetrics(host: HttpHost): Promise<void> {
  try {
    const { metricsText } = await formatter()
    for (const type of ['text/plain', 'application/openmetrics-text']) {
      await metricsText(host.observe(), type)
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error
  }
}

export const METRICS_ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: '/metrics',
    right: 'read',
    handle: metrics,
    operation: {
      operationId: 'metrics',
      summary: 'Counts, sizes and latencies in the format of Prometheus, or OpenMetrics',
      tags: ['server'],
      responses: {
        200: {
          description: 'As the header Accept asks',
          content: { 'text/plain': {}, 'application/openmetrics-text': {} },
        },
        501: { description: 'The package prom-client is not installed' },
      },
    },
  },
]
