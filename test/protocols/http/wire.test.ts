/**
 * What a client may do with the bytes of HTTP, over a socket: pipelining, pieces, chunks, waiting
 * for 100, half-closing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { HAND_OFFS, openHttp, problemOf, request } from './support.ts'

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('a connection is kept, and closed when the client says so', async () => {
    const http = await openHttp({ handOff })
    const client = await http.connect()
    for (let n = 0; n < 20; n++) {
      expect((await client.ask(request('GET', '/healthz'))).headers['connection']).toBe(
        'keep-alive',
      )
    }
    const last = await client.ask(request('GET', '/healthz', { Connection: 'close' }))
    expect([last.status, last.headers['connection']]).toEqual([200, 'close'])
    await client.ended()
  })

  test('pipelined requests are answered in their order, whatever the writes', async () => {
    const http = await openHttp({ handOff })
    const client = await http.connect()
    const sent: Buffer[] = []
    for (let n = 0; n < 200; n++) {
      sent.push(request('PUT', `/cache/k${n % 7}`, {}, `value ${n}`))
      sent.push(request('GET', `/cache/k${n % 7}`), request('GET', `/none/${n}`))
      sent.push(request('POST', '/mget', { 'Content-Type': 'application/json' }, '{"keys":["k0"]}'))
    }
    client.send(Buffer.concat(sent))
    for (let n = 0; n < 200; n++) {
      expect((await client.response()).status).toBe(n < 7 ? 201 : 204)
      expect((await client.response()).body.toString()).toBe(`value ${n}`)
      expect(problemOf(await client.response()).detail).toContain(`/none/${n}`)
      const [entry] = JSON.parse((await client.response()).body.toString()).entries
      expect(entry.text).toBe(`value ${n - (n % 7)}`)
    }
  })

  test('a request in pieces of any size is the same request', async () => {
    const http = await openHttp({ handOff })
    const client = await http.connect()
    const whole = request('PUT', '/cache/k', { 'Content-Type': 'text/csv' }, 'a,b\r\n\r\nc,d')
    for (const size of [1, 3, 50]) {
      for (let at = 0; at < whole.length; at += size) {
        client.send(whole.subarray(at, at + size))
        await sleep(0)
      }
      expect([201, 204]).toContain((await client.response()).status)
      expect((await client.ask(request('GET', '/cache/k'))).body.toString()).toBe('a,b\r\n\r\nc,d')
    }
  })

  test('chunked bodies, with extensions and a trailer', async () => {
    const http = await openHttp({ handOff })
    const client = await http.connect()
    const head = 'PUT /cache/k HTTP/1.1\r\nHost: a.localhost\r\nTransfer-Encoding: chunked\r\n\r\n'
    const put = await client.ask(`${head}5;x=y\r\nhello\r\n1\r\n,\r\n0\r\nX-Trailer: 1\r\n\r\n`)
    expect(put.status).toBe(201)
    expect((await client.ask(`${head}0\r\n\r\n`)).status).toBe(204)
    expect(http.engine.get('k')).toEqual(new Uint8Array(0))
    client.send(head)
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    for (let n = 0; n < 20; n++) client.send(chunk)
    const large = await client.response()
    expect([problemOf(large).status, large.headers['connection']]).toEqual([413, 'close'])
    await client.ended()
  })

  test('what is executed a tick later than it came is not overtaken', async () => {
    const http = await openHttp({ handOff })
    const client = await http.connect()
    const chunked = (value: string) => {
      const head = 'PUT /cache/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n'
      return `${head}${value.length.toString(16)}\r\n${value}\r\n0\r\n\r\n`
    }
    const get = request('GET', '/cache/k').toString()
    const remove = request('DELETE', '/cache/k').toString()
    client.send([...Array(30).keys()].map((n) => chunked(`${n}`) + get + remove).join(''))
    for (let n = 0; n < 30; n++) {
      expect((await client.response()).status).toBe(201)
      expect((await client.response()).body.toString()).toBe(`${n}`)
      expect((await client.response()).status).toBe(204)
    }
    // 100 is said in its turn, too, also if the body came with the head.
    const expecting = request('PUT', '/cache/k', { Expect: '100-continue' }, 'x').toString()
    client.send(get + expecting + get)
    const statuses = [0, 0, 0, 0]
    for (let n = 0; n < 4; n++) statuses[n] = (await client.response()).status
    expect(statuses).toEqual([404, 100, 201, 200])
  })

  test('100 is said when the body is wanted, and only then', async () => {
    const http = await openHttp({ handOff })
    const client = await http.connect()
    const expecting = { Expect: '100-continue', 'Content-Length': '5' }
    expect((await client.ask(request('PUT', '/cache/k', expecting))).status).toBe(100)
    expect((await client.ask('hello')).status).toBe(201)
    const refused: [Buffer, number][] = [
      [request('PUT', '/cache/k', { ...expecting, 'Content-Length': '5000000' }), 413],
      [request('PUT', '/none', expecting), 404],
      [request('PUT', '/healthz', expecting), 405],
      [request('PUT', '/cache/k', { ...expecting, Host: 'evil.example' }), 421],
      [request('PUT', '/cache/k', { Expect: 'wonders', 'Content-Length': '5' }), 417],
    ]
    for (const [bytes, status] of refused) {
      const other = await http.connect()
      expect(problemOf(await other.ask(bytes)).status).toBe(status)
      await other.ended()
    }
    expect(Buffer.from(http.engine.get<Uint8Array>('k')!).toString()).toBe('hello')
  })

  test('a client that has said all it had to say gets its answers', async () => {
    const http = await openHttp({ handOff })
    http.engine.set('k', Buffer.alloc(500_000, 'x'))
    const client = await http.connect()
    client.send(Buffer.concat([...Array(10)].map(() => request('GET', '/cache/k'))))
    client.socket.end()
    for (let n = 0; n < 10; n++) expect((await client.response()).body).toHaveLength(500_000)
    await client.ended()
  })

  test('HTTP/1.0, absolute targets, empty lines between requests', async () => {
    const http = await openHttp({ handOff })
    const client = await http.connect()
    const absolute = 'GET http://localhost/healthz HTTP/1.1\r\nHost: ignored.example\r\n\r\n'
    expect((await client.ask(absolute)).status).toBe(200)
    const foreign = 'GET http://evil.example/healthz HTTP/1.1\r\nHost: localhost\r\n\r\n'
    expect(problemOf(await client.ask(foreign)).status).toBe(421)
    expect((await client.ask(`\r\n\r\n${request('GET', '/healthz')}`)).status).toBe(200)
    const options = await client.ask(request('OPTIONS', '/cache/k'))
    expect([options.status, options.headers['allow']]).toEqual([
      204,
      'GET, PUT, DELETE, HEAD, OPTIONS',
    ])
    expect((await client.ask(request('OPTIONS', '*'))).status).toBe(204)
    expect((await client.ask('GET /healthz HTTP/1.0\r\n\r\n')).headers['connection']).toBe('close')
    await client.ended()
  })

  test('a client that goes away in the middle changes nothing', async () => {
    const http = await openHttp({ handOff })
    for (const part of [
      'PUT /cache/k HTTP/1.1\r\nHos',
      'PUT /cache/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhel',
    ]) {
      const client = await http.connect()
      client.send(part)
      await sleep(20)
      client.socket.destroy()
    }
    const other = await http.connect()
    const half = await http.connect()
    half.send('PUT /cache/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhel')
    half.socket.end()
    await half.ended()
    expect((await other.ask(request('GET', '/cache/k'))).status).toBe(404)
  })

  test('too many clients: who comes then hears so in HTTP', async () => {
    const http = await openHttp({ handOff, maxConnections: 2 })
    const first = await http.connect()
    await http.connect()
    expect((await first.ask(request('GET', '/healthz'))).status).toBe(200)
    const third = await http.connect()
    const refused = await third.response()
    expect([problemOf(refused).status, refused.headers['retry-after']]).toEqual([503, '1'])
    await third.ended()
  })

  test('one who reads nothing does not hold up another, nor fill the memory', async () => {
    const http = await openHttp({ handOff }, { memory: '64mb', maxItemSize: '8mb' })
    http.engine.set('large', Buffer.alloc(8_000_000, 'x'))
    const slow = await http.connect()
    slow.socket.pause()
    const gets = Buffer.concat([...Array(50)].map(() => request('GET', '/cache/large')))
    slow.send(gets)
    const before = process.memoryUsage().rss
    const quick = await http.connect()
    for (let n = 0; n < 50; n++) {
      expect((await quick.ask(request('GET', '/healthz'))).status).toBe(200)
      await sleep(2)
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(200_000_000) // 50 answers are 400 MB
    slow.socket.resume()
    for (let n = 0; n < 50; n++) expect((await slow.response()).body.length).toBe(8_000_000)
  })
})
