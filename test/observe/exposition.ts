/**
 * Reads the text of /metrics strictly, as OpenMetrics 1.0 and Prometheus' format 0.0.4 define it,
 * without the library that wrote it, and says what is wrong with it.
 */

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

export interface Family {
  readonly name: string
  type: string
  help: string
  unit: string
  readonly samples: Sample[]
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y
const TYPES = ['counter', 'gauge', 'histogram']
const UNITS = ['seconds', 'bytes', 'ratio']

/** @throws Error naming the line */
export function readExposition(text: string, isOpen: boolean): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('the last line has no end')
  const lines = text.slice(0, -1).split('\n')
  if (isOpen && lines.pop() !== '# EOF') throw new Error('# EOF is missing')
  const families = new Map<string, Family>()
  let family: Family | undefined
  for (const [index, line] of lines.entries()) {
    const fail = (why: string): never => {
      throw new Error(`line ${index + 1}: ${why}: ${line}`)
    }
    if (line === '' && !isOpen) continue
    if (line.startsWith('#')) {
      const [, kind = '', name = '', rest = ''] = /^# (HELP|TYPE|UNIT) (\S+) (.+)$/.exec(line) ?? []
      if (kind === '') fail('no metadata')
      if (!NAME.test(name)) fail('no name')
      if (family?.name !== name) {
        if (families.has(name)) fail('a family in two places')
        family = { name, type: '', help: '', unit: '', samples: [] }
        families.set(name, family)
      }
      if (family!.samples.length > 0) fail('metadata behind samples')
      const field = kind.toLowerCase() as 'help' | 'type' | 'unit'
      if (family![field] !== '') fail(`a second ${kind}`)
      family![field] = rest
      continue
    }
    const [, name = '', labelText = '', valueText = ''] = SAMPLE.exec(line) ?? []
    if (name === '') fail('no sample')
    if (family === undefined || !belongs(name, family, isOpen)) fail('not of the family above')
    const value = valueText === '+Inf' ? Number.POSITIVE_INFINITY : Number(valueText)
    if (Number.isNaN(value)) fail('no number')
    family!.samples.push({ name, labels: labelsOf(labelText, fail), value })
  }
  for (const each of families.values()) checkFamily(each, isOpen)
  return families
}

function belongs(name: string, { name: family, type }: Family, isOpen: boolean): boolean {
  if (type === 'gauge') return name === family
  if (type === 'counter') return name === (isOpen ? `${family}_total` : family)
  return ['_bucket', '_sum', '_count'].some((suffix) => name === family + suffix)
}

function labelsOf(text: string, fail: (why: string) => never): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  for (let at = 0; at < text.length; at = LABEL.lastIndex) {
    const [, name = '', value = ''] = LABEL.exec(text) ?? []
    if (name === '' || Object.hasOwn(labels, name)) fail('bad labels')
    labels[name] = value
  }
  return labels
}

function checkFamily({ name, type, help, unit, samples }: Family, isOpen: boolean): void {
  if (!TYPES.includes(type)) throw new Error(`${name}: type '${type}'`)
  if (help === '') throw new Error(`${name} has no HELP`)
  if (samples.length === 0) throw new Error(`${name} has no samples`)
  if (type === 'counter' && name.endsWith('_total') === isOpen) throw new Error(`${name}: _total`)
  if (type !== 'counter' && name.endsWith('_total')) throw new Error(`${name} is no counter`)
  const named = UNITS.find((each) => name.replace(/_total$/, '').endsWith(`_${each}`)) ?? ''
  if (isOpen && unit !== named) throw new Error(`${name}: unit '${unit}', its name says '${named}'`)
  const seen = new Set<string>()
  for (const sample of samples) {
    const id = `${sample.name} ${JSON.stringify(Object.entries(sample.labels).sort())}`
    if (seen.has(id)) throw new Error(`${id} comes twice`)
    seen.add(id)
    if (type !== 'gauge' && !(sample.value >= 0)) throw new Error(`${id}: ${sample.value}`)
  }
  if (type === 'histogram') checkHistogram(name, samples)
}

function checkHistogram(name: string, samples: readonly Sample[]): void {
  const series = Map.groupBy(samples, ({ labels: { le: _, ...rest } }) => JSON.stringify(rest))
  for (const [labels, members] of series) {
    const fail = (why: string): never => {
      throw new Error(`${name}${labels}: ${why}`)
    }
    const buckets = members.filter((member) => member.name === `${name}_bucket`)
    const bounds = buckets.map(({ labels: { le = '' } }) => (le === '+Inf' ? Infinity : Number(le)))
    if (bounds.at(-1) !== Number.POSITIVE_INFINITY) fail('no bucket +Inf at the end')
    for (let i = 1; i < bounds.length; i++) {
      if (!(bounds[i]! > bounds[i - 1]!)) fail('bounds do not rise')
      if (buckets[i]!.value < buckets[i - 1]!.value) fail('buckets are not cumulative')
    }
    const count = members.filter((member) => member.name === `${name}_count`)
    const sum = members.filter((member) => member.name === `${name}_sum`)
    if (count.length !== 1 || sum.length !== 1) fail('no _count and _sum')
    if (count[0]!.value !== buckets.at(-1)!.value) fail('_count is not the bucket +Inf')
    if (count[0]!.value === 0 && sum[0]!.value !== 0) fail('a sum of nothing')
  }
}

/** The value of a sample. @throws Error when there is none such */
export function sampleOf(
  families: ReadonlyMap<string, Family>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number {
  for (const family of families.values()) {
    for (const sample of family.samples) {
      const fits = Object.entries(labels).every(([label, value]) => sample.labels[label] === value)
      if (sample.name === name && fits) return sample.value
    }
  }
  throw new Error(`no sample ${name} ${JSON.stringify(labels)}`)
}
