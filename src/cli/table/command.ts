/** The option table: what concerns this command alone. */
import { type FlagGroup, plain, yesOrNo } from '../flag.ts'

export const COMMAND: FlagGroup = {
  title: 'This command',
  flags: [
    {
      name: 'config',
      value: 'FILE.json',
      help: 'settings from a file: {"memory": "256mb", "workers": 2}',
      more: 'JSON; comments and a comma behind the last setting are allowed.',
      allowed: { text: 'a file that can be read' },
      only: 'flag or variable',
      read: plain,
    },
    {
      name: 'print-config',
      help: 'check the settings, print each with its source, and end',
      more: 'What it prints is itself a file for `--config`. Exit code 1 if a value is refused.',
      standard: false,
      only: 'flag',
      read: yesOrNo,
    },
    { name: 'help', short: 'h', help: 'this text', standard: false, only: 'flag', read: yesOrNo },
  ],
}
