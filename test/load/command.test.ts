/**
 * `heddle bench` as a command: its options and what it refuses, its table and lines of JSON, its
 * exit code, and the one line that it says where its packages are not installed.
 */
import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { readBenchOptions } from '../../src/load/options.ts'
import { rightReply, startFakeServer } from './fake-server.ts'

const root = resolve(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'heddle-load-'))
const STARTER = join(folder, 'bench.mjs')
/** What the command needs of heddle. */
const PARTS = [
  ...['src/cli/bench.ts', 'src/cli/load-command.ts', 'src/engine/option-names.ts'],
  ...['src/charts', 'src/load'],
]
writeFileSync(STARTER, starterOf(join(root, 'src/cli/bench.ts')))

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function starterOf(file: string): string {
  return (
    `import { benchCommand } from ${JSON.stringify(file)}\n` +
    'process.exitCode = await benchCommand(process.argv.slice(2))\n'
  )
}

interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

function bench(
  args: readonly string[],
  starter = STARTER,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Ended> {
  const settings = { timeout: 60_000, env: environment }
  return new Promise((done) => {
    execFile(process.execPath, [starter, ...args], settings, (error, stdout, stderr) =>
      done({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    )
  })
}

describe('options', () => {
  test('defaults', () => {
    expect(readBenchOptions([])).toMatchObject({
      target: { protocol: 'memcached', host: '127.0.0.1', port: 11_211 },
      ...{ connections: 50, threads: 1, depth: 1, mix: '90/10', choice: 'uniform' },
      ...{ keys: 100_000, values: { low: 32, high: 32 }, rates: [], preload: true, floor: true },
    })
    expect(readBenchOptions(['--protocol', 'redis']).target.port).toBe(6379)
    expect(readBenchOptions(['--unix-socket', 'a.sock']).target.path).toBe('a.sock')
    expect(readBenchOptions(['--rate', '10,20']).rates).toEqual([10, 20])
    expect(readBenchOptions(['--value-size', '32-1024']).values).toEqual({ low: 32, high: 1024 })
    const traced = readBenchOptions(['--trace', 'web12.trace.gz'])
    expect([traced.choice, traced.preload]).toEqual(['trace', false])
  })

  test.each([
    [['--depth', '65'], /--depth 65: expected an integer from 1 to 64/],
    [['--connections', '0'], /--connections 0: expected an integer from 1 to 10000/],
    [['--connections', '2', '--threads', '3'], /--threads 3: more than --connections 2/],
    [['--mix', '80/20'], /--mix 80\/20: expected one of 90\/10/],
    [['--key-choice', 'trace'], /--trace FILE go together/],
    [['--key-choice', 'zipf', '--trace', 'x'], /--trace FILE go together/],
    [['--value-size', '31'], /--value-size 31: .* from 32 to 262144 bytes/],
    [['--value-size', '100-50'], /--value-size 100-50/],
    [['--rate', '0'], /--rate 0: expected an integer from 1/],
    [['--rate', '10,'], /--rate : expected an integer/],
    [['--seconds', 'x'], /--seconds x: expected seconds from 0.1/],
    [['--protocol', 'smtp'], /--protocol smtp: expected one of memcached, meta, binary, redis/],
    [['--port', '1', '--unix-socket', 'x'], /exclude each other/],
    [['--nonsense'], /^no such flag: --nonsense$/],
    [['--floor', '--no-floor'], /exclude each other/],
    [['extra'], /^'extra' is no flag$/],
  ] as const)('%j is refused', (args, words) => {
    expect(() => readBenchOptions(args)).toThrow(words)
  })
})

describe('the command', () => {
  const quick = ['--keys', '200', '--seconds', '0.3', '--warm-up', '0', '--connections', '4']

  test('help and wrong arguments', async () => {
    expect(await bench(['--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/--rate/),
    })
    expect(await bench(['-h'])).toEqual(await bench(['--help']))
    const refusals = [
      [['--depth', '0'], '--depth 0: expected an integer from 1 to 64'],
      [['--depht=3'], 'no such flag: --depht; did you mean --depth'],
      [['--clients', '3'], 'no such flag: --clients; did you mean --connections'],
      [['-x'], 'no such flag: -x'],
    ] as const
    for (const [args, words] of refusals) {
      const { code, stdout, stderr } = await bench(args)
      expect([code, stdout]).toEqual([2, ''])
      expect(stderr).toBe(`heddle bench: ${words}; see heddle bench --help\n`)
    }
  })

  test('a table with the floor, JSON with a rate, a percentile file', async () => {
    const fake = await startFakeServer()
    const port = String(fake.target.port)
    const hgrm = join(folder, 'latency.hgrm')
    try {
      const args = ['--port', port, ...quick, '--pid', String(process.pid)]
      const table = await bench([...args, '--hgrm', hgrm])
      expect(table.code, table.stderr).toBe(0)
      expect(table.stdout).toMatch(/floor of the generator[^\n]*(?:ops\/s|not measured)/)
      expect(table.stdout).toMatch(/client and server share cores/)
      expect(table.stdout).toMatch(/load +ops\/s +p50 .*\n *closed +\d+ /)
      expect(readFileSync(hgrm, 'utf8')).toMatch(/Percentile +TotalCount/)

      const json = await bench([...args, '--no-floor', '--rate', '200,400', '--json'])
      const lines = json.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
      expect(lines.map((line) => [line.rate, line.operations, line.errors])).toEqual([
        [200, 60, 0],
        [400, 120, 0],
      ])
      expect(lines[0].latencyNs['p99.9']).toBeGreaterThan(0)
      expect(lines[0].serverCpuUs.user).toBeGreaterThanOrEqual(0)
    } finally {
      await fake.close()
    }
  })

  test('a wrong value fails the run and is shown', async () => {
    const fake = await startFakeServer((key, id) =>
      rightReply(key, id)
        .replace('\r\nEND', id === 5 ? 'X\r\nEND' : '\r\nEND')
        .replace(' 0 32', id === 5 ? ' 0 33' : ' 0 32'),
    )
    try {
      const port = String(fake.target.port)
      const ended = await bench(['--port', port, ...quick, '--no-floor', '--mix', 'hit-only'])
      expect(ended.code).toBe(1)
      expect(ended.stderr).toMatch(/closed loop: FAILED, \d+ wrong lengths/)
      expect(ended.stderr).toContain('get heddle:bench:key00000005 (32 bytes): "VALUE')
    } finally {
      await fake.close()
    }
  })

  test('a unix socket, two threads, a trace', async () => {
    const path = join(folder, 'server.sock')
    const fake = await startFakeServer(rightReply, path)
    try {
      const trace = join(root, 'bench/data/web12.trace.gz')
      const args = ['--unix-socket', path, ...quick, '--threads', '2', '--trace', trace]
      const ended = await bench([...args, '--no-floor', '--json'])
      expect(ended.code, ended.stderr).toBe(0)
      const line = JSON.parse(ended.stdout)
      expect([line.server, line.choice, line.hitRatio, line.errors]).toEqual([path, 'trace', 1, 0])
    } finally {
      await fake.close()
    }
  })

  test('without a C compiler it says that the floor is not measured', async () => {
    const fake = await startFakeServer()
    try {
      const args = ['--port', String(fake.target.port), ...quick]
      const ended = await bench(args, STARTER, { ...process.env, PATH: folder })
      expect(ended.code, ended.stderr).toBe(0)
      expect(ended.stdout).toMatch(/floor of the generator not measured: .*(?:C compiler|Linux)/)
    } finally {
      await fake.close()
    }
  })

  test('a percentile file that cannot be written is refused before the load', async () => {
    const file = join(folder, 'missing', 'latency.hgrm')
    const ended = await bench(['--port', '1', '--hgrm', file])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    const why = `--hgrm ${file}: there is no folder ${join(folder, 'missing')}`
    expect(ended.stderr).toBe(`heddle bench: ${why}\n`)
  })

  test('nobody listens', async () => {
    const fake = await startFakeServer()
    await fake.close()
    const ended = await bench(['--port', String(fake.target.port), '--no-floor'])
    expect(ended.code).toBe(1)
    expect(ended.stderr).toMatch(/heddle bench: cannot connect to 127.0.0.1:\d+: .*ECONNREFUSED/)
  })

  test('without the source of the floor it says nothing of it unless asked', async () => {
    const installed = join(folder, 'installed')
    for (const part of [...PARTS, 'workers']) {
      cpSync(join(root, part), join(installed, part), { recursive: true })
    }
    symlinkSync(join(root, 'node_modules'), join(installed, 'node_modules'))
    writeFileSync(join(installed, 'package.json'), '{"type":"module"}')
    const starter = join(installed, 'start.mjs')
    writeFileSync(starter, starterOf(join(installed, 'src/cli/bench.ts')))
    const fake = await startFakeServer()
    try {
      const args = ['--port', String(fake.target.port), ...quick]
      const ended = await bench(args, starter)
      expect(ended.code, ended.stderr).toBe(0)
      expect(ended.stdout).not.toMatch(/floor/)
      const asked = await bench([...args, '--floor'], starter)
      expect(asked.stdout).toMatch(/floor of the generator not measured: .*floor\.c is not here/)
    } finally {
      await fake.close()
    }
  })

  test('without its packages it says in one line what to install', async () => {
    const bare = join(folder, 'bare')
    for (const part of PARTS) {
      cpSync(join(root, part), join(bare, part), { recursive: true })
    }
    writeFileSync(join(bare, 'package.json'), '{"type":"module"}')
    writeFileSync(join(bare, 'start.mjs'), starterOf(join(bare, 'src/cli/bench.ts')))
    const ended = await bench([], join(bare, 'start.mjs'))
    expect(ended.code).toBe(1)
    expect(ended.stderr).toBe(
      'heddle bench needs piscina and hdr-histogram-js: npm install piscina hdr-histogram-js\n',
    )
  })
})
