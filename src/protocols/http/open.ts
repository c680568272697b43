/** The HTTP protocol of one worker, with all its routes. */
import type { RawAccess } from '../../engine/raw-access.ts'
import type { HttpHost } from './host.ts'
import { COUNTER_ROUTES } from './routes/counters.ts'
import { dashboardRoutes } from './routes/dashboard.ts'
import { HEALTH_ROUTES } from './routes/health.ts'
import { HOT_KEYS_ROUTES } from './routes/hot-keys.ts'
import { METRICS_ROUTES } from './routes/metrics.ts'
import { MGET_ROUTES } from './routes/mget.ts'
import { openApiRoute } from './routes/openapi.ts'
import { READ_ROUTES } from './routes/read.ts'
import { STATS_ROUTES } from './routes/stats.ts'
import { WRITE_ROUTES } from './routes/write.ts'
import { HttpWorker } from './worker.ts'

export function openHttp(raw: RawAccess, host: HttpHost): HttpWorker {
  const worker = new HttpWorker(raw, host)
  const { routes } = worker
  routes.add(
    ...READ_ROUTES,
    ...WRITE_ROUTES,
    ...COUNTER_ROUTES,
    ...MGET_ROUTES,
    ...STATS_ROUTES,
    ...METRICS_ROUTES,
    ...HOT_KEYS_ROUTES,
    ...HEALTH_ROUTES,
    ...dashboardRoutes(worker),
  )
  routes.add(openApiRoute(routes, host.version))
  return worker
}
