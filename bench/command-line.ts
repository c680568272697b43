/**
 * The command lines of benchmarks and checks: `--help` prints how they are used, and an option that
 * is unknown or has no sense is refused in one line that names it, its value and what is allowed.
 * Exit code 2, since 1 says that a check has found something.
 */

/** What was asked for, as `read` makes it of the arguments; an Error that it throws is told. */
export function commandLine<Asked>(usage: string, read: (argv: string[]) => Asked): Asked {
  const argv = process.argv.slice(2)
  if (argv.includes('--help') || argv.includes('-h')) {
    process.stdout.write(`${usage.trim()}\n`)
    process.exit(0)
  }
  try {
    return read(withNegatives(argv))
  } catch (error) {
    const [first = ''] = (error as Error).message.split(/\n|(?<=')\. /)
    process.stderr.write(`${first.replace(/\.$/, '')}; see --help\n`)
    process.exit(2)
  }
}

/** `--minutes -1` is a value that is refused as such, not an option called -1. */
function withNegatives(argv: readonly string[]): string[] {
  const joined: string[] = []
  for (const argument of argv) {
    const last = joined.at(-1)
    const isValue = /^-\d/.test(argument) && last !== undefined && /^--[^=]+$/.test(last)
    if (isValue) joined[joined.length - 1] = `${last}=${argument}`
    else joined.push(argument)
  }
  return joined
}

/** A time in minutes: more than 0, a day at most. */
export function minutesOf(text: string): number {
  const minutes = text.trim() === '' ? Number.NaN : Number(text)
  if (minutes > 0 && minutes <= MOST_MINUTES) return minutes
  throw new Error(`--minutes is '${text}': it must be a number above 0, at most ${MOST_MINUTES}`)
}
const MOST_MINUTES = 1440

/** A whole number of some option. */
export function wholeOf(option: string, text: string, least: number, most = 2 ** 31 - 1): number {
  const value = /^-?\d+$/.test(text) ? Number(text) : Number.NaN
  if (value >= least && value <= most) return value
  throw new Error(`${option} is '${text}': it must be a whole number from ${least} to ${most}`)
}

/** One of some names. */
export function oneOf(option: string, text: string, names: readonly string[]): string {
  if (names.includes(text)) return text
  throw new Error(`${option} is '${text}': it must be one of ${names.join(', ')}`)
}
