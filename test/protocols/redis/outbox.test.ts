/**
 * Messages between workers are bounded: what finds no room is not sent, counted, and known to its
 * worker with the next message that comes; and nothing is wrong when a worker dies.
 */
import { expect, test } from 'vitest'
import { RawAccess } from '../../../src/engine/raw-access.ts'
import { COUNT, RedisBoard } from '../../../src/protocols/redis/board.ts'
import { RedisConnection } from '../../../src/protocols/redis/connection.ts'
import { MOST_ON_THEIR_WAY, Outbox } from '../../../src/protocols/redis/outbox.ts'
import { RedisWorker } from '../../../src/protocols/redis/worker.ts'
import { openEngine } from '../../engine/open-engine.ts'
import { FakeHost, InProcessClient } from './client.ts'

/** Workers with one board, whose messages come when the test says so. */
class Post {
  readonly memory: SharedArrayBuffer
  readonly #waiting: { to: number; message: unknown }[] = []
  readonly hosts: FakeHost[] = []

  constructor(workers: number) {
    this.memory = RedisBoard.create(64, workers)
    for (let worker = 0; worker < workers; worker++) this.start(worker)
  }

  start(worker: number): FakeHost {
    const host = new FakeHost(Date.now(), new RedisBoard(this.memory, worker), worker)
    host.tell = (workers, message) => {
      for (const to of workers) this.#waiting.push({ to, message })
    }
    this.hosts[worker] = host
    return host
  }

  deliver(to: number): void {
    const here = this.#waiting.filter((each) => each.to === to)
    for (const each of here) this.#waiting.splice(this.#waiting.indexOf(each), 1)
    for (const { message } of here) this.hosts[to]!.onMessage(message)
  }

