/**
 * The files of docs/deploy/ against what they rely on: the option table, the routes of the HTTP
 * port, the metrics, package.json, and the sums of memory in their README. They are parsed, not
 * compared with themselves.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { settingsIn } from '../../src/cli/config-file.ts'
import { environmentName, FLAGS } from '../../src/cli/flags.ts'
import { readSettings } from '../../src/cli/settings.ts'
import { parseSize } from '../../src/engine/sizes.ts'
import { METRICS } from '../../src/observe/metric-table.ts'
import { HEALTH_ROUTES } from '../../src/protocols/http/routes/health.ts'
import { killAll, run, start } from '../server/cli-process.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'heddle-deploy-'))
afterAll(() => {
  killAll()
  rmSync(folder, { recursive: true, force: true })
})

const MIB = 2 ** 20
const textOf = (name: string) => readFileSync(join(root, 'docs/deploy', name), 'utf8')
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const variables = FLAGS.filter(({ only }) => only !== 'flag').map(environmentName)

/** The least that a server of these settings is to be given: docs/deploy/README.md has the sum. */
function memoryFor(settings: ReadonlyMap<string, unknown>): number {
  const workers = Number(settings.get('workers'))
  return parseSize('memory', settings.get('memory')) + (128 + 64 * workers + 128) * MIB
}

function valuesIn(text: string): Map<string, unknown> {
  return new Map(settingsIn(text, 'file').map(({ key, value }) => [key, value]))
}

