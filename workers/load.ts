/** A thread of `heddle bench`: performs the tasks of the load generator's pool. */
import { performTask } from '../src/load/thread.ts'

export default performTask
