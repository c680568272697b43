/**
 * The two trees of source that the guard compares: this one, and another commit checked out into a
 * temporary worktree of git that shares this one's node_modules; or a folder as it is.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const REPOSITORY: string = fileURLToPath(new URL('../..', import.meta.url))

export interface Tree {
  readonly root: string
  /** For tables: a commit, or the folder's name. */
  readonly name: string
  remove(): void
}

/** A folder as it is. */
export function folderTree(root: string, name: string): Tree {
  for (const file of ['src/index.ts', 'src/cli/main.ts']) {
    if (!existsSync(join(root, file))) throw new Error(`${root}: there is no ${file}`)
  }
  return { root, name, remove: () => {} }
}

/** @param named a commit in any form that git knows, or a folder */
export function treeOf(named: string): Tree {
  if (existsSync(named) && statSync(named).isDirectory()) return folderTree(resolve(named), named)
  const commit = commitNamed(named)
  if (commit === undefined) throw new Error(`--against ${named}: neither a commit nor a folder`)
  const folder = mkdtempSync(join(tmpdir(), 'heddle-guard-'))
  const root = join(folder, 'tree')
  git(['worktree', 'add', '--detach', '--quiet', root, commit])
  symlinkSync(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'))
  const remove = () => {
    git(['worktree', 'remove', '--force', root])
    rmSync(folder, { recursive: true, force: true })
  }
  return { ...folderTree(root, commit.slice(0, 12)), remove }
}

/** The last commit that has lines in results/runs.ndjson, is still known, and is not this one. */
export function lastRecorded(resultsFolder: string, current: string): string | undefined {
  const file = join(resultsFolder, 'runs.ndjson')
  if (!existsSync(file)) return undefined
  const commits: string[] = []
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const commit = /"commit":"([0-9a-f]{7,40})"/.exec(line)?.[1]
    if (commit !== undefined && commits.at(-1) !== commit) commits.push(commit)
  }
  const others = commits.reverse().filter((commit) => commit !== current)
  return others.find((commit) => commitNamed(commit) !== undefined)
}

function commitNamed(named: string): string | undefined {
  try {
    return git(['rev-parse', '--verify', '--quiet', `${named}^{commit}`])
  } catch {
    return undefined
  }
}

function git(args: readonly string[]): string {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  return execFileSync('git', args, { cwd: REPOSITORY, encoding: 'utf8', stdio }).trim()
}
