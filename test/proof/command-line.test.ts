/** The commands of the checks and of the bench help those who ask, and refuse what has no sense. */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = fileURLToPath(new URL('../../', import.meta.url))

function run(file: string, args: readonly string[]): { code: number; out: string; said: string } {
  const call = spawnSync(process.execPath, ['--no-warnings', file, ...args], {
    cwd: root,
    encoding: 'utf8',
  })
  return { code: call.status ?? -1, out: call.stdout, said: call.stderr }
}

const COMMANDS = [
  'test/stress/run.ts',
  'test/fuzz/run.ts',
  'test/model/check.ts',
  'test/explore/run.ts',
  'test/broken/run.ts',
  'test/proof/record.ts',
  'test/proof/table.ts',
  'bench/run.ts',
  'bench/profile.ts',
  '.ci/configuration-reference.ts',
]

test.each(COMMANDS)('%s tells its use, and refuses an unknown option', (file) => {
  const { code, out } = run(file, ['--help'])
  expect(code).toBe(0)
  expect(out).toMatch(/^(npm run|node test)/)
  expect(run(file, ['--frob'])).toEqual({
    code: 2,
    out: '',
    said: "Unknown option '--frob'; see --help\n",
  })
})

test.each([
  ['stress/run.ts --minutes abc', "--minutes is 'abc': it must be a number above 0, at most 1440"],
  ['stress/run.ts --minutes -1', "--minutes is '-1': it must be a number above 0, at most 1440"],
  ['stress/run.ts --seed 1.5', "--seed is '1.5': it must be a whole number from 0 to 2147483647"],
  ['stress/run.ts --parts deaths,a', "--parts is 'a': it must be one of histories, deaths, "],
  ['stress/run.ts --seed', "Option '--seed <value>' argument missing"],
  ['fuzz/run.ts --only foo', "--only is 'foo': it must be one of wire, "],
  ['fuzz/run.ts --differential 0', "--differential is '0': it must be a whole number from 1 to "],
  ['fuzz/run.ts --twins --only wire', 'one part at a time, not twins and wire'],
  ['model/check.ts --only=foo', "--only is 'foo': no program and no twin is called so"],
  ['explore/run.ts --minutes abc', "--minutes is 'abc': it must be a number above 0, at most 1440"],
  ['explore/run.ts --deaths 9', "--deaths is '9': it must be a whole number from 0 to 8"],
  ['explore/run.ts --mode bfs', "--mode is 'bfs': it must be one of dfs, pct"],
  ['explore/run.ts --program foo', "--program is 'foo': no program is called so"],
  ['explore/run.ts --replay foo', 'not a seed: foo'],
  ['explore/run.ts --replay foo@-@', "--replay: no program is called 'foo'"],
  ['explore/run.ts --full --smoke', 'one form at a time, not --full and --smoke'],
  ['broken/run.ts --twin foo', "--twin is 'foo': no twin is called so"],
  ['broken/run.ts --steps', '--steps needs --twin NAME'],
  ['../bench/run.ts --only=foo', '--only=foo: no part "foo"; the parts are micro, '],
  ['../bench/run.ts --threads 9', '--threads=9: expected an integer from 1 to 8'],
  [
    '../bench/profile.ts --seconds x',
    "--seconds is 'x': it must be a number above 0, at most 3600",
  ],
  ['proof/record.ts nothing a=1', "CHECK is 'nothing': it must be one of model, "],
  ['proof/record.ts model', 'a FILE or counts are missing'],
  ['proof/record.ts model a=b', "'a=b' is not NAME=COUNT"],
])('%s', (line, said) => {
  const [file = '', ...args] = line.split(' ')
  const refused = run(`test/${file}`, args)
  expect(refused).toMatchObject({ code: 2, out: '' })
  expect(refused.said.startsWith(said), refused.said).toBe(true)
  expect(refused.said.split('\n').length).toBe(2)
})
