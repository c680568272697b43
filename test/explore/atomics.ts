/**
 * The seam of '#atomics' under the Node condition `explore`: every shared access of the engine
 * comes here, and the scheduler decides whether the thread may make it now.
 */
export * from '../../src/memory/atomics.ts'
