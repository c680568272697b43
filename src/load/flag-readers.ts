/**
 * How the commands of the load generator read their flags. Every refusal names the flag, what was
 * given and what is allowed.
 */
import { parseArgs } from 'node:util'
import type { ParseArgsOptionsConfig } from 'node:util'

export type Texts = Readonly<Record<string, string | boolean | undefined>>

/** A flag that does not exist. */
export class UnknownFlagError extends Error {
  /** As it was given. */
  readonly flag: string

  constructor(flag: string) {
    super(`no such flag: ${flag}`)
    this.flag = flag
  }
}

export function refuseUnknown(argv: readonly string[], options: ParseArgsOptionsConfig): void {
  const { tokens } = parseArgs({ args: [...argv], options, strict: false, tokens: true })
  for (const token of tokens) {
    if (token.kind === 'positional') throw new Error(`'${token.value}' is no flag`)
    if (token.kind === 'option' && !Object.hasOwn(options, token.name)) {
      throw new UnknownFlagError(token.rawName)
    }
  }
}

export function integer(texts: Texts, name: string, least: number, most: number): number {
  const text = texts[name]
  const value = Number(text)
  if (text === '' || !Number.isInteger(value) || value < least || value > most) {
    throw new Error(`--${name} ${text}: expected an integer from ${least} to ${most}`)
  }
  return value
}

export function seconds(texts: Texts, name: string, least: number): number {
  const text = texts[name]
  const value = Number(text)
  if (text === '' || !(value >= least && value <= 86_400)) {
    throw new Error(`--${name} ${text}: expected seconds from ${least} to 86400`)
  }
  return value
}

export function oneOf(texts: Texts, name: string, allowed: readonly string[]): string {
  const text = String(texts[name])
  if (allowed.includes(text)) return text
  throw new Error(`--${name} ${text}: expected one of ${allowed.join(', ')}`)
}

/** Numbers between commas, each from `least` to `most`. */
export function list(texts: Texts, name: string, least: number, most: number): number[] {
  const text = texts[name]
  if (text === undefined) return []
  return String(text)
    .split(',')
    .map((one) => integer({ [name]: one }, name, least, most))
}
