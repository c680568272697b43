/** The option table: what the server tells of itself. */
import { LOG_FORMATS } from '../../server/log.ts'
import { LOG_LEVELS } from '../../server/log-events.ts'
import { type FlagGroup, plain, type Setting, yesOrNo } from '../flag.ts'

const MAX_VERBOSITY = 3

export const TELLING: FlagGroup = {
  title: 'What it tells',
  flags: [
    {
      name: 'no-hot-keys',
      help: 'do not note which keys are used most and which values are largest',
      more:
        'Noting them takes a look at one use in 128. `stats hotkeys`, `stats bigkeys`, ' +
        '`OBJECT FREQ` and the dashboard tell them. In a program `hotKeys` is off by default.',
      option: 'engine.hotKeys',
      toOption: (isOff) => (typeof isOff === 'boolean' ? !isOff : isOff),
      standard: false,
      isOwnDefault: true,
      read: yesOrNo,
    },
    {
      name: 'log-level',
      value: 'LEVEL',
      help: 'what is logged on stderr: this and what is more urgent (info)',
      more: 'In a program the default is `silent`. docs/operations.md has the events of each.',
      option: 'serve.logLevel',
      standard: 'info',
      isOwnDefault: true,
      allowed: { words: LOG_LEVELS },
      read: plain,
    },
    {
      name: 'log-format',
      value: 'text|json',
      help: 'a line of text for people, or of JSON for machines (text)',
      option: 'serve.logFormat',
      standard: 'text',
      allowed: { words: LOG_FORMATS },
      read: plain,
    },
    {
      name: 'verbose',
      short: 'v',
      help: 'log level info; twice: debug (elsewhere: 0 to 3)',
      more: 'As in memcached, whose command `verbosity` changes it while the server runs.',
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
