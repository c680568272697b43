#!/usr/bin/env node
/** The command `heddle`: picks what to do by its first word, and loads no more than that needs. */
import { VERSION } from '../server/version.ts'

const USAGE = `heddle: a shared-memory cache for Node.js, and a server

Usage: heddle COMMAND [flags]

  serve           serve memcached, Redis and HTTP clients
  top             a live table of a running server
  inspect         all that a running server tells, once
  bench           load a server and report its latency
  hash-password   what the file of users keeps of a password

  --version, --help; heddle COMMAND --help explains its flags
`

async function main(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv
  if (command === 'serve') return (await import('./serve.ts')).serveCommand(rest)
  if (command === 'bench') return (await import('./bench.ts')).benchCommand(rest)
  if (command === 'top') return (await import('./top.ts')).topCommand(rest)
  if (command === 'inspect') return (await import('./inspect.ts')).inspectCommand(rest)
  if (command === 'hash-password') {
    return (await import('./hash-password.ts')).hashPasswordCommand(rest)
  }
  if (command === '--version') {
    process.stdout.write(`heddle ${VERSION}\n`)
    return 0
  }
  if (command === '--help' || command === '-h' || command === 'help') {
    process.stdout.write(USAGE)
    return 0
  }
  const what = command === undefined ? 'a command is missing' : `no such command: ${command}`
  process.stderr.write(
    `heddle: ${what}; the commands are serve, top, inspect, bench, hash-password\n`,
  )
  return 2
}

process.exitCode = await main(process.argv.slice(2))
