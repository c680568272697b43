/** Where a thread is that does not come to an end: the functions in which it spends its time. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'

const LOOK_MS = 500
/** Who does not answer by then waits in a call that nothing interrupts. */
const PATIENCE_MS = 5000
const MOST_STACKS = 4

interface ProfileNode {
  readonly id: number
  readonly callFrame: { readonly functionName: string; readonly lineNumber: number }
  readonly hitCount?: number
  readonly children?: readonly number[]
}

/** The stacks it was met in most often, innermost function first. */
export async function whereaboutsOf(worker: Worker): Promise<string> {
  const started = worker.startCpuProfile()
  const handle = await Promise.race([started, sleep(PATIENCE_MS)])
  if (handle === undefined) return 'waiting in one call'
  await sleep(LOOK_MS)
  const { nodes } = JSON.parse(await handle.stop()) as { nodes: readonly ProfileNode[] }
  const parents = new Map<number, ProfileNode>()
  for (const node of nodes) for (const child of node.children ?? []) parents.set(child, node)
  const stackOf = (node: ProfileNode): string => {
    const names: string[] = []
    for (let at: ProfileNode | undefined = node; at !== undefined; at = parents.get(at.id)) {
      names.push(`${at.callFrame.functionName}:${at.callFrame.lineNumber + 1}`)
    }
    return names.slice(0, -1).join(' < ')
  }
  return [...nodes]
    .sort((a, b) => (b.hitCount ?? 0) - (a.hitCount ?? 0))
    .slice(0, MOST_STACKS)
    .map((node) => `${node.hitCount ?? 0} times ${stackOf(node)}`)
    .join('; ')
}
