/** All programs of the explorer. */
import type { Program } from '../program.ts'
import { BOARDS } from './boards.ts'
import { BORROWED } from './borrowed.ts'
import { DEATHS } from './deaths.ts'
import { FRAMES } from './traffic.ts'
import { ROWS } from './leases.ts'
import { MEMORY } from './memory.ts'
import { NEWCOMERS } from './newcomers.ts'
import { MANY } from './many.ts'
import { NEAR } from './near.ts'
import { PAGES } from './pages.ts'
import { PAIRS } from './pairs.ts'
import { RESERVED } from './reserved.ts'
import { ROOM } from './room.ts'
import { SOCKETS } from './sockets.ts'
import { SPACES } from './spaces.ts'
import { SWEEPS } from './sweeps.ts'
import { TABLES } from './tables.ts'
import { TIME } from './time.ts'
import { TRANSACTIONS } from './transactions.ts'

export const PROGRAMS: readonly Program[] = [
  ...PAIRS,
  ...MEMORY,
  ...PAGES,
  ...ROOM,
  ...RESERVED,
  ...BORROWED,
  ...TABLES,
  ...TIME,
  ...SWEEPS,
  ...DEATHS,
  ...FRAMES,
  ...BOARDS,
  ...SOCKETS,
  ...ROWS,
  ...SPACES,
  ...TRANSACTIONS,
  ...NEWCOMERS,
  ...MANY,
  ...NEAR,
]
