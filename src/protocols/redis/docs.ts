/** What clients get from COMMAND DOCS: the texts are taken apart when they are first asked for. */
import { SERVER_DOCS } from './command-docs-server.ts'
import { DATA_DOCS } from './command-docs.ts'

/** By the names of Redis, in its order. */
type Docs = Readonly<Record<string, string>>

let byName: Map<string, Docs> | undefined

/** The fields of a command that are there. */
export function docsOf(name: string): Docs {
  byName ??= read(DATA_DOCS + SERVER_DOCS)
  return byName.get(name) ?? {}
}

function read(text: string): Map<string, Docs> {
  const all = new Map<string, Docs>()
  for (const line of text.replaceAll(/\n +/g, ' ').split('\n')) {
    const [head = '', complexity = '', summary = '', deprecation = ''] = line.split(' | ')
    const [name = '', since = '', group = ''] = head.split(' ')
    const fields: Record<string, string> = { summary, since, group }
    if (complexity !== '') fields['complexity'] = complexity
    const [deprecatedSince = '', ...replacedBy] = deprecation.split(' ')
    if (deprecatedSince !== '') fields['deprecated_since'] = deprecatedSince
    if (replacedBy.length > 0) fields['replaced_by'] = replacedBy.join(' ')
    if (name !== '') all.set(name, fields)
  }
  return all
}