describe('heddle.json', () => {
  test('is a file of settings that serves', async () => {
    const file = join(folder, 'heddle.json')
    writeFileSync(file, textOf('heddle.json'))
    const ports = ['-p', '0', '--redis-port', '0', '--http-port', '0', '-c', '100']
    const { line, end } = await start(['--config', file, ...ports], {}, 'pipe')
    expect(line).toMatch(/^heddle ready memcached=127\.0\.0\.1:\d+ redis=\S+ http=\S+ workers=2 /)
    expect(line).toContain(` memory=${512 * MIB} `)
    expect((await end('SIGTERM')).code).toBe(0)
  })

  test('what is commented out is no lie either', () => {
    const commented = textOf('heddle.json').replaceAll(/^(\s*)\/\/ (?=")/gm, '$1')
    const names = [...valuesIn(commented).keys()]
    expect(names).toEqual(expect.arrayContaining(['auth-file', 'http-tls-port', 'tls-key']))
    for (const name of names) expect(FLAGS.map((flag) => flag.name)).toContain(name)
  })
})

describe('heddle.service', () => {
  const unit = textOf('heddle.service')
  const entries = unit.split('\n').filter((line) => /^[A-Z]\w*=/.test(line))
  const entry = (name: string) =>
    entries.filter((line) => line.startsWith(`${name}=`)).map((line) => line.slice(name.length + 1))

  test('starts what there is, and gives it what it needs', () => {
    const [, command, ...flags] = entry('ExecStart')[0]!.split(' ')
    expect(command).toBe('serve')
    expect(flags).toEqual(['--config', '/etc/heddle/heddle.json'])
    const settings = valuesIn(textOf('heddle.json'))
    expect(Number(entry('LimitNOFILE')[0])).toBeGreaterThan(
      Number(settings.get('max-connections')) + 32 + 8 * Number(settings.get('workers')),
    )
    expect(parseSize('MemoryMax', entry('MemoryMax')[0]!.replace('M', 'mb'))).toBe(
      memoryFor(settings),
    )
    expect(entry('ExecReload')).toEqual(['/bin/kill -HUP $MAINPID'])
    expect(entries.some((line) => line.startsWith('MemoryDenyWriteExecute'))).toBe(false)
  })

  const analyze = (...args: string[]) => {
    const file = join(folder, 'heddle.service')
    // It looks for the program, which is not installed here.
    writeFileSync(file, unit.replace('/usr/bin/heddle', process.execPath))
    return execFileSync('systemd-analyze', [...args, file], { encoding: 'utf8', stdio: 'pipe' })
  }
  test.runIf(has('systemd-analyze'))('systemd finds nothing wrong, and little exposed', () => {
    expect(analyze('verify')).toBe('')
    expect(analyze('security', '--offline=yes', '--threshold=15')).toMatch(/exposure level .*OK/)
  })
})

interface Container {
  args: string[]
  env: { name: string; value: string }[]
  ports: { name: string; containerPort: number }[]
  resources: { requests: { memory: string }; limits: { memory: string } }
  securityContext: Record<string, unknown>
  volumeMounts: { name: string; mountPath: string }[]
  [probe: string]: unknown
}

describe('kubernetes.yaml', () => {
  const documents = parseAllDocuments(textOf('kubernetes.yaml'))
  const objects = documents.map((document) => {
    expect(document.errors).toEqual([])
    return document.toJS()
  })
  const of = (kind: string) => objects.find((object) => object.kind === kind)
  const { template, ...set } = of('StatefulSet').spec
  const container = template.spec.containers[0] as Container
  const file = of('ConfigMap').data['heddle.json'] as string
  const settings = valuesIn(file)

  test('has one object of each kind, whose labels find each other', () => {
    const kinds = ['ConfigMap', 'Service', 'PodDisruptionBudget', 'StatefulSet']
    expect(objects.map(({ kind }) => kind)).toEqual(kinds)
    const { labels } = template.metadata
    expect(of('Service').spec.selector).toEqual(labels)
    expect(of('PodDisruptionBudget').spec.selector.matchLabels).toEqual(labels)
    expect(set.selector.matchLabels).toEqual(labels)
    expect(set.serviceName).toBe(of('Service').metadata.name)
    const volumes = template.spec.volumes.map(({ name }: { name: string }) => name)
    expect(container.volumeMounts.map(({ name }) => name)).toEqual(volumes)
  })

  test('its settings are taken, and its variables empty those of the image', async () => {
    const config = join(folder, 'kubernetes.json')
    writeFileSync(config, file)
    const given = Object.fromEntries(container.env.map(({ name, value }) => [name, value]))
    for (const name of Object.keys(given)) expect(variables).toContain(name)
    const lines = textOf('Dockerfile').matchAll(/^(?!#).*\b(HEDDLE_\w+)=/gm)
    const image = [...lines].map((match) => match[1])
    const inFile = image.filter((name) => given[name!] !== '')
    expect(inFile).toEqual([])
    const { values, warnings } = readSettings(['--config', config], given)
    expect([values.get('host'), warnings]).toEqual(['0.0.0.0', []])
    const args = container.args.map((arg) => (arg.startsWith('/') ? config : arg))
    const users = join(folder, 'users')
    writeFileSync(users, 'ann:long-enough\n')
    const checked = await run([...args, '--print-config', '--auth-file', users], given)
    expect([checked.code, checked.stderr]).toEqual([0, ''])
  })

  test('ports and probes are those of the server', () => {
    for (const { name, containerPort } of container.ports) {
      expect(containerPort).toBe(settings.get(`${name}-port`))
    }
    const paths = HEALTH_ROUTES.map(({ path }) => path)
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe']) {
      const { httpGet } = container[probe] as { httpGet: { path: string; port: string } }
      expect(paths).toContain(httpGet.path)
      expect(container.ports.map(({ name }) => name)).toContain(httpGet.port)
    }
    const targets = of('Service').spec.ports.map(({ targetPort }: { targetPort: string }) => {
      return targetPort
    })
    expect(targets).toEqual(container.ports.map(({ name }) => name))
  })

  test('memory is the sum, asked for as it is limited; rights are none', () => {
    const { requests, limits } = container.resources
    expect(requests.memory).toBe(limits.memory)
    expect(Number.parseInt(limits.memory, 10) * MIB).toBe(memoryFor(settings))
    expect(limits.memory).toMatch(/^\d+Mi$/)
    expect(container.securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(template.spec).toMatchObject({
      enableServiceLinks: false,
      securityContext: { runAsNonRoot: true },
    })
  })
})

describe('Dockerfile', () => {
  const lines = textOf('Dockerfile')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  const of = (word: string) =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1))

  test('two stages on the Node of the tests, not root, no shell where it runs', () => {
    const image = `node:${manifest.devDependencies.node}-bookworm-slim`
    expect(of('FROM')).toEqual([`${image} AS build`, image])
    expect(of('USER')).toEqual(['node'])
    const last = lines.slice(lines.lastIndexOf(`FROM ${image}`))
    expect(last.some((line) => line.startsWith('RUN '))).toBe(false)
    const health = of('HEALTHCHECK')[0]!
    const commands = [health.slice(health.indexOf('CMD ') + 4), of('ENTRYPOINT')[0], of('CMD')[0]]
    for (const command of commands) expect(Array.isArray(JSON.parse(command!))).toBe(true)
  })

  test('installs what package.json says, under its version', () => {
    const install = of('RUN').find((line) => line.startsWith('npm install'))!
    expect(install).toContain(`/tmp/heddle-${manifest.version}.tgz`)
    const { 'prom-client': version } = manifest.devDependencies
    expect(install).toMatch(new RegExp(` prom-client@${version.replaceAll('.', '\\.')}$`))
  })

  test('its variables are settings, its ports those that it exposes', () => {
    const [, ...pairs] = of('ENV')[0]!.split(/\s+(?=\w+=)/)
    const settings = pairs.filter((pair) => pair.startsWith('HEDDLE_'))
    expect(settings.length).toBeGreaterThan(4)
    const given = Object.fromEntries(settings.map((pair) => pair.split('=', 2)))
    for (const name of Object.keys(given)) expect(variables).toContain(name)
    const { values } = readSettings([], given)
    const ports = ['memcached-port', 'redis-port', 'http-port'].map((name) => values.get(name))
    expect(of('EXPOSE')).toEqual([ports.join(' ')])
    expect(of('HEALTHCHECK')[0]).toContain(`"${values.get('http-port')}"`)
  })

  test('what it copies is what the package is made from', () => {
    const kept = textOf('Dockerfile.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
    const needed = ['.ci', 'LICENSE', 'README.md', 'docs', 'native-layout', 'src', 'workers']
    for (const name of needed) expect(kept).toContain(`!${name}`)
  })
})

interface Panel {
  id: number
  title: string
  gridPos: { x: number; y: number; w: number; h: number }
  targets: { expr: string; legendFormat: string }[]
}

describe('grafana-dashboard.json', () => {
  const dashboard = JSON.parse(textOf('grafana-dashboard.json'))
  const panels = dashboard.panels as Panel[]
  const queries = panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
  const instances = dashboard.templating.list.map((each: { query: unknown }) => each.query)

  /** The row of a metric, by the name of a sample. */
  function rowOf(name: string) {
    const exact = METRICS.find((row) => row.name === name && row.type !== 'histogram')
    if (exact !== undefined) return exact
    const base = name.replace(/_(?:bucket|sum|count)$/, '')
    return METRICS.find((row) => row.name === base && row.type === 'histogram')
  }

  test('each metric that it asks for is at /metrics, counters by their rate', () => {
    expect(queries.length).toBeGreaterThan(30)
    const labels = String(instances.find((query: { query?: string }) => query.query)?.query)
    for (const query of [...queries, labels]) {
      const names = [...query.matchAll(/\bheddle_\w+/g)]
      expect(names.length, query).toBeGreaterThan(0)
      for (const { 0: name, index } of names) {
        const row = rowOf(name)
        expect(row?.name, query).toBeDefined()
        const isRate = /(?:rate|increase)\($/.test(query.slice(0, index))
        expect(isRate, query).toBe(row!.type !== 'gauge')
      }
    }
  })

  test('labels that it groups by are those that the metrics have', () => {
    const known = ['protocol', 'command', 'reason', 'chunk_bytes', 'thread', 'le', 'instance']
    for (const query of queries) {
      for (const [, names = ''] of query.matchAll(/ by \(([^)]*)\)/g)) {
        for (const name of names.split(', ')) expect(known, query).toContain(name)
      }
    }
    const formats = panels.flatMap(({ targets }) => targets.map(({ legendFormat }) => legendFormat))
    for (const [, name] of formats.join(' ').matchAll(/\{\{(\w+)\}\}/g))
      expect(known).toContain(name)
  })

  test('panels have ids of their own and do not overlap', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    for (const { title, gridPos: a } of panels) {
      expect(a.x + a.w, title).toBeLessThanOrEqual(24)
      for (const { title: other, gridPos: b } of panels) {
        if (title === other) continue
        const isApart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y
        expect(isApart, `${title} and ${other}`).toBe(true)
      }
    }
  })
})

function has(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
