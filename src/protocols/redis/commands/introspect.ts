/** COMMAND and its subcommands: what the table of commands says of itself. */
import type { Args } from '../args.ts'
import type { RedisClient } from '../client.ts'
import type { Command, CommandTable, Handlers, KeySpec } from '../command-table.ts'
import { type Argument, docsOf } from '../docs.ts'
import { SYNTAX } from '../errors.ts'
import type { Reply } from '../reply.ts'
import { matchesGlob } from '../values/glob.ts'

/** @param table as the table holds these handlers, it is asked for when they run */
export function introspectionHandlers(table: () => CommandTable): Handlers {
  return {
    command: ({ reply }) => {
      const { commands } = table()
      reply.array(commands.length)
      for (const command of commands) describe(reply, command)
    },
    'command|count': ({ reply }) => reply.integer(table().commands.length),
    'command|info': ({ reply }, args) => info(reply, args, table()),
    'command|docs': ({ reply }, args) => docs(reply, args, table()),
    'command|list': ({ reply }, args) => list(reply, args, table()),
    'command|getkeys': (client, args) => getKeys(client, args, table(), false),
    'command|getkeysandflags': (client, args) => getKeys(client, args, table(), true),
  }
}

/** By name, `client|id` for a subcommand, in any case. */
function named(table: CommandTable, name: string): Command | undefined {
  const [container = '', sub] = name.toLowerCase().split('|')
  const found = table.commands.find((each) => each.name === container)
  if (sub === undefined) return found
  return found?.subcommands.find((each) => each.name === `${container}|${sub}`)
}

function info(reply: Reply, args: Args, table: CommandTable): void {
  const names = namesFrom(args, 2, table)
  reply.array(names.length)
  for (const name of names) {
    const command = named(table, name)
    if (command === undefined) reply.nil()
    else describe(reply, command)
  }
}

/** The names that are given, or those of all commands. */
function namesFrom(args: Args, first: number, { commands }: CommandTable): string[] {
  if (args.count === first) return commands.map(({ name }) => name)
  return Array.from({ length: args.count - first }, (_, i) => args.text(first + i))
}

function describe(reply: Reply, command: Command): void {
  reply.array(10)
  reply.bulkText(command.name)
  reply.integer(command.arity)
  statuses(reply, command.flags)
  reply.integer(command.firstKey)
  reply.integer(command.lastKey)
  reply.integer(command.step)
  statuses(
    reply,
    command.categories.map((category) => `@${category}`),
  )
  reply.set(command.tips.length)
  for (const tip of command.tips) reply.bulkText(tip)
  reply.set(command.keySpecs.length)
  const notes = command.keySpecs.length === 0 ? undefined : docsOf(command.name)?.notes
  for (const [i, spec] of command.keySpecs.entries()) describeKeys(reply, spec, notes?.[i])
  reply.set(command.subcommands.length)
  for (const sub of command.subcommands) describe(reply, sub)
}

function statuses(reply: Reply, words: readonly string[]): void {
  reply.set(words.length)
  for (const word of words) reply.simple(word)
}

function describeKeys(reply: Reply, spec: KeySpec, note: string | null | undefined): void {
  const { flags, first, last, step, limit } = spec
  reply.map(note ? 4 : 3)
  if (note) {
    reply.bulkText('notes')
    reply.bulkText(note)
  }
  reply.bulkText('flags')
  statuses(reply, flags)
  reply.bulkText('begin_search')
  reply.map(2)
  reply.bulkText('type')
  reply.bulkText('index')
  reply.bulkText('spec')
  reply.map(1)
  reply.bulkText('index')
  reply.integer(first)
  reply.bulkText('find_keys')
  reply.map(2)
  reply.bulkText('type')
  reply.bulkText('range')
  reply.bulkText('spec')
  reply.map(3)
  reply.bulkText('lastkey')
  reply.integer(last)
  reply.bulkText('keystep')
  reply.integer(step)
  reply.bulkText('limit')
  reply.integer(limit)
}

