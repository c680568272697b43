/**
 * `heddle serve --print-config`: every setting with its value and where that comes from, as a file
 * that `--config` takes. What no source says and nothing stands in for is a comment. No setting is
 * a secret: passwords and keys are in files, of which only the paths are known here.
 */
import type { ResolvedServeOptions } from '../server/options.ts'
import type { Flag } from './flag.ts'
import { FLAG_GROUPS } from './flags.ts'
import type { Settings } from './settings.ts'

const SOURCE_COLUMN = 36

/** @param resolved what the options of `serve` came to: tells what `auto` is here */
export function effectiveConfig(settings: Settings, resolved: ResolvedServeOptions): string {
  const groups = FLAG_GROUPS.map(({ title, flags }) => {
    const lines = flags.filter(isSetting).map((flag) => lineOf(flag, settings, resolved))
    return lines.length === 0 ? [] : [`  // ${title}`, ...lines]
  })
  return `${['{', ...groups.flat(), '}'].join('\n')}\n`
}

function isSetting({ only }: Flag): boolean {
  return only === undefined
}

function lineOf(flag: Flag, settings: Settings, resolved: ResolvedServeOptions): string {
  const name = JSON.stringify(flag.name)
  const source = settings.sourceOf(flag.name)
  const value = settings.values.get(flag.name) ?? flag.standard ?? flag.here?.(resolved)
  if (value === undefined) return `  // ${name}: none`
  const from = source === 'flag' ? `--${flag.name}` : (source ?? 'default')
  const here = value === 'auto' ? flag.here?.(resolved) : undefined
  const pair = `  ${name}: ${JSON.stringify(value)},`.padEnd(SOURCE_COLUMN)
  return `${pair} // ${from}${here === undefined ? '' : `; here: ${here}`}`
}
