/**
 * The rules of the house as functions: each takes a file's path and text and returns what is wrong
 * with it, one sentence per finding. They read lines, not syntax trees: the code is formatted by a
 * tool, so lines say enough, and TypeScript 7 offers no parser to ask.
 *
 * rules.test.ts shows each of them a bad file; tidy.test.ts applies them to the repository.
 */
import { posix } from 'node:path'

/** A file of the repository: its path with forward slashes, relative to the top, and its text. */
export interface SourceFile {
  path: string
  text: string
}

const MAX_LINES = 300
const MAX_COLUMNS = 100
const MAX_FUNCTION_LINES = 70

/** What each folder may import from, itself included. Longer prefixes win. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'native-layout': ['native-layout'],
  'src/memory': ['native-layout', 'src/memory'],
  'src/engine': ['native-layout', 'src/memory', 'src/engine'],
  'src/auth': ['src/engine', 'src/auth'],
  'src/observe': ['src/engine', 'src/observe'],
  'src/protocols': ['src/engine', 'src/auth', 'src/observe', 'src/protocols'],
  'src/server': ['src/engine', 'src/auth', 'src/observe', 'src/protocols', 'src/server'],
  'src/charts': ['src/charts'],
  'src/plan': ['native-layout', 'src/engine', 'src/load', 'src/charts', 'src/plan'],
  'src/load': ['src/charts', 'src/load'],
  'src/cli': [
    ...[
      'src/engine',
      'src/auth',
      'src/observe',
      'src/protocols',
      'src/server',
      'src/load',
      'src/plan',
    ],
    ...['src/cli', 'src/index.ts'],
  ],
  'src/index.ts': ['src/engine'],
  workers: ['src/engine', 'src/server', 'src/load', 'workers'],
}
/** Optional peers of the package, and the one folder that may need each. */
const PEERS: Readonly<Record<string, string>> = {
  piscina: 'src/load',
  'hdr-histogram-js': 'src/load',
  'prom-client': 'src/observe',
}
const SEAM = 'src/memory/atomics.ts'
/** The server hands work between threads, and lets those that it started wait for it. */
const SERVER_SEAM = 'src/server/words.ts'
const IMPORT_MAP: Readonly<Record<string, string>> = { '#atomics': SEAM, '#words': SERVER_SEAM }
const SEAM_NAMES = new Map(Object.entries(IMPORT_MAP).map(([name, path]) => [path, name]))

/** Comments become blanks; lines stay where they are. Regular expressions are not understood. */
export function withoutComments(text: string): string {
  const pieces =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g
  return text.replace(pieces, (piece) =>
    piece.startsWith('/') ? piece.replace(/[^\n]/g, ' ') : piece,
  )
}

/** The specifiers of static imports, re-exports and dynamic imports. */
export function importedBy(text: string): string[] {
  const code = withoutComments(text)
  const forms = [
    /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]/gm,
    /^[ \t]*import\s*['"]([^'"]+)['"]/gm,
    /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g,
  ]
  return forms.flatMap((form) => [...code.matchAll(form)].map((match) => match[1]!))
}

/** Imports point one way, and what is published imports nothing but Node and itself. */
export function importProblems({ path, text }: SourceFile): string[] {
  const folder = keyOf(path)
  if (folder === undefined) return []
  const problems: string[] = []
  for (const specifier of importedBy(text)) {
    if (specifier.startsWith('node:')) {
      if (folder === 'native-layout') problems.push(`${path} imports ${specifier}: it stands alone`)
      continue
    }
    if (PEERS[specifier] === folder) continue
    const target = IMPORT_MAP[specifier] ?? resolveRelative(path, specifier)
    if (target === undefined) problems.push(`${path} imports the package ${specifier}`)
    else if (!MAY_IMPORT[folder]!.some((allowed) => isWithin(target, allowed)))
      problems.push(`${path} imports ${target}: ${folder} may not`)
    else if (specifier.startsWith('.') && SEAM_NAMES.has(target))
      problems.push(`${path} imports ${specifier}: say ${SEAM_NAMES.get(target)}`)
  }
  return problems
}