function docs(reply: Reply, args: Args, table: CommandTable): void {
  const found = namesFrom(args, 2, table).flatMap((name) => named(table, name) ?? [])
  reply.map(found.length)
  for (const command of found) document(reply, command)
}

function document(reply: Reply, { name, subcommands }: Command): void {
  const fields = Object.entries(docsOf(name) ?? {}).filter(([field]) => field !== 'notes')
  reply.bulkText(name)
  reply.map(fields.length + (subcommands.length > 0 ? 1 : 0))
  for (const [field, value] of fields) {
    reply.bulkText(field)
    if (field === 'doc_flags') statuses(reply, value as string[])
    else if (field === 'history') tellHistory(reply, value as [string, string][])
    else if (field === 'arguments') tellArguments(reply, value as Argument[])
    else reply.bulkText(String(value))
  }
  if (subcommands.length === 0) return
  reply.bulkText('subcommands')
  reply.map(subcommands.length)
  for (const sub of subcommands) document(reply, sub)
}

function tellHistory(reply: Reply, changes: readonly (readonly [string, string])[]): void {
  reply.set(changes.length)
  for (const [version, change] of changes) {
    reply.array(2)
    reply.bulkText(version)
    reply.bulkText(change)
  }
}

function tellArguments(reply: Reply, all: readonly Argument[]): void {
  reply.array(all.length)
  for (const argument of all) {
    const fields = Object.entries(argument)
    reply.map(fields.length)
    for (const [field, value] of fields) {
      reply.bulkText(field)
      if (field === 'arguments') tellArguments(reply, value as Argument[])
      else if (field === 'flags') statuses(reply, value as string[])
      else if (typeof value === 'number') reply.integer(value)
      else reply.bulkText(String(value))
    }
  }
}

/** COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern] */
function list(reply: Reply, args: Args, { commands }: CommandTable): void {
  const all = commands.flatMap((command) => [command, ...command.subcommands])
  let chosen = all
  if (args.count === 5 && args.is(2, 'filterby')) {
    if (args.is(3, 'module')) chosen = []
    else if (args.is(3, 'aclcat')) {
      const category = args.text(4).toLowerCase()
      chosen = all.filter(({ categories }) => categories.includes(category))
    } else if (args.is(3, 'pattern')) {
      const pattern = args.slice(4)
      chosen = all.filter(({ name }) => matchesGlob(pattern, Buffer.from(name), true))
    } else {
      reply.error(SYNTAX)
      return
    }
  } else if (args.count !== 2) {
    reply.error(SYNTAX)
    return
  }
  reply.array(chosen.length)
  for (const { name } of chosen) reply.bulkText(name)
}

/** The keys of a command that follows, with what it does to them. */
function getKeys(
  { reply }: RedisClient,
  args: Args,
  table: CommandTable,
  tellsFlags: boolean,
): void {
  const container = table.find(args, 2)
  const sub = container && args.count > 3 ? table.findSub(container, args, 3) : undefined
  const command = sub ?? container
  if (command === undefined || (command.execute === undefined && sub === undefined)) {
    reply.error('ERR Invalid command specified')
    return
  }
  if (command.keySpecs.length === 0) {
    reply.error('ERR The command has no key arguments')
    return
  }
  const count = args.count - 2
  if (command.arity > 0 ? count !== command.arity : count < -command.arity) {
    reply.error('ERR Invalid number of arguments specified for command')
    return
  }
  const keys = command.keySpecs.flatMap((spec) => keysOf(spec, count))
  reply.array(keys.length)
  for (const { index, flags } of keys) {
    if (tellsFlags) reply.array(2)
    reply.bulk(args.bytes, args.from(index + 2), args.to(index + 2))
    if (tellsFlags) statuses(reply, flags)
  }
}

function keysOf(
  { first, last, step, flags }: KeySpec,
  count: number,
): { index: number; flags: readonly string[] }[] {
  const lastKey = last >= 0 ? first + last : count + last
  const keys: { index: number; flags: readonly string[] }[] = []
  for (let index = first; index <= lastKey && index < count; index += step) {
    keys.push({ index, flags })
  }
  return keys
}
