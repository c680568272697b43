/** From a request to its command: what is unknown or has the wrong number of arguments is refused. */
import type { Args } from './args.ts'
import type { RedisClient } from './client.ts'
import { COMMANDS } from './commands.ts'
import type { Command } from './command-table.ts'
import { wrongArity } from './errors.ts'

/** As much of a name, and of the arguments together, as an error shows. */
const SHOWN_NAME = 128
const SHOWN_ARGUMENTS = 128

/** Executes one request. */
export function dispatch(client: RedisClient, args: Args): void {
  const command = commandIn(client, args)
  if (command !== undefined) command.execute!(client, args)
}

/** The command of a request; undefined when it was refused. */
function commandIn(client: RedisClient, args: Args): Command | undefined {
  const found = COMMANDS.find(args, 0)
  if (found === undefined) return refuse(client, unknownCommand(args))
  let command = found
  if (found.subcommands.length > 0 && args.count > 1) {
    const sub = COMMANDS.findSub(found, args, 1)
    if (sub === undefined && found.execute === undefined) {
      return refuse(client, unknownSubcommand(found, args))
    }
    command = sub ?? found
  }
  const { arity } = command
  if (arity > 0 ? args.count !== arity : args.count < -arity) {
    return refuse(client, wrongArity(command.name))
  }
  return command
}

function refuse(client: RedisClient, why: string): undefined {
  client.reply.error(why)
}

function unknownCommand(args: Args): string {
  let shown = ''
  for (let i = 1; i < args.count && shown.length < SHOWN_ARGUMENTS; i++) {
    shown += `'${args.text(i).slice(0, SHOWN_ARGUMENTS - shown.length)}' `
  }
  const name = args.text(0).slice(0, SHOWN_NAME)
  return `ERR unknown command '${name}', with args beginning with: ${shown}`
}

function unknownSubcommand(container: Command, args: Args): string {
  const name = args.text(1).slice(0, SHOWN_NAME)
  return `ERR unknown subcommand '${name}'. Try ${container.name.toUpperCase()} HELP.`
}
