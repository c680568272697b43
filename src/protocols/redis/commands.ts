/** All commands: each group's facts, and what executes them. */
import { KEY_FACTS, SERVER_FACTS, STRING_FACTS } from './command-facts.ts'
import { type Command, CommandTable } from './command-table.ts'
import { aclHandlers } from './commands/acl.ts'
import { clientHandlers } from './commands/client.ts'
import { CONFIG_HANDLERS } from './commands/config.ts'
import { CONNECTION_HANDLERS } from './commands/connection.ts'
import { DIAGNOSIS_HANDLERS } from './commands/diagnose.ts'
import { introspectionHandlers } from './commands/introspect.ts'
import { KEY_HANDLERS } from './commands/keys.ts'
import { PUBSUB_HANDLERS } from './commands/pubsub.ts'
import { serverHandlers } from './commands/server.ts'
import { STRING_HANDLERS } from './commands/strings.ts'
import { TRACKING_HANDLERS } from './commands/tracking.ts'
import { HELP_HANDLERS } from './help.ts'
import { TRANSACTION_HANDLERS } from './transaction.ts'

// Handlers that tell of the table ask for it when they run.
const inOrder = (): readonly Command[] => COMMANDS.inOrder

const HANDLERS = {
  ...STRING_HANDLERS,
  ...KEY_HANDLERS,
  ...CONNECTION_HANDLERS,
  ...TRANSACTION_HANDLERS,
  ...CONFIG_HANDLERS,
  ...DIAGNOSIS_HANDLERS,
  ...PUBSUB_HANDLERS,
  ...TRACKING_HANDLERS,
  ...HELP_HANDLERS,
  ...aclHandlers(inOrder),
  ...clientHandlers(inOrder),
  ...serverHandlers(inOrder),
  ...introspectionHandlers(() => COMMANDS),
}

export const COMMANDS: CommandTable = new CommandTable(
  [STRING_FACTS, KEY_FACTS, SERVER_FACTS].join(''),
  HANDLERS,
)
