/**
 * What others see of a command that concerns several keys: a test for each row of the table in
 * src/protocols/redis/commands/README.md. Another client comes in before each step of the command.
 * What real threads see between the steps of a commit, test/explore shows.
 */
import { describe, expect, test } from 'vitest'
import { AheadReader } from '../../../src/engine/ahead-reader.ts'
import type { InProcessClient } from './client.ts'
import { RedisBench } from './support.ts'

const KEYS = ['a', 'b', 'c', 'd']

/** Runs a command, and `between` before each key that it looks for, whichever way. */
function stepped(
  bench: RedisBench,
  client: InProcessClient,
  request: string,
  between: () => void,
): string {
  const { raw } = bench
  const { open } = AheadReader.prototype
  const stage = raw.stage.bind(raw)
  let isInside = false
  const step = (): void => {
    if (isInside) return
    isInside = true
    between()
    isInside = false
  }
  raw.stage = (...args) => {
    step()
    return stage(...args)
  }
  AheadReader.prototype.open = function (this: AheadReader, index) {
    step()
    return open.call(this, index)
  }
  try {
    return client.ask(request)
  } finally {
    raw.stage = stage
    AheadReader.prototype.open = open
  }
}

function stateOf(bench: RedisBench): string {
  return KEYS.map((key) => {
    const value = bench.engine.get<string | Uint8Array>(key)
    return value === undefined ? '-' : Buffer.from(value).toString()
  }).join(' ')
}

function prepared(): RedisBench {
  const bench = new RedisBench()
  bench.ask('MSET a 1 b 2')
  return bench
}

describe('all at one moment', () => {
  test.each([
    ['MSET a 5 c 6', '+OK\r\n', '5 2 6 -'],
    ['MSETNX c 5 d 6', ':1\r\n', '1 2 5 6'],
    ['MSETNX c 5 a 6', ':0\r\n', '1 2 - -'],
    ['RENAME a c', '+OK\r\n', '- 2 1 -'],
    ['RENAMENX a c', ':1\r\n', '- 2 1 -'],
    ['COPY a c', ':1\r\n', '1 2 1 -'],
    ['DEL a b c', ':2\r\n', '- - - -'],
    ['UNLINK a b', ':2\r\n', '- - - -'],
    ['BITOP OR c a b', ':1\r\n', '1 2 3 -'],
  ])('%s', (request, reply, after) => {
    const bench = prepared()
    const seen = new Set<string>()
    expect(stepped(bench, bench.connect(), request, () => seen.add(stateOf(bench)))).toBe(reply)
    expect([...seen]).toEqual(['1 2 - -'])
    expect(stateOf(bench)).toBe(after)
  })

  test('EXEC', () => {
    const bench = prepared()
    const client = bench.connect()
    for (const each of ['MULTI', 'SET c 3', 'DEL a', 'INCR b', 'GET c']) client.ask(each)
    const seen = new Set<string>()
    const reply = stepped(bench, client, 'EXEC', () => seen.add(stateOf(bench)))
    expect(reply).toBe('*4\r\n+OK\r\n:1\r\n:3\r\n$1\r\n3\r\n')
    expect([...seen]).toEqual(['1 2 - -'])
    expect(stateOf(bench)).toBe('- 3 3 -')
  })
})

