/**
 * The table of commands: what is known of each (command-facts.ts) and what executes it. Found by
 * length, first and last letter in any case, so that no name becomes a string.
 */
import type { Args } from './args.ts'
import type { RedisClient } from './client.ts'
import { TIPS } from './command-facts.ts'
import { type Permission, permissionOf } from './permissions.ts'

/** Executes a command; its arguments, the name first, are as many as its arity says. */
export type Handler = (client: RedisClient, args: Args) => void
/** By name; a subcommand is `client|id`, and a container has none of its own. */
export type Handlers = Readonly<Record<string, Handler>>

export interface KeySpec {
  readonly flags: readonly string[]
  readonly first: number
  readonly last: number
  readonly step: number
  readonly limit: number
}

export interface Command {
  /** In lower case; of a subcommand `client|id`. */
  readonly name: string
  /** As many arguments as this, the name included; negative: at least. */
  readonly arity: number
  readonly flags: readonly string[]
  readonly firstKey: number
  readonly lastKey: number
  readonly step: number
  readonly categories: readonly string[]
  readonly tips: readonly string[]
  readonly keySpecs: readonly KeySpec[]
  /** undefined: it only has subcommands. */
  readonly execute: Handler | undefined
  readonly subcommands: readonly Command[]
  /** Its place in the order of the table. */
  readonly index: number
  readonly isWrite: boolean
  readonly isRead: boolean
  readonly isFast: boolean
  /** Who may run it, where there are users; some also who has not said who it is. */
  readonly permission: Permission
  readonly needsNoAuth: boolean
}

const LETTERS = 32
const LONGEST_NAME = 20

export class CommandTable {
  readonly commands: readonly Command[]
  /** Commands and subcommands, by their index. */
  readonly inOrder: readonly Command[]
  readonly #buckets: (Command[] | undefined)[] = new Array(LONGEST_NAME * LETTERS * LETTERS)

  /** @param facts lines of command-facts.ts; those that nothing executes are left out */
  constructor(facts: string, handlers: Handlers) {
    this.inOrder = readFacts(facts, handlers)
    this.commands = this.inOrder.filter((command) => !command.name.includes('|'))
    for (const command of this.commands) {
      const { name } = command
      const at = bucketOf(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 1))
      this.#buckets[at] = [...(this.#buckets[at] ?? []), command]
    }
  }

  /** The command that an argument names. */
  find(args: Args, index: number): Command | undefined {
    const size = args.size(index)
    if (size === 0 || size >= LONGEST_NAME) return undefined
    const { bytes } = args
    const at = bucketOf(size, bytes[args.from(index)]!, bytes[args.to(index) - 1]!)
    const candidates = this.#buckets[at]
    if (candidates === undefined) return undefined
    for (let i = 0; i < candidates.length; i++) {
      if (args.is(index, candidates[i]!.name)) return candidates[i]
    }
    return undefined
  }

  /** The subcommand that an argument names. */
  findSub(container: Command, args: Args, index: number): Command | undefined {
    const begin = container.name.length + 1
    return container.subcommands.find((each) => args.is(index, each.name.slice(begin)))
  }
}

/** Letters of both cases have the same low five bits. */
function bucketOf(length: number, first: number, last: number): number {
  return (length * LETTERS + (first & 31)) * LETTERS + (last & 31)
}

type Writable = { -readonly [Key in keyof Command]: Command[Key] } & { subcommands: Command[] }

function readFacts(facts: string, handlers: Handlers): Command[] {
  const commands: Command[] = []
  const byName = new Map<string, Writable>()
  for (const line of facts.split('\n').filter((each) => each !== '')) {
    const command = readLine(line, handlers, commands.length)
    const [container = '', sub] = command.name.split('|')
    const isKnown = Object.hasOwn(handlers, command.name)
    const isContainer = Object.keys(handlers).some((name) => name.startsWith(`${command.name}|`))
    if (!isKnown && !isContainer) continue
    commands.push(command)
    byName.set(command.name, command)
    if (sub !== undefined) byName.get(container)?.subcommands.push(command)
  }
  const unknown = Object.keys(handlers).filter((name) => !byName.has(name))
  if (unknown.length > 0) throw new Error(`commands without facts: ${unknown.join(', ')}`)
  return commands
}

function readLine(line: string, handlers: Handlers, index: number): Writable {
  const [
    name = '',
    arity,
    flagWords = '',
    first,
    last,
    step,
    categories = '',
    tips = '',
    ...specs
  ] = line.split(' ')
  const flags = wordsOf(flagWords)
  const allCategories = categoriesOf(flags, wordsOf(categories))
  const keySpecs = specs.map(readSpec)
  return {
    name,
    arity: Number(arity),
    flags,
    firstKey: Number(first),
    lastKey: Number(last),
    step: Number(step),
    categories: allCategories,
    tips: tips === '-' ? [] : Array.from(tips, (letter) => TIPS[letter]!),
    keySpecs,
    execute: Object.hasOwn(handlers, name) ? handlers[name] : undefined,
    subcommands: [],
    index,
    isWrite: flags.includes('write'),
    isRead: flags.includes('readonly'),
    isFast: flags.includes('fast'),
    permission: permissionOf({ name, flags, categories: allCategories, keySpecs }),
    needsNoAuth: flags.includes('no_auth'),
  }
}

function readSpec(text: string): KeySpec {
  const [flags = '', numbers = ''] = text.split('@')
  const [first = 0, last = 0, step = 0, limit = 0] = numbers.split('/').map(Number)
  return { flags: flags.split('+'), first, last, step, limit }
}

function wordsOf(text: string): string[] {
  return text === '-' ? [] : text.split(',')
}

/** In the order in which Redis tells them. */
export const CATEGORIES: readonly string[] = (
  'keyspace read write set sortedset list hash string bitmap hyperloglog geo stream pubsub admin ' +
  'fast slow blocking dangerous connection transaction scripting'
).split(' ')

function categoriesOf(flags: readonly string[], own: readonly string[]): string[] {
  const all = new Set(own)
  if (flags.includes('write')) all.add('write')
  if (flags.includes('readonly')) all.add('read')
  if (flags.includes('admin')) all.add('admin').add('dangerous')
  if (flags.includes('pubsub')) all.add('pubsub')
  all.add(flags.includes('fast') ? 'fast' : 'slow')
  return CATEGORIES.filter((category) => all.has(category))
}
