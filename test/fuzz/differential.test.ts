/**
 * The differential run in its short form: pipelined random commands to a server of this process and
 * to a real memcached. And that it would notice: a server that says one word wrong is found, and
 * what is reported is short.
 */
import { describe, expect, test } from 'vitest'
import { createEngine } from '../../src/index.ts'
import { serve, type ServeOptions } from '../../src/server/serve.ts'
import { Differential, differenceText, type Tally } from './differential.ts'
import { memcachedVersion, startMemcached } from './memcached-process.ts'
import { NormalForm } from './normal-form.ts'

const COMMANDS = 16_000
const LIAR = new URL('./liar-protocol.ts', import.meta.url).href
let engines = 0

interface Opened {
  readonly port: number
  close(): Promise<void>
}

async function open(options: ServeOptions): Promise<Opened> {
  const engine = createEngine({ name: `differential-${++engines}`, memory: '32mb' })
  const server = await serve(engine, { memcachedPort: 0, workers: 1, ...options })
  const close = async () => {
    await server.close()
    engine.close()
  }
  return { port: Number(/\d+$/.exec(server.addresses[0]!)![0]), close }
}

async function compared(ours: Opened, theirsPort: number, commands: number): Promise<Tally> {
  const both = new Differential(ours.port, theirsPort)
  try {
    return await both.run(1, commands)
  } finally {
    both.close()
    await ours.close()
  }
}

test.skipIf(memcachedVersion() === undefined).each(['frames', 'sockets'] as const)(
  'pipelined commands are answered as by memcached, by %s (needs memcached)',
  async (handOff) => {
    const memcached = await startMemcached()
    const tally = await compared(await open({ handOff }), memcached.port, COMMANDS)
    memcached.stop()
    expect(tally.difference && differenceText(tally.difference)).toBeUndefined()
    expect(tally.commands).toBeGreaterThanOrEqual(COMMANDS)
    expect(tally.replyBytes).toBeGreaterThan(10 * COMMANDS)
  },
)

test('a server that says one word wrong is found, and the stream is made short', async () => {
  const honest = await open({})
  const { difference } = await compared(await open({ protocolModule: LIAR }), honest.port, 4000)
  await honest.close()
  expect(difference).toMatchObject({ seed: 1, repeats: true })
  const commands = difference!.batches.slice(1).flat()
  expect(commands.length).toBeLessThan(6)
  expect(commands.at(-1)).toMatch(/^ *touch /)
  expect(differenceText(difference!)).toMatch(/heddle: +"tOUCHED|heddle: +".*tOUCHED/)
})

describe('the normal form', () => {
  const form = (...replies: string[]) => {
    const one = new NormalForm()
    return replies.map((reply) => one.of(reply))
  }

  test('knows a CAS by its order and its key', () => {
    const [first, again] = form(
      'VALUE a 0 1 77\r\nx\r\nHD c77 ka\r\n',
      'HD ka c80\r\nHD kb c77\r\n',
    )
    expect(first).toBe('VALUE a 0 1 #1\r\nx\r\nHD c#1 ka\r\n')
    expect(again).toBe('HD ka c#2\r\nHD kb c#1\r\n')
    expect(form('HD c0 ka\r\n')).toEqual(['HD c0 ka\r\n'])
  })

  test('leaves flags, lengths, values and errors as they are', () => {
    const text =
      'VALUE a 7 5\r\nc77 x\r\nVA 3 s3 f9\r\nabc\r\nSTORED\r\nCLIENT_ERROR x\r\nEN Oc5\r\n'
    expect(form(text)).toEqual([text])
  })

  test('forgives the seconds of a tick, and the spaces behind a counter', () => {
    expect(form('HD t999\r\nHD t1000\r\nHD t-1\r\n')).toEqual([
      'HD t1000\r\nHD t1000\r\nHD t-1\r\n',
    ])
    expect(form('VALUE n1 0 3\r\n9  \r\n')).toEqual(form('VALUE n1 0 1\r\n9\r\n'))
  })
})