describe('what another client writes in between', () => {
  /** Lets another client in once, before the step of this number. */
  function disturbed(
    bench: RedisBench,
    client: InProcessClient,
    request: string,
    step: number,
    other: string,
  ): string {
    const peer = bench.connect()
    let steps = 0
    return stepped(bench, client, request, () => {
      if (steps++ === step) peer.ask(other)
    })
  }

  test('a command is worked out anew', () => {
    const states = new Set<string>()
    for (let step = 0; step < 8; step++) {
      const bench = prepared()
      const client = bench.connect()
      for (const each of ['MULTI', 'INCR a', 'INCRBY b 10', 'COPY a c']) client.ask(each)
      const reply = disturbed(bench, client, 'EXEC', step, 'SET a 100')
      const state = stateOf(bench)
      // Before all of it, after it, or not at all: there are fewer steps.
      expect(['101 12 101 -', '100 12 2 -', '2 12 2 -']).toContain(state)
      states.add(state)
      expect(reply).toBe(`*3\r\n:${state.startsWith('101') ? 101 : 2}\r\n:12\r\n:1\r\n`)
    }
    // The last step is after the end.
    expect(states.has('101 12 101 -') && states.has('2 12 2 -')).toBe(true)
  })

  test('a value that is renamed is not lost', () => {
    const states = Array.from({ length: 8 }, (_, step) => {
      const bench = prepared()
      disturbed(bench, bench.connect(), 'RENAME a c', step, 'APPEND a x')
      return stateOf(bench)
    })
    // Appended before the value had gone; what was never appended had no step left.
    expect(new Set(states)).toEqual(new Set(['- 2 1x -', '- 2 1 -']))
    expect(states[0]).toBe('- 2 1x -')
  })

  test('EXEC does nothing when a watched key was touched, at any step', () => {
    for (let step = 0; step < 8; step++) {
      const bench = prepared()
      const client = bench.connect()
      for (const each of ['WATCH a', 'MULTI', 'SET b 9', 'SET c 9']) client.ask(each)
      const peer = bench.connect()
      let steps = 0
      let wasIn = false
      const reply = stepped(bench, client, 'EXEC', () => {
        if (steps++ !== step) return
        wasIn = true
        peer.ask('SET a 7')
      })
      expect(reply).toBe(wasIn ? '*-1\r\n' : '*2\r\n+OK\r\n+OK\r\n')
      expect(stateOf(bench)).toBe(wasIn ? '7 2 - -' : '1 9 9 -')
    }
  })
})

describe('reads', () => {
  const write = ({ engine }: RedisBench): void => {
    engine.set('a', '8')
    engine.set('b', '9')
  }

  test('MGET reads one key after the other', () => {
    const bench = prepared()
    let steps = 0
    const reply = stepped(bench, bench.connect(), 'MGET a b', () => {
      if (steps++ === 1) write(bench)
    })
    expect(reply).toBe('*2\r\n$1\r\n1\r\n$1\r\n9\r\n')
  })

  test('within MULTI it reads one moment', () => {
    for (let step = 0; step < 6; step++) {
      const bench = prepared()
      const client = bench.connect()
      client.ask('MULTI')
      client.ask('MGET a b')
      let steps = 0
      const reply = stepped(bench, client, 'EXEC', () => {
        if (steps++ === step) write(bench)
      })
      const [old, fresh] = [`*2\r\n$1\r\n1\r\n$1\r\n2\r\n`, `*2\r\n$1\r\n8\r\n$1\r\n9\r\n`]
      expect([`*1\r\n${old}`, `*1\r\n${fresh}`]).toContain(reply)
    }
  })
})

describe('steps of their own', () => {
  test('what EXEC flushes goes first, by itself', () => {
    const bench = prepared()
    const client = bench.connect()
    for (const each of ['MULTI', 'SET c 3', 'FLUSHALL', 'SET d 4']) client.ask(each)
    const { raw } = bench
    const transact = raw.transact.bind(raw)
    const seen: string[] = []
    raw.transact = (wants) => {
      seen.push(stateOf(bench))
      return transact(wants)
    }
    expect(client.ask('EXEC')).toBe('*3\r\n+OK\r\n+OK\r\n+OK\r\n')
    expect(seen).toEqual(['- - - -'])
    expect(stateOf(bench)).toBe('- - - 4')
  })

  test('what concerns no key comes after the commit', () => {
    const bench = prepared()
    const listener = bench.connect()
    listener.ask('SUBSCRIBE news')
    const client = bench.connect()
    for (const each of ['MULTI', 'PUBLISH news x', 'SET a 5']) client.ask(each)
    const { raw } = bench
    const transact = raw.transact.bind(raw)
    raw.transact = (wants) => {
      expect(listener.feed(Buffer.alloc(0))).toBe('')
      return transact(wants)
    }
    expect(client.ask('EXEC')).toBe('*2\r\n:1\r\n+OK\r\n')
    expect(listener.feed(Buffer.alloc(0))).toContain('news')
  })
})
