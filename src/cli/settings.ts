/**
 * From the command line, the environment and a file to the settings of `heddle serve`: which of the
 * three says something, and what is none of their names.
 */
import { parseArgs, type ParseArgsConfig } from 'node:util'
import { closestOption } from '../engine/option-names.ts'
import { readConfigFile, SettingError } from './config-file.ts'
import type { Flag, Setting } from './flag.ts'
import { environmentName, FLAGS, FOREIGN_FLAGS } from './flags.ts'

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {}

export interface Settings {
  readonly values: ReadonlyMap<string, Setting>
  /** How errors call a setting: `--memory`, `HEDDLE_MEMORY`, `config FILE, line 3: memory`. */
  nameOf(setting: string): string
  /** Where its value comes from, in a few words; undefined: it is the default. */
  sourceOf(setting: string): string | undefined
  /** Sentences on variables that look like settings and are none. */
  readonly warnings: readonly string[]
}

/** What the environment of `heddle` may have beside settings. */
const OTHER_VARIABLES: readonly string[] = ['HEDDLE_TRACES', 'HEDDLE_PASSWORD']
/** What Kubernetes sets in every container for a service by the name of heddle. */
const OF_KUBERNETES = /_SERVICE_(?:HOST|PORT)|_PORT_[0-9]+_(?:TCP|UDP)/
const URL_OF_KUBERNETES = /^(?:tcp|udp):\/\//
/** No settings of a file. */
const NOT_IN_A_FILE = FLAGS.filter(({ only }) => only !== undefined).map(({ name }) => name)
/** Not even variables. */
const FLAGS_ONLY = FLAGS.filter(({ only }) => only === 'flag').map(({ name }) => name)

const BY_NAME = new Map(FLAGS.map((flag) => [flag.name, flag]))
const BY_SHORT = new Map(FLAGS.flatMap((flag) => (flag.short ? [[flag.short, flag]] : [])))

/**
 * @throws UsageError for flags that do not exist, SettingError for a file that cannot be read
 */
export function readSettings(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  const flags = fromFlags(argv)
  const variables = fromEnvironment(environment)
  const file = flags.get('config') ?? variables.get('config')
  const lines = new Map<string, number>()
  const fromDisk = file === undefined ? new Map<string, Setting>() : fromFile(String(file), lines)
  const sourceOf = (setting: string) => {
    if (flags.has(setting)) return 'flag'
    if (variables.has(setting)) return environmentName(BY_NAME.get(setting)!)
    return fromDisk.has(setting) ? `${String(file)}, line ${lines.get(setting)}` : undefined
  }
  const nameOf = (setting: string) => {
    const source = sourceOf(setting)
    if (source === undefined) return setting
    if (source === 'flag') return `--${setting}`
    return variables.has(setting) ? source : `config ${source}: ${setting}`
  }
  const values = new Map([...fromDisk, ...variables, ...flags])
  return { values, nameOf, sourceOf, warnings: unknownVariables(environment) }
}

function fromFlags(argv: readonly string[]): Map<string, Setting> {
  const settings = new Map<string, Setting>()
  for (const token of tokensOf(argv)) {
    if (token.kind === 'positional') {
      throw new UsageError(`'${token.value}' is no flag; see heddle serve --help`)
    }
    if (token.kind !== 'option') continue
    const isShort = !token.rawName.startsWith('--')
    const flag = isShort ? BY_SHORT.get(token.rawName.slice(1)) : BY_NAME.get(token.name)
    if (flag === undefined) throw unknownFlag(token.rawName)
    settings.set(flag.name, settingFrom(flag, token.value, isShort, settings))
  }
  return settings
}

type Token = NonNullable<ReturnType<typeof parseArgs>['tokens']>[number]

function tokensOf(argv: readonly string[]): readonly Token[] {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const { name, short, value } of FLAGS) {
    const type = value === undefined ? 'boolean' : 'string'
    options[name] = short === undefined ? { type } : { type, short }
  }
  // Not strict: its messages name no flag that may have been meant.
  const parsed = parseArgs({ args: [...argv], options, strict: false, tokens: true })
  return parsed.tokens
}

function settingFrom(
  flag: Flag,
  text: string | undefined,
  isShort: boolean,
  before: ReadonlyMap<string, Setting>,
): Setting {
  const name = isShort ? `-${flag.short}` : `--${flag.name}`
  if (flag.value === undefined) {
    if (text !== undefined) throw new UsageError(`${name} takes no value, not '${text}'`)
    return flag.isCounted === true ? Number(before.get(flag.name) ?? 0) + 1 : true
  }
  if (text === undefined || text === '')
    throw new UsageError(`${name} needs a value: ${flag.value}`)
  return isShort && flag.readShort !== undefined ? flag.readShort(text) : flag.read(text)
}

function unknownFlag(given: string): UsageError {
  const closest = closestFlag(given.replace(/^-+/, ''))
  const hint = closest === undefined ? 'see heddle serve --help' : `did you mean --${closest}?`
  return new UsageError(`no such flag: ${given}; ${hint}`)
}

function closestFlag(name: string, without: readonly string[] = []): string | undefined {
  const foreign = Object.hasOwn(FOREIGN_FLAGS, name) ? FOREIGN_FLAGS[name] : undefined
  if (foreign !== undefined && !without.includes(foreign)) return foreign
  return closestOption(
    name,
    [...BY_NAME.keys()].filter((each) => !without.includes(each)),
  )
}

function fromEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): Map<string, Setting> {
  const settings = new Map<string, Setting>()
  for (const flag of FLAGS) {
    if (FLAGS_ONLY.includes(flag.name)) continue
    const text = environment[environmentName(flag)]
    if (text !== undefined && text !== '') settings.set(flag.name, flag.read(text))
  }
  return settings
}

function unknownVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = FLAGS.filter(({ name }) => !FLAGS_ONLY.includes(name)).map(environmentName)
  const warnings: string[] = []
  for (const [name, text = ''] of Object.entries(environment)) {
    if (!name.startsWith('HEDDLE_') || [...known, ...OTHER_VARIABLES].includes(name)) continue
    if (OF_KUBERNETES.test(name) || URL_OF_KUBERNETES.test(text)) continue
    const setting = name.slice('HEDDLE_'.length).replaceAll('_', '-').toLowerCase()
    const flag = BY_NAME.get(closestFlag(setting, FLAGS_ONLY) ?? '')
    const hint = flag === undefined ? '' : `; did you mean ${environmentName(flag)}?`
    warnings.push(`${name} is no setting and is ignored${hint}`)
  }
  return warnings
}

/** @param lines is told where each setting stands */
function fromFile(path: string, lines: Map<string, number>): Map<string, Setting> {
  const settings = new Map<string, Setting>()
  for (const { key, value, line } of readConfigFile(path)) {
    const place = `config ${path}, line ${line}`
    const name = key.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`)
    if (!BY_NAME.has(name) || NOT_IN_A_FILE.includes(name)) {
      const isKnown = NOT_IN_A_FILE.includes(name)
      const closest = isKnown ? undefined : closestFlag(name, NOT_IN_A_FILE)
      const hint = closest === undefined ? '' : `; did you mean "${closest}"?`
      throw new SettingError(`${place} has "${key}", which is no setting${hint}`)
    }
    if (!['string', 'number', 'boolean'].includes(typeof value)) {
      throw new SettingError(`${place}: "${key}" must be text, a number, true or false`)
    }
    if (settings.has(name)) {
      throw new SettingError(`${place}: "${name}" is there twice (line ${lines.get(name)})`)
    }
    settings.set(name, value as Setting)
    lines.set(name, line)
  }
  return settings
}
