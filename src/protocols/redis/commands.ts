/** All commands: each group's facts, and what executes them. */
import { KEY_FACTS, SERVER_FACTS, STRING_FACTS } from './command-facts.ts'
import { CommandTable } from './command-table.ts'
import { CONNECTION_HANDLERS } from './commands/connection.ts'
import { KEY_HANDLERS } from './commands/keys.ts'
import { STRING_HANDLERS } from './commands/strings.ts'

export const COMMANDS: CommandTable = new CommandTable([
  [STRING_FACTS, { ...STRING_HANDLERS }],
  [KEY_FACTS, { ...KEY_HANDLERS }],
  [SERVER_FACTS, { ...CONNECTION_HANDLERS }],
])
