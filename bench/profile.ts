/**
 * Profiles the harness's own load: `npm run profile`.
 *
 * Two runs, because no one tool sees both sides. Clinic (flame) profiles a process whose main
 * thread does the work; it does not see worker threads. Node's `--cpu-prof` writes one
 * .cpuprofile per thread, so the second run puts the same work on worker threads. Results lie in
 * results/profiles (not committed); .cpuprofile files open in the browser's developer tools or
 * speedscope. Clinic is fetched by npx (some 150 MB), so it is no dependency.
 *
 *   npm run profile                 both
 *   npm run profile -- --workers    the worker threads only, needs no network
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { commandLine } from './command-line.ts'

const CLINIC = 'clinic@13.0.0'
const CLINIC_TOOL = 'flame'
const FOLDER = fileURLToPath(new URL('../results/profiles/', import.meta.url))
const LOAD = fileURLToPath(new URL('./profile-load.ts', import.meta.url))

const USAGE = `
npm run profile -- [options]: where the processor time of the harness's own load goes

  --workers         the worker threads only; the main thread needs clinic, which npx fetches
  --seconds N       of each load (5)
  --results FOLDER  where the profiles are written (results/profiles/)

Exit code: 0, 1 when a profile fails, 2 for wrong options.`
const MOST_SECONDS = 3600

const values = commandLine(USAGE, (args) => {
  const asked = parseArgs({
    args,
    options: {
      workers: { type: 'boolean', default: false },
      seconds: { type: 'string', default: '5' },
      results: { type: 'string', default: FOLDER },
    },
  }).values
  const seconds = asked.seconds.trim() === '' ? Number.NaN : Number(asked.seconds)
  if (seconds > 0 && seconds <= MOST_SECONDS) return asked
  const allowed = `a number above 0, at most ${MOST_SECONDS}`
  throw new Error(`--seconds is '${asked.seconds}': it must be ${allowed}`)
})
const folder = values.results
mkdirSync(folder, { recursive: true })
if (!values.workers) profileMainThread()
profileWorkers()
process.stdout.write(`Profiles: ${readdirSync(folder).join(', ')}\n`)

/**
 * The pinned Node goes first on the path, for clinic starts `node` by name. Without NO_INSIGHT it
 * asks for leave to send usage data, and ends with status 0 and no report when nobody answers.
 */
function profileMainThread(): void {
  const args = ['--yes', CLINIC, CLINIC_TOOL, '--open=false', `--dest=${folder}`, '--']
  const command = ['node', LOAD, 'main', values.seconds]
  const environment = {
    ...process.env,
    NO_INSIGHT: '1',
    PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
  }
  const run = spawnSync('npx', [...args, ...command], { stdio: 'inherit', env: environment })
  const hasReport = readdirSync(folder).some((name) => name.endsWith('.html'))
  if (run.status !== 0 || !hasReport) {
    process.stderr.write(`clinic ended with status ${run.status}; the workers follow without it\n`)
    process.exitCode = 1
  }
}

function profileWorkers(): void {
  const flags = ['--cpu-prof', `--cpu-prof-dir=${join(folder)}`]
  const args = [...flags, LOAD, 'workers', values.seconds]
  const run = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (run.status !== 0) throw new Error(`the load on worker threads ended with ${run.status}`)
}
