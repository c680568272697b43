/**
 * The file of settings: one JSON object, in which comments and a comma behind the last setting are
 * allowed, since a file that operators keep wants to say why. Each setting is known with its line,
 * so that an error can lead there.
 *
 * Comments are turned into blanks and the rest is read by `JSON.parse`: what stands where is then
 * the same in both. Rejected: TOML or YAML (a parser of our own, or a dependency, for flat pairs).
 */
import { readFileSync } from 'node:fs'

/** A setting cannot be used: exit code 1. */
export class SettingError extends Error {}

export interface FileSetting {
  readonly key: string
  readonly value: unknown
  /** From 1. */
  readonly line: number
}

const MOST_BYTES = 1024 * 1024
/** A string, a comment of either kind, or what is neither. An open comment runs to the end. */
const PIECES = /"(?:\\.|[^"\\\n])*"|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g
const LAST_COMMA = /,(\s*[}\]])/g

/** @throws SettingError naming the file, and the line where there is one */
export function readConfigFile(path: string): FileSetting[] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    throw new SettingError(`config ${path} cannot be read: ${(error as Error).message}`)
  }
  return settingsIn(text, path)
}

/** @param path for errors */
export function settingsIn(text: string, path: string): FileSetting[] {
  if (text.length > MOST_BYTES) {
    throw new SettingError(`config ${path} has ${text.length} characters, at most ${MOST_BYTES}`)
  }
  const json = withoutLastCommas(withoutComments(text.replace(/^\uFEFF/, '')))
  const object = parsed(json, path)
  const lines = linesOfKeys(json)
  const settings: FileSetting[] = []
  for (const [key, value] of Object.entries(object)) {
    const [line = 1, again] = lines.get(key) ?? []
    if (again !== undefined) {
      throw new SettingError(
        `config ${path}, line ${again}: "${key}" is there twice (line ${line})`,
      )
    }
    settings.push({ key, value, line })
  }
  return settings
}

function withoutComments(text: string): string {
  return text.replace(PIECES, (piece) => (piece.startsWith('/') ? blanks(piece) : piece))
}

function withoutLastCommas(json: string): string {
  const strings: string[] = []
  // Strings may hold anything: they step aside, at their length.
  const bare = json.replace(PIECES, (piece) => {
    strings.push(piece)
    return `"${'x'.repeat(piece.length - 2)}"`
  })
  let at = 0
  return bare.replace(LAST_COMMA, ' $1').replace(PIECES, () => strings[at++]!)
}

function blanks(piece: string): string {
  return piece.replace(/[^\n]/g, ' ')
}

function parsed(json: string, path: string): object {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    throw new SettingError(`config ${path} is no JSON: ${(error as Error).message}`)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new SettingError(`config ${path} must hold one object: {"memory": "256mb"}`)
}

/** The lines of the keys of the outermost object, in their order. */
function linesOfKeys(json: string): Map<string, number[]> {
  const lines = new Map<string, number[]>()
  let depth = 0
  let line = 1
  for (const [token] of json.matchAll(/"(?:\\.|[^"\\])*"(?:\s*:)?|[{}[\]\n]/g)) {
    if (token === '{' || token === '[') depth++
    else if (token === '}' || token === ']') depth--
    else if (token.endsWith(':') && depth === 1) {
      const key = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) as string
      lines.set(key, [...(lines.get(key) ?? []), line])
    }
    line += token.split('\n').length - 1
  }
  return lines
}
