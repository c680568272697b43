/** The option table: what the server tells of itself. */
import { type FlagGroup, type Setting, yesOrNo } from '../flag.ts'

const MAX_VERBOSITY = 3

export const TELLING: FlagGroup = {
  title: 'What it tells',
  flags: [
    {
      name: 'verbose',
      short: 'v',
      help: 'tell more; twice: still more (elsewhere: 0 to 3)',
      option: 'serve.verbosity',
      toOption: level,
      standard: 0,
      isCounted: true,
      allowed: { least: 0, most: MAX_VERBOSITY },
      read: (text) => (/^[0-9]+$/.test(text) ? Number(text) : yesOrNo(text)),
    },
  ],
}

function level(verbose: Setting): unknown {
  return typeof verbose === 'boolean' ? Number(verbose) : verbose
}
