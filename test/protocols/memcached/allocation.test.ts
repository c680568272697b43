/**
 * The frequent commands allocate nothing but the time of their frame: with a young generation of a
 * megabyte, 200,000 of them cause a handful of scavenges. Bytes: 16 a command are three of them.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('./allocation-run.ts', import.meta.url))
const COMMANDS = 200_000
const MOST_SCAVENGES = 12

function scavenges(kind: string): number {
  const flags = ['--max-semi-space-size=1', '--trace-gc']
  const output = execFileSync(process.execPath, [...flags, PROGRAM, kind, String(COMMANDS)], {
    encoding: 'utf8',
  })
  const between = output.slice(output.indexOf('begin\n'), output.indexOf('end\n'))
  return between.split('\n').filter((line) => line.includes(' ms: ')).length
}

for (const kind of ['get', 'gets', 'miss', 'set', 'mg', 'ms', 'delete', 'pipeline', 'binary']) {
  test(`${kind} allocates nothing`, () => {
    expect(scavenges(kind)).toBeLessThanOrEqual(MOST_SCAVENGES)
  })
}

test('a command that does allocate is noticed', () => {
  expect(scavenges('append')).toBeGreaterThan(2 * MOST_SCAVENGES)
})
