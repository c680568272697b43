/**
 * A snapshot as Prometheus reads it: the text format 0.0.4, or OpenMetrics 1.0 for who accepts it.
 * Formatted by prom-client, whose own metric objects are not used: they count, and here all is
 * counted already. What it is given has the one method that it asks of a metric.
 *
 * metric-table.ts says which metrics there are.
 */
import { setImmediate as othersFirst } from 'node:timers/promises'
import { type Metric, Registry, type RegistryContentType } from 'prom-client'
import { LATENCY_BOUNDS_SECONDS, type LatencySnapshot, type Snapshot } from './snapshot.ts'
import { METRICS, type MetricRow, type Sample } from './metric-table.ts'

export interface MetricsText {
  readonly contentType: string
  readonly text: string
}

/** After so long whoever waits for this thread comes first: a scrape holds up nobody. */
const SLICE_MS = 0.2

/** @param accept the header of the request */
export async function metricsText(snapshot: Snapshot, accept = ''): Promise<MetricsText> {
  const isOpen = prefersOpenMetrics(accept)
  const registry = new Registry<RegistryContentType>()
  if (isOpen) registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  const texts: string[] = []
  let begunAt = performance.now()
  for (const row of METRICS) {
    const samples = row.samples(snapshot)
    if (samples.length === 0) continue
    const metric = metricOf(row, samples, isOpen)
    registry.registerMetric(metric as unknown as Metric<string>)
    texts.push(await registry.getSingleMetricAsString(metric.name))
    if (performance.now() - begunAt < SLICE_MS) continue
    await othersFirst()
    begunAt = performance.now()
  }
  const text = `${texts.join('\n')}\n${isOpen ? '# EOF\n' : ''}`
  return { contentType: registry.contentType, text: isOpen ? withUnits(text) : text }
}

/** Whether OpenMetrics is accepted, and not less than plain text. */
function prefersOpenMetrics(accept: string): boolean {
  return qualityOf(accept, 'application/openmetrics-text') >= qualityOf(accept, 'text/plain', 0.001)
}

/** The q of a media type in an Accept header. */
function qualityOf(accept: string, type: string, absent = 0): number {
  for (const range of accept.toLowerCase().split(',')) {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim())
    if (name !== type) continue
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    return quality === undefined ? 1 : Number(quality.slice(2)) || 0
  }
  return absent
}

/** OpenMetrics also has the unit, which a name ends in. */
function withUnits(text: string): string {
  return text.replace(/^# TYPE (\S+_(seconds|bytes|ratio)) \w+$/gm, '$&\n# UNIT $1 $2')
}

/** What prom-client asks of a metric. */
interface Given {
  name: string
  readonly help: string
  readonly type: string
  get(): Promise<object>
}

function metricOf(row: MetricRow, samples: readonly Sample[], isOpen: boolean): Given {
  const { help, type } = row
  // A counter's family has no suffix in OpenMetrics, its samples have.
  const name = isOpen && type === 'counter' ? row.name.replace(/_total$/, '') : row.name
  const values = samples.flatMap(({ labels, value }) =>
    typeof value === 'number' ? [{ labels, value }] : histogramValues(name, labels, value),
  )
  return { name, help, type, get: async () => ({ name, help, type, values }) }
}

function histogramValues(
  name: string,
  labels: Readonly<Record<string, string>>,
  latency: LatencySnapshot,
): object[] {
  const { cumulative, samples, sumSeconds } = latency
  const bounds = [...LATENCY_BOUNDS_SECONDS, '+Inf']
  return [
    ...cumulative.map((value, index) => {
      return { metricName: `${name}_bucket`, labels: { ...labels, le: bounds[index] }, value }
    }),
    { metricName: `${name}_sum`, labels, value: sumSeconds },
    { metricName: `${name}_count`, labels, value: samples },
  ]
}
