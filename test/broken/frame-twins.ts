/**
 * Broken twins of the hand-off of frames and of the board: lost wake-ups, bytes that come too early
 * or twice, connections that are counted down twice.
 */
import type { BrokenTwin } from './twins.ts'

const ONE_DIES = { deaths: 1, preemptions: 1 }
const TWO = { preemptions: 2 }

export const FRAME_TWINS: readonly BrokenTwin[] = [
  {
    name: 'sleepsUnasked',
    rule: 'the worker looks once more after it has said that it sleeps',
    patches: [
      {
        file: 'src/server/frame-loop.ts',
        find: 'if (this.#executor.hasWork) soon(this.#turn)\n    else whenRung',
        replace: 'whenRung',
      },
    ],
    program: 'frames: a request',
    bounds: TWO,
    within: 1000,
  },
  {
    name: 'blocksUnasked',
    rule: 'the worker looks once more before it blocks',
    patches: [
      {
        file: 'src/server/frame-loop.ts',
        find: 'if (!this.#executor.hasWork) restWhile(',
        replace: 'restWhile(',
      },
    ],
    program: 'frames: a request, blocking',
    bounds: TWO,
    within: 1000,
  },
  {
    name: 'roomUnasked',
    rule: 'a worker that waits for room is rung when there is some',
    patches: [
      {
        file: 'src/server/link-end.ts',
        find: 'if (load(this.link.control, BELL) === FOR_ROOM) this.#ring(FOR_ROOM)',
        replace: 'if (load(this.link.control, BELL) === FOR_ROOM) this.needsBell = true',
      },
    ],
    program: 'frames: the reply ring is full',
    bounds: TWO,
    within: 1000,
  },
  {
    name: 'repliesUnasked',
    rule: 'the acceptor looks for replies after it has asked to be rung',
    patches: [
      {
        file: 'src/server/acceptor.ts',
        find: '      if (!link.hasReplies) continue\n',
        replace: '      if (link.drained >= 0) continue\n',
      },
    ],
    program: 'frames: a request',
    bounds: TWO,
    within: 1000,
  },
  {
    name: 'publishBeforeBytes',
    rule: 'a record is published when its bytes are in the ring',
    patches: [
      {
        file: 'src/server/link-end.ts',
        find: '    requests.fill(this.tail, source, from, to)\n    this.#publish(to - from)\n',
        replace: `    const at = this.tail
    this.#publish(to - from)
    requests.fill(at, source, from, to)
`,
      },
    ],
    program: 'frames: a request',
    bounds: TWO,
    within: 2000,
  },
  {
    name: 'slotReleasedEarly',
    rule: 'a slot is free only when the worker has said that it knows it no more',
    patches: [
      {
        file: 'src/server/acceptor.ts',
        find: 'if (client.isForgotten) this.#release(client)\n    if (this.#open',
        replace: 'this.#release(client)\n    if (this.#open',
      },
    ],
    program: 'frames: a slot again',
    bounds: TWO,
    within: 2000,
  },
  {
    name: 'replyRingUnwatched',
    rule: 'a reply is written only where the acceptor has taken what was there',
    patches: [
      {
        file: 'src/server/frame-executor.ts',
        find: '        if (!this.#hasRoom(this.#drained)) {\n          store',
        replace: '        if (this.#drained === this.#tail + 1) {\n          store',
      },
    ],
    program: 'frames: the reply ring is full',
    bounds: TWO,
    within: 1000,
  },
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
    program: 'death: frames: half a request',
    bounds: ONE_DIES,
    within: 5000,
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
    program: 'death: frames: half a request',
    bounds: ONE_DIES,
    within: 5000,
  },
  {
    name: 'countedDownTwice',
    rule: 'a connection that both threads close is counted down by one of them',
    patches: [
      {
        file: 'src/server/connection-board.ts',
        find: 'if (!swap(this.#words, at + STATE, OPEN, CLOSING)) return',
        replace: 'swap(this.#words, at + STATE, OPEN, CLOSING)',
      },
    ],
    program: 'board: close x close',
    bounds: TWO,
    within: 500,
  },
  {
    name: 'slotFreeTooEarly',
    rule: 'a slot is free only when nothing of its connection is left on the board',
    patches: [
      {
        file: 'src/server/connection-board.ts',
        find: `    this.close(slot)
    this.#watchers.remove(slot) // whoever closed it may have died before
`,
        replace: `    store(this.#words, this.#at(slot) + STATE, FREE)
    this.close(slot)
`,
      },
    ],
    program: 'sockets: a slot again',
    bounds: TWO,
    within: 2000,
  },
]
