/**
 * `node test/fuzz/catch.ts CHECK WITHIN`: one check, until it finds something or has done so many
 * inputs, exchanges or commands. Prints `{"after": N, "problem": "..."}`, without `after` when
 * nothing was found. Runs in copies of the source that are broken; see twins.ts.
 */
import { createEngine } from '../../src/index.ts'
import { serve } from '../../src/server/serve.ts'
import { type Dialect, startingInputs } from './dialect.ts'
import { DIALECTS } from './dialects.ts'
import { Differential, differenceText } from './differential.ts'
import { exchange } from './frames.ts'
import { startMemcached } from './memcached-process.ts'
import { Mutator } from './mutator.ts'
import { Random } from './random.ts'
import { WireTarget } from './wire-target.ts'

/** A dialect's name, or two words: the frames with a dialect in them. */
export type Check = Dialect['name'] | `frames ${Dialect['name']}` | 'differential'
interface Found {
  readonly after?: number
  readonly problem: string
}

const SEED = 7
const NOTHING: Found = { problem: 'nothing was found' }

function wire(dialect: Dialect, within: number): Found {
  const random = new Random(SEED)
  const target = new WireTarget(dialect)
  const mutator = new Mutator(dialect.maker(random), random)
  const corpus = startingInputs(dialect)
  for (let after = 1; after <= within; after++) {
    const known = corpus[after - 1]
    const input = known === undefined ? mutator.next(corpus) : Buffer.from(known, 'latin1')
    const problem = target.check(input, random)
    if (problem !== undefined) return { after, problem }
  }
  return NOTHING
}

function frames(dialect: Dialect, within: number): Found {
  for (let after = 1; after <= within; after++) {
    const { problem } = exchange(dialect, new Random(SEED + after))
    if (problem !== undefined) return { after, problem }
  }
  return NOTHING
}

async function differential(within: number): Promise<Found> {
  const engine = createEngine({ name: 'caught', memory: '32mb' })
  const server = await serve(engine, { memcachedPort: 0, workers: 1 })
  const memcached = await startMemcached()
  const port = Number(/\d+$/.exec(server.addresses[0]!)![0])
  const both = new Differential(port, memcached.port)
  const { commands, difference } = await both.run(SEED, within)
  both.close()
  memcached.stop()
  await server.close()
  if (difference === undefined) return NOTHING
  return { after: commands, problem: differenceText(difference) }
}

function run(check: string, within: number): Found | Promise<Found> {
  if (check === 'differential') return differential(within)
  const [kind = '', name = kind] = check.split(' ')
  const dialect = DIALECTS.find((each) => each.name === name)
  if (dialect === undefined) throw new Error(`no such check: ${check}`)
  return kind === 'frames' ? frames(dialect, within) : wire(dialect, within)
}

const [check, within] = process.argv.slice(2)
if (check !== undefined && process.argv[1] === import.meta.filename) {
  process.stdout.write(JSON.stringify(await run(check, Number(within))))
  process.exit()
}
