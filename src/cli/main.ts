#!/usr/bin/env node
/** The command `heddle`: picks what to do by its first word, and loads no more than that needs. */
import { VERSION } from '../server/version.ts'

interface Command {
  readonly help: string
  /** @returns the exit code */
  readonly run: (argv: readonly string[]) => Promise<number>
}

const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    help: 'serve memcached, Redis and HTTP clients',
    run: async (argv) => (await import('./serve.ts')).serveCommand(argv),
  },
  top: {
    help: 'a live table of a running server',
    run: async (argv) => (await import('./top.ts')).topCommand(argv),
  },
  inspect: {
    help: 'all that a running server tells, once',
    run: async (argv) => (await import('./inspect.ts')).inspectCommand(argv),
  },
  health: {
    help: 'whether a server answers, as an exit code',
    run: async (argv) => (await import('./health.ts')).healthCommand(argv),
  },
  bench: {
    help: 'load a server and report its latency',
    run: async (argv) => (await import('./bench.ts')).benchCommand(argv),
  },
  'latency-report': {
    help: 'latency of a server over the rate, as a page',
    run: async (argv) => (await import('./latency-report.ts')).latencyReportCommand(argv),
  },
  plan: {
    help: 'how much memory for which hit ratio, and what to buy',
    run: async (argv) => (await import('./plan.ts')).planCommand(argv),
  },
  'hash-password': {
    help: 'what the file of users keeps of a password',
    run: async (argv) => (await import('./hash-password.ts')).hashPasswordCommand(argv),
  },
}

const HELP_COLUMN = 16
const USAGE = `heddle: a shared-memory cache for Node.js, and a server

Usage: heddle COMMAND [flags]

${Object.entries(COMMANDS)
  .map(([name, { help }]) => `  ${name.padEnd(HELP_COLUMN)}${help}\n`)
  .join('')}
  --version, --help; heddle COMMAND --help explains its flags
`

async function main(argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv
  if (name === '--version') {
    process.stdout.write(`heddle ${VERSION}\n`)
    return 0
  }
  if (name === '--help' || name === '-h' || name === 'help') {
    process.stdout.write(USAGE)
    return 0
  }
  if (name !== undefined && Object.hasOwn(COMMANDS, name)) return COMMANDS[name]!.run(rest)
  const what = name === undefined ? 'a command is missing' : `no such command: ${name}`
  const names = Object.keys(COMMANDS).join(', ')
  process.stderr.write(`heddle: ${what}; the commands are ${names}\n`)
  return 2
}

process.exitCode = await main(process.argv.slice(2))
