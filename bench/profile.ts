/**
 * `npm run profile [-- --seconds=5 --threads=2 --tool=flame]`: where the time goes.
 *
 * clinic (doctor, flame, bubbleprof or heapprofiler) looks at the main thread; it does not see
 * worker threads. So Node's own profiler follows with workers, one .cpuprofile per thread, and the
 * functions that took the most time are printed. clinic is fetched by npx when it is wanted and is
 * no dependency (docs/decisions.md). Everything lands in results/profiles/, which git ignores.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const CLINIC = 'clinic@13.0.0'
const TOOLS = ['doctor', 'flame', 'bubbleprof', 'heapprofiler']
const SHOWN_FUNCTIONS = 12

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    threads: { type: 'string', default: '2' },
    tool: { type: 'string', default: 'flame' },
    'no-clinic': { type: 'boolean', default: false },
  },
})
if (!TOOLS.includes(values.tool)) {
  throw new Error(`--tool=${values.tool}: the tools are ${TOOLS.join(', ')}`)
}

const root = resolve(import.meta.dirname, '..')
const folder = join(root, 'results', 'profiles')
const load = join('bench', 'profile-load.ts')
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })

if (!values['no-clinic']) {
  process.stdout.write(`clinic ${values.tool}, main thread\n`)
  const watched = [process.execPath, load, `--seconds=${values.seconds}`]
  run('npx', ['--yes', CLINIC, values.tool, '--open=false', '--dest', folder, '--', ...watched])
  const reports = readdirSync(folder).filter((name) => name.endsWith('.html'))
  if (reports.length === 0) throw new Error(`${CLINIC} left no report`)
}
process.stdout.write(`\nnode --cpu-prof, main thread and ${values.threads} workers\n`)
const profiling = ['--cpu-prof', `--cpu-prof-dir=${folder}`]
run(process.execPath, [
  ...profiling,
  load,
  `--seconds=${values.seconds}`,
  `--threads=${values.threads}`,
])
for (const name of readdirSync(folder).sort()) {
  if (name.endsWith('.cpuprofile')) printTop(name)
}
process.stdout.write('\nEverything is in results/profiles/\n')

function run(command: string, args: readonly string[]): void {
  // Without this, clinic asks for leave to send usage data, and ends when nobody is there to answer.
  const env = { ...process.env, NO_INSIGHT: '1' }
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env })
  if (error !== undefined) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`)
}

interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
}

/** The functions of a profile by the samples taken in them, themselves and not what they call. */
function printTop(name: string): void {
  const profile: CpuProfile = JSON.parse(readFileSync(join(folder, name), 'utf8'))
  const frames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]))
  const samplesOf = new Map<string, number>()
  for (const sample of profile.samples) {
    const frame = frames.get(sample)!
    const file = frame.url.split('/').slice(-2).join('/')
    const title = `${frame.functionName || '(anonymous)'} ${file}:${frame.lineNumber + 1}`
    samplesOf.set(title, (samplesOf.get(title) ?? 0) + 1)
  }
  const top = [...samplesOf].sort((a, b) => b[1] - a[1]).slice(0, SHOWN_FUNCTIONS)
  process.stdout.write(`\n${name}\n`)
  for (const [title, samples] of top) {
    const percent = ((100 * samples) / profile.samples.length).toFixed(1).padStart(5)
    process.stdout.write(`${percent} %  ${title}\n`)
  }
}
