#!/usr/bin/env node
/** The command `heddle`: picks what to do by its first word, and loads no more than that needs. */
import { VERSION } from '../server/version.ts'

const USAGE = `heddle: a shared-memory cache for Node.js, and a server for memcached clients

Usage: heddle COMMAND [flags]

  serve    serve the memcached protocol; heddle serve --help explains the flags
  bench    load a server and report its latency; heddle bench --help explains the flags

  --help, --version
`

async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv
  if (command === 'serve') return (await import('./serve.ts')).serveCommand(rest)
  if (command === 'bench') return (await import('./bench.ts')).benchCommand(rest)
  if (command === '--version') {
    process.stdout.write(`heddle ${VERSION}\n`)
    return 0
  }
  if (command === '--help' || command === '-h' || command === 'help') {
    process.stdout.write(USAGE)
    return 0
  }
  const what = command === undefined ? 'a command is missing' : `no such command: ${command}`
  process.stderr.write(`heddle: ${what}; the commands are serve and bench\n`)
  return 2
}

process.exitCode = await main(process.argv.slice(2))
