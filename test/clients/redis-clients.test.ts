/** The npm clients `ioredis` and `redis`, unchanged, against the server, in RESP2 and RESP3. */
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HeddleServer, startHeddle } from './heddle-server.ts'

describe.each(['frames', 'sockets'])('with hand-off %s', (handOff) => {
  let server: HeddleServer
  beforeAll(async () => {
    server = await startHeddle(['--redis-port', '0', '--handoff', handOff, '--workers', '2'])
  })
  afterAll(() => server.stop())

  describe.each([2, 3] as const)('RESP%i', (protocol) => {
    test('ioredis', async () => {
      const options = {
        port: server.redisPort,
        protocol,
        connectionName: 'a-name',
        lazyConnect: true,
      }
      const client = new Redis(options)
      const errors: Error[] = []
      client.on('error', (error) => errors.push(error))
      await client.connect()
      await client.flushall()
      expect(await client.client('GETNAME')).toBe('a-name')
      expect(await client.set('a', 'text', 'PX', 10_000)).toBe('OK')
      expect(await client.get('a')).toBe('text')
      expect(await client.getBuffer('a')).toEqual(Buffer.from('text'))
      expect(await client.get('none')).toBeNull()
      expect(await client.mget('a', 'none')).toEqual(['text', null])
      expect(await client.pttl('a')).toBeGreaterThan(9000)
      expect(await client.incrby('n', 41)).toBe(41)
      expect(await client.incr('n')).toBe(42)
      await expect(client.incr('a')).rejects.toThrow('ERR value is not an integer or out of range')
      expect(await client.multi().set('m', '1').incr('m').get('m').exec()).toEqual([
        [null, 'OK'],
        [null, 2],
        [null, '2'],
      ])
      const replies = await client.pipeline().set('p', '1').get('p').del('p').exec()
      expect(replies).toEqual([
        [null, 'OK'],
        [null, '1'],
        [null, 1],
      ])
      const large = Buffer.alloc(900_000, 7)
      await client.set('large', large)
      expect(large.equals((await client.getBuffer('large'))!)).toBe(true)
      expect(await client.info('server')).toContain('redis_version:')
      await client.select(3)
      expect(await client.get('a')).toBeNull()
      await client.quit()
      expect(errors).toEqual([])
    })

    test('redis', async () => {
      const client = createClient({
        RESP: protocol,
        socket: { port: server.redisPort },
        name: 'me',
      })
      const errors: Error[] = []
      client.on('error', (error: Error) => errors.push(error))
      await client.connect()
      await client.flushAll()
      expect(await client.clientGetName()).toBe('me')
      expect(await client.set('b', 'text', { expiration: { type: 'EX', value: 10 } })).toBe('OK')
      expect(await client.get('b')).toBe('text')
      expect(await client.get('none')).toBeNull()
      expect(await client.mGet(['b', 'none'])).toEqual(['text', null])
      expect(await client.ttl('b')).toBe(10)
      expect(await client.incrBy('k', 42)).toBe(42)
      await expect(client.incr('b')).rejects.toThrow('value is not an integer')
      expect(await client.multi().set('m', '1').incr('m').get('m').exec()).toEqual(['OK', 2, '2'])
      const replies = await Promise.all([client.set('q', '1'), client.get('q'), client.del('q')])
      expect(replies).toEqual(['OK', '1', 1])
      const keys: string[] = []
      for await (const found of client.scanIterator({ MATCH: '[bk]' })) keys.push(...found)
      expect(keys.toSorted()).toEqual(['b', 'k'])
      const { libName } = await client.clientInfo()
      expect(libName).toMatch(/^node-redis/)
      expect((await client.commandInfo(['get']))[0]).toMatchObject({ name: 'get', arity: 2 })
      expect(errors).toEqual([])
      await client.close()
    })
  })

  test('what one writes within a transaction that another disturbed is not written', async () => {
    const client = new Redis({ port: server.redisPort })
    const other = new Redis({ port: server.redisPort })
    await client.set('w', '1')
    await client.watch('w')
    await other.set('w', '2')
    expect(await client.multi().set('w', '3').exec()).toBeNull()
    expect(await client.get('w')).toBe('2')
    await Promise.all([client.quit(), other.quit()])
  })

  test('messages reach subscribers of every worker, each once and in order', async () => {
    const subscribers = Array.from({ length: 4 }, () => new Redis({ port: server.redisPort }))
    const publishers = Array.from({ length: 2 }, () => new Redis({ port: server.redisPort }))
    const got = subscribers.map((): string[] => [])
    await Promise.all(
      subscribers.map(async (client, index) => {
        client.on('message', (_channel, message) => got[index]!.push(message))
        await client.subscribe('news')
      }),
    )
    const sent = Array.from({ length: 100 }, (_, i) => String(i))
    for (const message of sent) await publishers[0]!.publish('news', message)
    await expect.poll(() => got.every((messages) => messages.length === 100)).toBe(true)
    for (const messages of got) expect(messages).toEqual(sent)
    await expect.poll(() => publishers[1]!.publish('news', 'to all')).toBe(4)
    expect(await publishers[1]!.pubsub('NUMSUB', 'news')).toEqual(['news', 4])
    await Promise.all([...subscribers, ...publishers].map((client) => client.quit()))
  })

  test('a client ends another, whichever worker has it', async () => {
    const client = new Redis({ port: server.redisPort })
    const others = Array.from({ length: 4 }, () => {
      return new Redis({ port: server.redisPort, retryStrategy: () => null })
    })
    const ids = await Promise.all(others.map((other) => other.client('ID')))
    const ends = others.map((other) => new Promise((resolve) => other.once('end', resolve)))
    for (const id of ids) expect(await client.client('KILL', 'ID', String(id))).toBe(1)
    await Promise.all(ends)
    const list = String(await client.client('LIST'))
    for (const id of ids) expect(list).not.toContain(`id=${String(id)} `)
    await client.quit()
  })
})
