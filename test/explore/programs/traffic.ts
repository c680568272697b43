/** Programs about the hand-off of frames: who connects, sends, waits, closes, and who dies. */
import type { Bounds, Program } from '../program.ts'
import { framesProgram, type Move, type Traffic } from './frames.ts'

const connects = (client: number): Move => ({ client, connects: true })
const sends = (client: number, text: string): Move => ({ client, sends: text })
const awaits = (client: number, bytes: number): Move => ({ client, awaits: bytes })
const closes = (client: number): Move => ({ client, closes: true })

/** A ring of requests so long that clients are read on. */
const READ_ON = 1 << 18

const ONE_DIES: Bounds = { deaths: 1 }

const TRAFFIC: Readonly<Record<string, Traffic>> = {
  'frames: a request': {
    about: 'one request, one reply, both threads sleep by promise',
    moves: [connects(0), sends(0, 'a1')],
    replies: [['a1']],
  },
  'frames: a request, blocking': {
    about: 'one request, one reply, the worker sleeps in its bell',
    mayBlock: true,
    moves: [connects(0), sends(0, 'a1'), awaits(0, 3), closes(0)],
    replies: [['a1']],
  },
  'frames: request after reply': {
    about: 'the second request is sent when the first is answered',
    moves: [connects(0), sends(0, 'a1'), awaits(0, 3), sends(0, 'a2')],
    replies: [['a1', 'a2']],
  },
  'frames: request after reply, blocking': {
    about: 'the same, and the worker sleeps in its bell',
    mayBlock: true,
    moves: [connects(0), sends(0, 'a1'), awaits(0, 3), sends(0, 'a2'), awaits(0, 6), closes(0)],
    replies: [['a1', 'a2']],
  },
  'frames: two clients': {
    about: 'requests of two connections, one of them in halves',
    moves: [connects(0), sends(0, 'a'), connects(1), sends(1, 'b1'), sends(0, '1')],
    replies: [['a1'], ['b1']],
  },
  'frames: the reply ring is full': {
    about: 'the worker waits for room, the acceptor makes some',
    replyBytes: 90,
    replyRing: 256,
    requestRing: READ_ON,
    moves: [connects(0), sends(0, 'a1'), sends(0, 'a2'), sends(0, 'a3'), sends(0, 'a4')],
    replies: [['a1', 'a2', 'a3', 'a4']],
  },
  'frames: the reply ring is full, blocking': {
    about: 'the worker sleeps for room in its bell',
    mayBlock: true,
    replyBytes: 90,
    replyRing: 256,
    requestRing: READ_ON,
    moves: [connects(0), sends(0, 'a1'), sends(0, 'a2'), sends(0, 'a3'), awaits(0, 270), closes(0)],
    replies: [['a1', 'a2', 'a3']],
  },
  'frames: a slot again': {
    about: 'half a command, then the client is gone and its slot is given to another',
    slots: 1,
    moves: [connects(0), sends(0, 'a'), closes(0), connects(1), sends(1, 'b1')],
    replies: [[], ['b1']],
  },
  'frames: no room for an end': {
    about: 'the end of a connection has to wait until there is room in the ring',
    requestRing: 64,
    moves: [connects(0), connects(1), sends(0, 'a1'), closes(0), closes(1)],
    replies: [['a1'], []],
  },
  'frames: the worker ends it': {
    about: 'a command closes the connection while another client is served',
    moves: [connects(0), sends(0, 'a!'), connects(1), sends(1, 'b1')],
    replies: [['a!'], ['b1']],
  },
  'death: frames: a request': {
    about: 'the worker dies at any moment, another goes on',
    moves: [connects(0), sends(0, 'a1'), connects(1), sends(1, 'b1')],
    replies: [['a1'], ['b1']],
    full: ONE_DIES,
  },
  'death: frames: request after reply': {
    about: 'the worker dies between two requests, or in the midst of one',
    moves: [connects(0), sends(0, 'a1'), awaits(0, 3), sends(0, 'a2'), connects(1), sends(1, 'b1')],
    replies: [['a1', 'a2'], ['b1']],
    full: ONE_DIES,
  },
  'death: frames: half a request': {
    about: 'the worker dies with half a command of a connection',
    moves: [connects(0), sends(0, 'a'), connects(1), sends(1, 'b1'), sends(0, '1')],
    replies: [['a1'], ['b1']],
    full: ONE_DIES,
  },
}

export const FRAMES: readonly Program[] = Object.entries(TRAFFIC).map(([name, traffic]) =>
  framesProgram(name, traffic),
)
