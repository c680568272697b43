/** A thread that draws versions of one counter and pushes it close to its next turn. */
import { parentPort, workerData } from 'node:worker_threads'
import { attachEngine, type EngineHandle } from '../../src/index.ts'
import { viewOf } from '../../src/engine/engine.ts'
import { raiseVersion, takeVersion } from '../../src/memory/version.ts'

const HALF = 2 ** 31
const TURNS = 40
const DRAWS_PER_TURN = 2000

const { handle, thread } = workerData as { handle: EngineHandle; thread: number }
const view = viewOf(attachEngine(handle))
const drawn = new Float64Array(TURNS * DRAWS_PER_TURN)
let at = 0
for (let turn = 0; turn < TURNS; turn++) {
  for (let n = 0; n < DRAWS_PER_TURN; n++) {
    const version = takeVersion(view, 9)
    if (at > 0 && version <= drawn[at - 1]!) drawn[at] = -1
    else drawn[at] = version
    at++
    if (n !== 500 * (thread + 1)) continue
    raiseVersion(view, 9, (Math.floor(version / HALF) + 1) * HALF - 100)
  }
}
parentPort!.postMessage(drawn)
