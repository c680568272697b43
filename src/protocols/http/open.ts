/** The HTTP protocol of one worker, with all its routes. */
import type { RawAccess } from '../../engine/raw-access.ts'
import type { HttpHost } from './host.ts'
import { HEALTH_ROUTES } from './routes/health.ts'
import { HttpWorker } from './worker.ts'

export function openHttp(raw: RawAccess, host: HttpHost): HttpWorker {
  const worker = new HttpWorker(raw, host)
  worker.routes.add(...HEALTH_ROUTES)
  return worker
}
