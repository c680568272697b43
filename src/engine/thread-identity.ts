/**
 * Which thread of the operating system this is, and whether another one still runs.
 *
 * Worker ids cannot be asked whether they live. On Linux the kernel can, synchronously, so that
 * even a thread that never returns to its event loop notices that another one is gone: the
 * thread's id together with its start time names it for good, ids alone are used again. Elsewhere,
 * or where /proc is hidden, everybody counts as alive, and the links of thread-watch.ts must do.
 */
import { readFileSync, readlinkSync } from 'node:fs'
import { threadId } from 'node:worker_threads'

/** A thread, in three 32-bit integers. */
export interface ThreadIdentity {
  /** The id that worker_threads knows it by; never used twice in a process. */
  readonly threadId: number
  /** The id that the kernel knows it by, 0 where that cannot be found out. */
  readonly tid: number
  /** Low 32 bits of its start time, in kernel ticks since boot; 0 where tid is 0. */
  readonly startTime: number
}

/** Counted from the first field after the name, which ends at the last parenthesis: field 22. */
const START_TIME_FIELD = 19

/** The calling thread. */
export function ownThreadIdentity(): ThreadIdentity {
  try {
    const link = readlinkSync('/proc/thread-self') // <process>/task/<thread>
    const tid = Number(link.slice(link.lastIndexOf('/') + 1))
    if (tid > 0) return { threadId, tid, startTime: readStartTime(tid) }
  } catch {
    // No Linux, no /proc, or no permission to read it.
  }
  return { threadId, tid: 0, startTime: 0 }
}

/** False only if the thread is certainly gone. Costs a file read of some ten microseconds. */
export function threadAlive(tid: number, startTime: number): boolean {
  if (tid === 0) return true
  try {
    return readStartTime(tid) === startTime
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    return code !== 'ENOENT' && code !== 'ESRCH'
  }
}

function readStartTime(tid: number): number {
  const stat = readFileSync(`/proc/self/task/${tid}/stat`, 'latin1')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return Number(fields[START_TIME_FIELD]) | 0
}
