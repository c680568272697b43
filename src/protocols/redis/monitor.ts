/** MONITOR: every command of every client as one line of text, for those who asked to see them. */
import type { Args } from './args.ts'
import type { RedisClient } from './client.ts'
import type { Command } from './command-table.ts'

/** Monitors see what was received, but for what only operators say. */
export function showMonitors(client: RedisClient, { flags, name }: Command, args: Args): void {
  if (flags.includes('admin') || name === 'auth' || name === 'hello') return
  const { address } = client.host.clientOf(client.slot)
  let words = ''
  for (let i = 0; i < args.count; i++) words += ` ${quoted(args.latin(i))}`
  const seconds = (client.raw.now() / 1000).toFixed(6)
  client.worker.tellMonitors(`${seconds} [${client.database} ${address}]${words}`)
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '"': '\\"',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\x07': '\\a',
  '\b': '\\b',
}

function quoted(text: string): string {
  const escaped = text.replaceAll(/[^ !#-[\]-~]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(2, '0')
    return ESCAPES[character] ?? `\\x${code}`
  })
  return `"${escaped}"`
}
