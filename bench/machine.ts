/**
 * The facts of a run that its numbers depend on: machine, Node, commit. They are repeated in each
 * line of results/runs.ndjson, so that a line taken out of the file still says where it comes
 * from. Nothing here names the host, its user or a folder of it.
 */
import { execFileSync } from 'node:child_process'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

export interface MachineFacts {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly platform: string
  readonly node: string
  readonly v8: string
  /**
   * The commit measured, `+changes` when the working tree differs, `unknown` outside a
   * repository.
   */
  readonly commit: string
}

const REPOSITORY = fileURLToPath(new URL('..', import.meta.url))

export function machineFacts(): MachineFacts {
  const processors = cpus()
  return {
    cpu: processors[0]?.model.trim() ?? 'unknown',
    cores: processors.length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
    v8: process.versions.v8,
    commit: commitOf(REPOSITORY),
  }
}

/** Changes under results/ do not count: every run makes some. */
function commitOf(folder: string): string {
  const head = git(folder, ['rev-parse', '--short=12', 'HEAD'])
  if (head === undefined) return 'unknown'
  const written = ['results', 'docs/CORRECTNESS.md'].map((path) => `:(exclude)${path}`)
  const changes = git(folder, ['status', '--porcelain', '--', '.', ...written])
  return changes === '' ? head : `${head}+changes`
}

function git(folder: string, args: readonly string[]): string | undefined {
  try {
    const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore']
    return execFileSync('git', args, { cwd: folder, encoding: 'utf8', stdio }).trim()
  } catch {
    return undefined
  }
}
