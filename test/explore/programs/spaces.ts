/** Programs about namespaces: keys of their own, flushed alone and together with all others. */
import type { Program } from '../program.ts'
import { cast, first, type Line, programOf, type Scene } from './build.ts'
import { deedOf, FLUSH, freshValue, type Kind, type Place, SET } from './operations.ts'
import { IN_SPACE, spaceOf, type World, type WorldOptions } from './world.ts'

/** A call on a key of the namespace; its name without the mark. */
function inSpace(
  name: string,
  operation: (place: Place) => Parameters<typeof deedOf>[2],
  run: (place: Place, key: string) => unknown,
): Kind {
  const steps: Kind['steps'] = (place) => [
    deedOf(name, place, operation(place), () => run(place, place.key.slice(IN_SPACE.length))),
  ]
  return { name, steps }
}

export const SET_THERE = inSpace(
  'set there',
  (place) => ({ name: 'set', value: freshValue(place) }),
  (place, key) => spaceOf(place.actor).set(key, freshValue(place)),
)
export const GET_THERE = inSpace(
  'get there',
  () => ({ name: 'get' }),
  ({ actor }, key) => spaceOf(actor).get(key),
)
const INCR_THERE = inSpace(
  'incr there',
  () => ({ name: 'incr' }),
  ({ actor }, key) => spaceOf(actor).increment(key),
)
export const CLEAR_THERE = inSpace(
  'clear there',
  ({ key }) => ({ name: 'flush', keys: [key] }),
  ({ actor }) => spaceOf(actor).clear(),
)

type Lines = readonly (readonly Kind[])[]

/** All operations are on one key, by its name in the namespace or outside. */
export function spaceProgram(lines: Lines, more: Partial<WorldOptions> = {}): Program {
  const name = `space: ${lines.map((line) => line.map((kind) => kind.name).join(', ')).join(' x ')}`
  const scene = (world: World): Scene => {
    const [key] = world.keys(1, ({ home }) => home === 0)
    const there = IN_SPACE + key!
    const keyOf = (kind: Kind): string => (kind.name.endsWith('there') ? there : key!)
    const keys = [key!, there]
    spaceOf(world.janitor).set(key!, '5')
    const threads = lines.map((line) => line.map((kind): Line => [kind, keyOf(kind)]))
    return {
      keys,
      entries: [first(key!)],
      alsoThere: { [there]: '5' },
      deeds: (versions) => cast(world, keys, versions, threads),
    }
  }
  const about = 'one name in a namespace and outside of it'
  return programOf({ name, about, options: { threads: lines.length, ...more }, scene })
}

export const SPACES: readonly Program[] = [
  [[SET_THERE], [CLEAR_THERE, GET_THERE]],
  [[INCR_THERE], [CLEAR_THERE]],
  [[INCR_THERE], [FLUSH, SET_THERE]],
  [
    [CLEAR_THERE, SET_THERE],
    [FLUSH, SET],
  ],
  [[SET], [CLEAR_THERE], [SET_THERE]],
].map((lines) => spaceProgram(lines))