  /** As when a worker dies: what is on its way to it is gone. */
  drop(to: number): void {
    for (let i = this.#waiting.length; i-- > 0; ) {
      if (this.#waiting[i]!.to === to) this.#waiting.splice(i, 1)
    }
  }
}

const HALF = MOST_ON_THEIR_WAY / 2

test('there is room again when messages were heard; a large one goes alone', () => {
  const post = new Post(2)
  const [sender, receiver] = [new Outbox(post.hosts[0]!), new Outbox(post.hosts[1]!)]
  const heard: unknown[] = []
  post.hosts[1]!.onMessage = (message) => heard.push(receiver.hear(message))
  expect(sender.tell([1], 'large', 3 * MOST_ON_THEIR_WAY, 'vital')).toEqual([])
  expect(sender.hasRoom([1], 1)).toBe(false)
  post.deliver(1)
  expect(sender.tell([1], 'a', HALF, 'vital')).toEqual([])
  expect(sender.hasRoom([1], HALF)).toBe(false)
  expect(sender.tell([1], 'b', HALF, 'light')).toEqual([1])
  expect(sender.tell([1], 'c', HALF, 'news')).toEqual([1])
  post.deliver(1)
  expect(sender.tell([1], 'd', 10, 'vital')).toEqual([])
  expect(sender.tell([1], 'e', MOST_ON_THEIR_WAY, 'vital')).toEqual([1])
  expect(sender.hasRoom([1], MOST_ON_THEIR_WAY)).toBe(true) // nobody waits for who has lost one
  post.deliver(1)
  post.deliver(1)
  sender.tell([1], 'f', 1, 'vital')
  post.deliver(1)
  const of = (body: string, hasLost = false, hasLostNews = false): unknown => ({
    ...{ body, hasLost, hasLostNews },
  })
  expect(heard).toEqual([of('large'), of('a', false, true), of('d', true), of('f')])
  expect(post.hosts[0]!.board.total(COUNT.dropped)).toBe(3)
})

test('a worker that dies leaves no room taken, on neither side', () => {
  const post = new Post(2)
  const sender = new Outbox(post.hosts[0]!)
  new Outbox(post.hosts[1]!)
  sender.tell([1], 'a', MOST_ON_THEIR_WAY, 'vital')
  post.drop(1)
  const next = new Outbox(post.start(1))
  expect(sender.hasRoom([1], MOST_ON_THEIR_WAY / 2)).toBe(true)
  next.tell([0], 'b', MOST_ON_THEIR_WAY, 'vital')
  expect(next.hasRoom([0], 1)).toBe(false)
  post.drop(0)
  expect(new Outbox(post.start(1)).hasRoom([0], 1)).toBe(true)
})

test('who listens on a worker that was blocked for long is cut; a publisher waits a while', () => {
  const engine = openEngine({ memory: '64mb', maxItemSize: '16mb' })
  const raw = new RawAccess(engine)
  const post = new Post(3)
  const workers = post.hosts.map((host) => new RedisWorker(raw, host))
  const connect = (worker: number, slot: number) => {
    return new InProcessClient(new RedisConnection(workers[worker]!, slot))
  }
  const [publisher, blocked, good, other] = [
    connect(0, 1),
    connect(1, 2),
    connect(2, 3),
    connect(1, 4),
  ]
  blocked.ask('SUBSCRIBE news')
  good.ask('SUBSCRIBE news')
  for (const worker of [0, 1, 2]) post.deliver(worker)
  const large = Buffer.alloc(10 * 1024 * 1024)
  for (let n = 0; n < 3; n++) {
    expect(publisher.ask(['PUBLISH', 'news', large])).toBe(':2\r\n')
    post.deliver(2)
    expect(good.feed(Buffer.alloc(0)).length).toBeGreaterThan(large.length)
  }
  expect(publisher.ask(['PUBLISH', 'news', large])).toBe('')
  expect(publisher.connection.isPaused).toBe(true)
  post.hosts[0]!.passTime()
  expect(publisher.feed(Buffer.alloc(0))).toBe('')
  const now = raw.now()
  while (raw.now() < now + 1001); // the clock is the machine's
  post.hosts[0]!.passTime()
  expect(publisher.feed(Buffer.alloc(0))).toBe(':2\r\n')
  expect(publisher.ask(['PUBLISH', 'news', large])).toBe(':2\r\n') // for this one it does not wait
  post.deliver(2)
  expect(good.feed(Buffer.alloc(0)).length).toBeGreaterThan(2 * large.length)
  post.deliver(1)
  expect(post.hosts[1]!.killed).toEqual([2])
  expect([blocked, good, other].map(({ connection }) => connection.isClosing)).toEqual([
    true,
    false,
    false,
  ])
  expect(publisher.ask('INFO stats')).toContain('worker_messages_dropped:2\r\n')
})

test('news of subscribers that were lost are asked for again', () => {
  const engine = openEngine()
  const raw = new RawAccess(engine)
  const post = new Post(2)
  const workers = post.hosts.map((host) => new RedisWorker(raw, host))
  const one = new InProcessClient(new RedisConnection(workers[0]!, 1))
  const two = new InProcessClient(new RedisConnection(workers[1]!, 2))
  for (const worker of [0, 1, 0]) post.deliver(worker)
  for (let n = 0; n < 40; n++) {
    const name = `${n}${'n'.repeat(1_000_000)}`
    expect(one.ask(['SUBSCRIBE', name])).toContain('subscribe')
    one.ask(['UNSUBSCRIBE', name])
  }
  one.ask('SUBSCRIBE news')
  two.ask('SUBSCRIBE other')
  for (const worker of [1, 0, 1]) post.deliver(worker)
  const both = new InProcessClient(new RedisConnection(workers[1]!, 3))
  expect(both.ask('PUBSUB NUMSUB news')).toBe('*2\r\n$4\r\nnews\r\n:1\r\n')
  expect(both.ask('PUBSUB CHANNELS').length).toBeLessThan(100)
  const asked = new InProcessClient(new RedisConnection(workers[0]!, 4))
  expect(asked.ask('PUBSUB NUMSUB other')).toBe('*2\r\n$5\r\nother\r\n:1\r\n')
  expect(post.hosts[1]!.killed).toEqual([])
})
