/**
 * Broken twins of the server: one step of what it does after a worker's death taken away. Each must
 * be caught by the clients with keys of their own (test/stress/server-deaths.ts).
 */
import type { BrokenTwin } from './twins.ts'

export const SERVER_TWINS: readonly BrokenTwin[] = [
  {
    name: 'begunTwice',
    rule: 'a frame that was begun is never executed again',
    patches: [
      {
        file: 'src/server/link-end.ts',
        find: 'this.consumed = load(this.link.control, BEGUN)',
        replace: 'store(this.link.control, BEGUN, this.consumed)',
      },
    ],
  },
  {
    name: 'lostBytesForgiven',
    rule: 'a connection whose worker held bytes of it is closed when the worker dies',
    patches: [
      {
        file: 'src/server/frame-recovery.ts',
        find: 'if (!client.isDirty && !isLeaving) {',
        replace: 'if (!isLeaving) {',
      },
    ],
  },
]
