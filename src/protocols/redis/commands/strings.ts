/** The commands on strings, bits and HyperLogLogs, by the files that execute them. */
import type { Handlers } from '../command-table.ts'
import { BITFIELD_HANDLERS } from './bitfield.ts'
import { BIT_HANDLERS } from './bits.ts'
import { COUNT_HANDLERS } from './count.ts'
import { GET_HANDLERS } from './get.ts'
import { HYPERLOGLOG_HANDLERS } from './hyperloglog.ts'
import { MODIFY_HANDLERS } from './modify.ts'
import { MULTI_STRING_HANDLERS } from './multi.ts'
import { SET_HANDLERS } from './set.ts'

export const STRING_HANDLERS: Handlers = {
  ...GET_HANDLERS,
  ...SET_HANDLERS,
  ...COUNT_HANDLERS,
  ...MODIFY_HANDLERS,
  ...BIT_HANDLERS,
  ...BITFIELD_HANDLERS,
  ...HYPERLOGLOG_HANDLERS,
  ...MULTI_STRING_HANDLERS,
}
