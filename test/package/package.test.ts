/**
 * The packed package in an empty project: what is in it, and that `import` and `require` both give
 * a cache that two threads share, with a maintenance worker started from dist/. On the Node that
 * runs the tests, and where CI is set also on the oldest Node 22 that `engines` admits and on 26.
 * The same program runs from source, so that worker files and `#atomics` resolve in both, and the
 * README's programs run in that project as they stand.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CONSUMER_FILES, EXPECTED } from './consumer.ts'
import { examplesOf } from './readme-examples.ts'

const root = resolve(import.meta.dirname, '../..')
const project = mkdtempSync(join(tmpdir(), 'heddle-package-'))
const nodes: Readonly<Record<string, string>> = process.env['CI']
  ? { node22: '22.18.0', node26: '26.10.0' }
  : {}
let packed: string[] = []

beforeAll(() => {
  const report = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', project], root))
  const { filename, files } = Object.values<{ filename: string; files: { path: string }[] }>(
    report,
  )[0]!
  packed = files.map((file) => file.path)
  const dependencies: Record<string, string> = { heddle: `file:${filename}` }
  for (const [name, version] of Object.entries(nodes)) dependencies[name] = `npm:node@${version}`
  const manifest = { private: true, dependencies, allowScripts: { node: true } }
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest))
  for (const [name, text] of Object.entries(CONSUMER_FILES))
    writeFileSync(join(project, name), text)
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], project)
}, 300_000)

afterAll(() => rmSync(project, { recursive: true, force: true }))

function run(command: string, args: readonly string[], cwd: string): string {
  return execFileSync(command, args, { cwd, encoding: 'utf8', timeout: 240_000, env: cleanEnv() })
}

/** Without what vitest and the npm that runs it pass on to their children. */
function cleanEnv(): NodeJS.ProcessEnv {
  const inherited =
    /^(?:npm_.*|NODE_(?:ENV|OPTIONS|PATH|V8_COVERAGE)|VITEST.*|TEST|MODE|DEV|PROD)$/i
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !inherited.test(name)))
}

describe('the packed package', () => {
  test('has dist, docs, the licence, the README and nothing of the making', () => {
    const page = 'dist/src/protocols/http/dashboard/page/index.html'
    const some = ['LICENSE', 'README.md', 'SECURITY.md', 'package.json', 'dist/src/index.js']
    expect(packed).toEqual(
      expect.arrayContaining([...some, page, 'docs/operations.md', 'src/auth/README.md']),
    )
    const known = [
      /^(?:LICENSE|README\.md|SECURITY\.md|package\.json)$/,
      /^docs\/(?:.+\.md|deploy\/[\w.-]+)$/,
      /^src\/(?:[\w-]+\/){1,4}README\.md$/, // the README and error messages name them
      /^dist\/src\/protocols\/http\/dashboard\/page\/\w+\.(?:js|html|css)$/,
      /^dist\/(?:src|workers|native-layout)\/.+\.(?:js|d\.ts)$/,
    ]
    const data = ['dist/src/protocols/redis/command-docs.json']
    expect(packed.filter((path) => !known.some((form) => form.test(path)))).toEqual(data)
  })

  test('has no path of the source left in its imports', () => {
    const installed = join(project, 'node_modules', 'heddle')
    for (const path of packed.filter((name) => name.endsWith('.js'))) {
      const text = readFileSync(join(installed, path), 'utf8')
      expect(text, path).not.toMatch(/(?:from|import|URL)\b\s*\(?\s*['"][./][^'"]*\.ts['"]/)
    }
  })

  test('its types satisfy a strict project', () => {
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const roots = ['--typeRoots', join(root, 'node_modules/@types')]
    expect(run(process.execPath, [tsc, '-p', project, ...roots], project)).toBe('')
  })

  const binaries = [
    ['the Node of the tests', process.execPath],
    ...Object.keys(nodes).map((name) => [name, join(project, 'node_modules', name, 'bin/node')]),
  ] as const
  for (const [name, node] of binaries) {
    test.each(['main.mjs', 'main.cjs'])(`runs %s on ${name}`, (file) => {
      const expectedMajor = /\d+$/.exec(name!)?.[0] ?? process.version.slice(1).split('.')[0]
      expect(run(node!, ['-p', 'process.versions.node.split(".")[0]'], project).trim()).toBe(
        expectedMajor,
      )
      expect(JSON.parse(run(node!, [file], project))).toMatchObject(EXPECTED)
    })
  }
})

test('the programs of the README run as they stand there', () => {
  const examples = examplesOf(readFileSync(join(root, 'README.md'), 'utf8'))
  for (const { file, text } of examples) writeFileSync(join(project, file), text)
  const programs = examples.filter((example) => !example.startedByAnother)
  expect(programs.length).toBeGreaterThanOrEqual(2)
  for (const { file } of programs) run(process.execPath, [file], project)
})

test('the command is installed with the package, and serves', async () => {
  const command = join(project, 'node_modules/.bin/heddle')
  expect(run(process.execPath, [command, '--version'], project)).toMatch(/^heddle \d+\.\d+\.\d+\n$/)
  const child = spawn(process.execPath, [command, 'serve', '-p', '0', '-m', '8'], { cwd: project })
  const [ready] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  expect(ready).toMatch(/^heddle ready memcached=127\.0\.0\.1:\d+ .* pid=\d+\n$/)
  const socket = connect(Number(/:(\d+) /.exec(ready)![1]), '127.0.0.1')
  socket.end('set a 0 0 1\r\nx\r\nget a\r\n')
  let replies = ''
  for await (const bytes of socket) replies += bytes
  expect(replies).toBe('STORED\r\nVALUE a 0 1\r\nx\r\nEND\r\n')
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})

test('the same program runs from source', () => {
  const entry = pathToFileURL(join(root, 'src/index.ts')).href
  for (const name of ['main.mjs', 'worker.mjs']) {
    const text = CONSUMER_FILES[name]!.replaceAll(`'heddle'`, `'${entry}'`)
    writeFileSync(join(project, `source-${name}`), text.replaceAll('./worker.', './source-worker.'))
  }
  expect(JSON.parse(run(process.execPath, ['source-main.mjs'], project))).toMatchObject(EXPECTED)
})

test('the command runs in a clone by its name', () => {
  const said = run('npm', ['run', '--silent', 'heddle', '--', '--version'], root)
  expect(said).toMatch(/^heddle \d+\.\d+\.\d+\n$/)
})
