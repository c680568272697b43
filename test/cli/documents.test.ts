/**
 * What documents say of the commands is so: the events of the log, the settings, flags and commands
 * that they name, and links between their parts.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { FLAGS } from '../../src/cli/flags.ts'
import { METRICS } from '../../src/observe/metric-table.ts'
import { LOG_EVENTS } from '../../src/server/log-events.ts'
import { killAll, run, start } from '../server/cli-process.ts'

const root = resolve(import.meta.dirname, '../..')
const textOf = (file: string) => readFileSync(join(root, file), 'utf8')
afterEach(killAll)

const DOCUMENTS = ['README.md', 'docs/operations.md', 'docs/deploy/README.md']

test('docs/operations.md has each event of the log, with its level and words', () => {
  const rows = [
    ...textOf('docs/operations.md').matchAll(/^\| `(\w+\.\w+)` \| (\w+) \| ([^|]+) \|/gm),
  ]
  const told = rows.map(([, event, level, text]) => [event, level, text])
  const events = Object.entries(LOG_EVENTS).map(([event, { level, text }]) => [event, level, text])
  expect(told).toEqual(events)
})

test.each(
  DOCUMENTS.slice(0, 2),
)('the flags of heddle serve in %s are those that there are', (file) => {
  const lines = textOf(file).match(/^.*heddle serve .*$/gm) ?? []
  const commands = lines.flatMap((line) => line.match(/heddle serve (?:--?[\w-]+[^`|]*)/g) ?? [])
  expect(commands.length).toBeGreaterThan(0)
  const names = FLAGS.flatMap(({ name, short }) => [`--${name}`, `-${short}`])
  for (const command of commands) {
    const flags = command.match(/(?<= )--?[a-z][\w-]*/g) ?? []
    for (const flag of flags) expect(names, command).toContain(flag)
  }
})

test('metrics that docs/operations.md asks for are at /metrics', () => {
  const asked = [...textOf('docs/operations.md').matchAll(/\bheddle_[a-z_0-9]+/g)].map(
    ([name]) => name,
  )
  expect(asked.length).toBeGreaterThan(10)
  const names = METRICS.map(({ name }) => name)
  for (const name of asked) expect(names, name).toContain(name.replace(/_bucket$/, ''))
})

test.each(DOCUMENTS)('links of %s lead somewhere', (file) => {
  const text = textOf(file)
  for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^https?:/.test(target)) continue
    const [path = '', part] = target.split('#')
    const place = path === '' ? join(root, file) : resolve(root, dirname(file), path)
    expect(existsSync(place), target).toBe(true)
    if (part === undefined || !place.endsWith('.md')) continue
    const headings = [...readFileSync(place, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading!
        .toLowerCase()
        .replaceAll(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    )
    expect(headings, target).toContain(part)
  }
})

test.runIf(has('curl'))('the lines of the README for curl do what they say', async () => {
  const { line } = await start(['-p', '0', '--http-port', '0', '-t', '1', '-m', '8'])
  const port = /http=\S*?:(\d+)/.exec(line)![1]
  const asked = [...textOf('README.md').matchAll(/^curl (.+?)(?: {2,}.*)?$/gm)]
  expect(asked.length).toBeGreaterThan(2)
  for (const [, words = ''] of asked) {
    const args = words.replaceAll(':8080', `:${port}`).match(/'[^']*'|\S+/g)!
    const plain = args.map((arg) => arg.replaceAll("'", ''))
    execFileSync('curl', ['--fail', '--silent', '--show-error', ...plain], { stdio: 'pipe' })
  }
})

test('commands that documents name are those that there are', async () => {
  const { stdout } = await run(['help'])
  const commands = [...stdout.matchAll(/^ {2}([a-z][\w-]*) /gm)].map(([, name]) => name)
  for (const file of DOCUMENTS) {
    const lines = [...textOf(file).matchAll(/(?:`|npx |^)heddle ([a-z][\w-]+)/gm)]
    for (const [, name] of lines) expect([...commands, 'ready'], file).toContain(name)
  }
})

function has(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
