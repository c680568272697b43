/** The eviction policies by their names. */
import type { EvictionName } from '../../../native-layout/eviction-state.ts'
import type { EvictionPolicy } from '../../memory/view.ts'
import { clock, none } from './clock.ts'
import { fifo, random } from './fifo.ts'
import { lfu } from './lfu.ts'
import { s3Fifo } from './s3-fifo.ts'
import { sieve } from './sieve.ts'

export const POLICIES: Readonly<Record<EvictionName, EvictionPolicy>> = {
  clock,
  's3-fifo': s3Fifo,
  sieve,
  lfu,
  random,
  fifo,
  none,
}
