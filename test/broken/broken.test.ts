/**
 * The explorer finds every broken twin, so its silence about the engine means something. `npm run
 * twins` does the same and prints a line for each.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { BROKEN_TWINS } from './twins.ts'
import { patchedFiles } from './catch-twins.ts'

const RUN = fileURLToPath(new URL('./run.ts', import.meta.url))
const FEWEST = 24

test('every broken twin is caught by its program, in the executions that are stated', () => {
  const { stdout, status } = spawnSync(process.execPath, [RUN], { encoding: 'utf8' })
  const lines = stdout.trimEnd().split('\n')
  expect(lines.filter((line) => line.includes('NOT CAUGHT'))).toEqual([])
  expect(lines.at(-1)).toContain('all caught')
  const caught = new Set(lines.slice(0, -1).map((line) => line.split(' ')[0]))
  expect(caught).toEqual(new Set(BROKEN_TWINS.map(({ name }) => name)))
  expect(caught.size).toBeGreaterThanOrEqual(FEWEST)
  expect(status).toBe(0)
}, 240_000)

test('the steps of one twin are printed, to the seed of their schedule', () => {
  const args = [RUN, '--twin', 'loserFrees', '--steps']
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(status).toBe(0)
  expect(stdout).toMatch(/^0 +a +begins set 3\n1 +a +src\/engine\/[\w-]+\.ts:\d+ +peek /m)
  expect(stdout).toMatch(/ b +src\/memory\/publish\.ts:\d+ +compareExchange +bucket\[0\]/)
  expect(stdout).toMatch(/^seed, .*: set x set, present@-@(?:[ab]\d+){3}$/m)
})

test('a patch that no longer fits the source is refused', () => {
  const patches = [{ file: 'src/memory/publish.ts', find: 'no such step', replace: '' }]
  expect(() => patchedFiles({ ...BROKEN_TWINS[0]!, patches })).toThrow('not once')
})