/** Only the seams name Atomics, and only the server's own threads are ever blocked. */
export function atomicsProblems({ path, text }: SourceFile): string[] {
  if (keyOf(path) === undefined) return []
  const code = withoutComments(text)
  const problems: string[] = []
  if (path === SERVER_SEAM) return []
  if (path !== SEAM && /\bAtomics\b/.test(code)) problems.push(`${path} uses Atomics: use #atomics`)
  if (/\bAtomics\s*(?:\.\s*wait\b|\[)/.test(code)) problems.push(`${path} blocks in Atomics.wait`)
  return problems
}

/** Files, lines and functions stay short enough to read. */
export function sizeProblems({ path, text }: SourceFile): string[] {
  const lines = text.replace(/\n$/, '').split('\n')
  const problems: string[] = []
  if (lines.length > MAX_LINES) problems.push(`${path} has ${lines.length} lines (${MAX_LINES})`)
  lines.forEach((line, index) => {
    const columns = [...line].length
    if (columns > MAX_COLUMNS)
      problems.push(`${path}:${index + 1} has ${columns} columns (${MAX_COLUMNS})`)
  })
  for (const { name, line, length } of functionsOf(lines)) {
    if (length > MAX_FUNCTION_LINES)
      problems.push(`${path}:${line} ${name} has ${length} lines (${MAX_FUNCTION_LINES})`)
  }
  return problems
}

const CONTROL_WORDS = /^(?:if|for|while|switch|catch|return|throw|await|new|super)$/
const MODIFIER = String.raw`(?:export|default|async|static|override|private|get|set|function\*?)\s+`
const FUNCTION_LINE = new RegExp(String.raw`^( *)(?:${MODIFIER}|\*)*([\w$#[\].]+)[^=]*\(`)

/** Functions and methods by their indentation: from the line of the name to the `}` under it. */
function functionsOf(lines: readonly string[]): { name: string; line: number; length: number }[] {
  const found: { name: string; line: number; length: number }[] = []
  lines.forEach((text, index) => {
    const match = FUNCTION_LINE.exec(text)
    if (match === null || CONTROL_WORDS.test(match[2]!)) return
    const indent = match[1]!
    for (let at = index + 1; at < lines.length; at++) {
      const line = lines[at]!
      if (line === `${indent}}`) {
        found.push({ name: match[2]!, line: index + 1, length: at - index + 1 })
        return
      }
      const leavesFunction = line.startsWith(indent) && /^[^\s)]/.test(line.slice(indent.length))
      if (leavesFunction || (line !== '' && !line.startsWith(indent))) return
    }
  })
  return found
}

/** A file opens by saying what it is. */
export function openingProblems({ path, text }: SourceFile): string[] {
  const start = text.replace(/^#![^\n]*\n/, '')
  const opening = /^\/\*\*([\s\S]*?)\*\//.exec(start)
  const words = opening?.[1]?.replace(/[\s*]+/g, ' ').trim() ?? ''
  return words.length >= 20 ? [] : [`${path} does not open with a doc comment`]
}

// The words are taken apart so that this file passes its own rule.
const LEFTOVERS: readonly [string, RegExp][] = [
  ['a note to do something later', /\b(?:TO[D]O|FI[X]ME|X[X]X|HA[C]K)\b/],
  ['a test that is left out or alone', /\.(?:on[l]y|ski[p]|tod[o])\s*(?:\(|\.each|`)/],
  ['a debugging aid', /\b(?:debugge[r]\s*;?\s*$|console\s*\.\s*lo[g]\b)/m],
  ['a silenced type error', /@ts-(?:ignor[e]|nochec[k])/],
]
const MAY_PRINT = /^(?:bench|\.ci)\//

/** Nothing is left over from the making. A command may print, a library not. */
export function leftoverProblems({ path, text }: SourceFile): string[] {
  const problems: string[] = []
  for (const [what, pattern] of LEFTOVERS) {
    if (what === 'a debugging aid' && MAY_PRINT.test(path)) continue
    const match = pattern.exec(text)
    if (match === null) continue
    const line = text.slice(0, match.index).split('\n').length
    problems.push(`${path}:${line} has ${what}: ${match[0]}`)
  }
  return problems
}

/** Every invariant that code cites is defined, in bold, in a README or a document. */
export function invariantProblems(
  files: readonly SourceFile[],
  documents: readonly SourceFile[],
): string[] {
  const invariant = /\bI-[A-Z][A-Z-]*[A-Z]\b/g
  const defined = new Set<string>()
  for (const { text } of documents) {
    for (const match of text.matchAll(/(?:\*\*|^\|\s*`?|^#+ .*)(I-[A-Z][A-Z-]*[A-Z])\b/gm))
      defined.add(match[1]!)
  }
  const problems = new Set<string>()
  for (const { path, text } of files) {
    for (const [name] of text.matchAll(invariant)) {
      if (!defined.has(name)) problems.add(`${path} cites ${name}, which no document defines`)
    }
  }
  return [...problems]
}

/** No file knows the machine it was written on. */
export function machineProblems({ path, text }: SourceFile): string[] {
  const match = /(?:^|[\s'"`(=])\/(?:wor[k]|roo[t]|hom[e])\/[\w.-]+/m.exec(text)
  return match === null ? [] : [`${path} names a folder of one machine: ${match[0].trim()}`]
}

function keyOf(path: string): string | undefined {
  return Object.keys(MAY_IMPORT).find((key) => isWithin(path, key))
}

function isWithin(path: string, folderOrFile: string): boolean {
  return path === folderOrFile || path.startsWith(`${folderOrFile}/`)
}

function resolveRelative(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return posix.normalize(posix.join(posix.dirname(path), specifier))
}
