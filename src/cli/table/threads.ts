/** The option table: threads, and how work gets to them. */
import { MAX_WORKERS } from '../../server/options.ts'
import { type FlagGroup, numberOrText, plain } from '../flag.ts'

export const THREADS: FlagGroup = {
  title: 'Threads',
  flags: [
    {
      name: 'workers',
      short: 't',
      value: 'N|auto',
      help: 'threads that execute commands (auto: by the number of processors)',
      more: '`auto` is one per processor, at most 8; with frames one is left to the reader.',
      option: 'serve.workers',
      standard: 'auto',
      here: ({ workers }) => workers,
      allowed: { least: 1, most: MAX_WORKERS, words: ['auto'] },
      read: numberOrText,
    },
    {
      name: 'handoff',
      value: 'auto|frames|sockets',
      help: 'how connections get to workers (auto: sockets where Node can)',
      more: 'Clients of a unix socket are always served by frames.',
      option: 'serve.handOff',
      standard: 'auto',
      here: ({ handOff }) => handOff,
      allowed: { words: ['auto', 'frames', 'sockets'] },
      read: plain,
    },
  ],
}
