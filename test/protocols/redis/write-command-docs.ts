/**
 * `node test/protocols/redis/write-command-docs.ts`: asks a real redis-server 7.0 what COMMAND DOCS
 * and COMMAND INFO tell of the commands that are implemented, and writes it to
 * src/protocols/redis/command-docs.json, a line each. introspect.test.ts compares the two.
 */
import { writeFileSync } from 'node:fs'
import { COMMANDS } from '../../../src/protocols/redis/commands.ts'
import type { Argument, CommandDocs } from '../../../src/protocols/redis/docs.ts'
import { RedisServer } from './redis-server.ts'
import { encode, parse } from './resp.ts'

const FILE = new URL('../../../src/protocols/redis/command-docs.json', import.meta.url)

/** A map of RESP3, which `parse` gives as keys and values in turn. */
function entriesOf(flat: unknown): [string, unknown][] {
  const items = flat as unknown[]
  return Array.from({ length: items.length / 2 }, (_, i) => [
    String(items[2 * i]),
    items[2 * i + 1],
  ])
}

function argumentOf(flat: unknown): Argument {
  const fields = entriesOf(flat).map(([name, value]) => {
    return [name, name === 'arguments' ? (value as unknown[]).map(argumentOf) : value]
  })
  return Object.fromEntries(fields) as Argument
}

function docsOf(flat: unknown, notes: readonly (string | null)[]): CommandDocs {
  const fields = entriesOf(flat).flatMap(([name, value]) => {
    if (name === 'subcommands') return []
    return [[name, name === 'arguments' ? (value as unknown[]).map(argumentOf) : value]]
  })
  const docs = Object.fromEntries(fields) as CommandDocs
  return notes.some((note) => note !== null) ? { ...docs, notes } : docs
}

/** Notes of the key specifications of a command, by the reply to COMMAND INFO. */
function notesOf(info: unknown): (string | null)[] {
  const specs = (info as unknown[])[8] as unknown[]
  return specs.map((spec) => String(new Map(entriesOf(spec)).get('notes') ?? '') || null)
}

const server = await RedisServer.start()
const client = await server.connect()
const ask = async (request: string): Promise<unknown> => parse(await client.ask(encode(request)))
await ask('HELLO 3')
const known = new Map<string, CommandDocs>()
for (const { name } of COMMANDS.commands) {
  const [info] = (await ask(`COMMAND INFO ${name}`)) as unknown[][]
  for (const [own, fields] of entriesOf(await ask(`COMMAND DOCS ${name}`))) {
    known.set(own, docsOf(fields, notesOf(info)))
    const subcommands = new Map(entriesOf(fields)).get('subcommands') ?? []
    const infos = new Map((info![9] as unknown[][]).map((sub) => [String(sub[0]), sub]))
    for (const [sub, subFields] of entriesOf(subcommands)) {
      known.set(sub, docsOf(subFields, notesOf(infos.get(sub))))
    }
  }
}
client.close()
await server.stop()

/** Of Redis 7.2. */
const LATER: Readonly<Record<string, CommandDocs>> = {
  'client|no-touch': {
    summary: 'Controls whether commands sent by the client affect the LRU/LFU of accessed keys.',
    since: '7.2.0',
    group: 'connection',
    complexity: 'O(1)',
    arguments: [
      {
        name: 'enabled',
        type: 'oneof',
        arguments: [
          { name: 'on', type: 'pure-token', token: 'ON' },
          { name: 'off', type: 'pure-token', token: 'OFF' },
        ],
      },
    ],
  },
  'client|setinfo': {
    summary: 'Sets information specific to the client or connection.',
    since: '7.2.0',
    group: 'connection',
    complexity: 'O(1)',
    arguments: [
      {
        name: 'attr',
        type: 'oneof',
        arguments: [
          { name: 'libname', type: 'string', token: 'LIB-NAME' },
          { name: 'libver', type: 'string', token: 'LIB-VER' },
        ],
      },
    ],
  },
}
const names = COMMANDS.inOrder.map(({ name }) => name)
const lines = names.flatMap((name) => {
  const docs = known.get(name) ?? LATER[name]
  return docs === undefined ? [] : [`${JSON.stringify(name)}: ${JSON.stringify(docs)}`]
})
writeFileSync(FILE, `{\n${lines.join(',\n')}\n}\n`)
const missing = names.filter((name) => !known.has(name) && LATER[name] === undefined)
process.stdout.write(`${lines.length} commands; unknown: ${missing.join(', ') || 'none'}\n`)
