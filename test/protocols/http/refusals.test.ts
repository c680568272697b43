/**
 * What is no HTTP, what nobody wants, and what follows it: each refusal is a problem of RFC 9457,
 * and nothing that was not meant as a request is executed as one.
 */
import { describe, expect, test } from 'vitest'
import { HAND_OFFS, openHttp, problemOf, request } from './support.ts'

const PUT = 'PUT /cache/k HTTP/1.1\r\nHost: localhost\r\n'

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('what is no request ends the connection with a problem, behind other answers', async () => {
    const http = await openHttp({ handOff })
    const fine = request('GET', '/healthz').toString()
    const wrong: [string, number][] = [
      ['nonsense\r\n\r\n', 400],
      ['GET / HTTP/2.0\r\n\r\n', 505],
      ['GET /healthz\r\n\r\n', 505],
      ['GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n', 400],
      ['GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: a\nb\r\n\r\n', 400],
      [`${PUT}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`, 400],
      [`${PUT}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 400],
      [`${PUT}Content-Length: -1\r\n\r\n`, 400],
      [PUT + 'Transfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
      [`GET /${'x'.repeat(17_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, 431],
      [`GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
      ['GET healthz HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
      ['CONNECT localhost:1 HTTP/1.1\r\nHost: localhost\r\n\r\n', 501],
    ]
    for (const [bytes, status] of wrong) {
      const client = await http.connect()
      client.send(fine + fine + bytes)
      expect((await client.response()).status).toBe(200)
      expect((await client.response()).status).toBe(200)
      const refused = await client.response()
      expect([bytes.slice(0, 60), problemOf(refused).status]).toEqual([bytes.slice(0, 60), status])
      expect(refused.headers['connection']).toBe('close')
      expect(await client.ended()).toBe('')
    }
    expect(http.engine.has('k')).toBe(false)
  })

  test('a condition counts, however many fields are before it', async () => {
    const http = await openHttp({ handOff })
    const client = await http.connect()
    const fields = Object.fromEntries([...Array(1200).keys()].map((n) => [`X${n}`, '']))
    const put = request('PUT', '/cache/k', { ...fields, 'If-Match': '"x"' }, 'value')
    expect((await client.ask(put)).status).toBe(412)
  })

  test('refusals that leave the connection as it is', async () => {
    const http = await openHttp({ handOff })
    const client = await http.connect()
    const wrong: [Buffer, number][] = [
      [request('GET', '/none'), 404],
      [request('GET', '/cache/k/incr/x'), 404],
      [request('PATCH', '/cache/k'), 405],
      [request('POST', '/cache/k'), 405],
      [request('PUT', '/cache/k'), 411],
      [request('PUT', '/cache/k', { 'Content-Encoding': 'gzip' }, ''), 415],
      [request('PUT', '/cache/k', { 'Content-Range': 'bytes 0-4/10' }, ''), 400],
      [request('PUT', '/cache/k', { 'If-Match': 'unquoted' }, 'hello'), 400],
      [request('GET', '/cache/%zz'), 400],
      [request('GET', '/healthz', { Host: '' }), 400],
      [request('PUT', '/cache/k', { 'X-TTL': '3155760001' }, ''), 400],
      [request('GET', '/healthz', { Host: 'a b' }), 400],
    ]
    for (const [bytes, status] of wrong) {
      const refused = await client.ask(bytes)
      const line = bytes.toString().split('\r\n')[0]
      expect([line, problemOf(refused).status]).toEqual([line, status])
      if (status === 405) expect(refused.headers['allow']).toContain('OPTIONS')
    }
    const noHost = await client.ask('GET /healthz HTTP/1.1\r\n\r\n')
    expect(problemOf(noHost).detail).toContain('Host')
    const twoHosts = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n'
    expect(problemOf(await client.ask(twoHosts)).status).toBe(400)
    expect((await client.ask(request('GET', '/healthz'))).status).toBe(200)
  })

  test('a parameter that is not there is refused, before anything is done', async () => {
    const http = await openHttp({ handOff })
    http.engine.set('k', 1)
    const client = await http.connect()
    const details = [
      ['DELETE', '/cache?sapce=a', `there is no parameter 'sapce' here; there is space`],
      ['GET', '/cache/k?ttl=60', `there is no parameter 'ttl' here; there is space`],
      ['POST', '/cache/k/incr?By=2', `no parameter 'By' here; there is space, by, initial`],
      ['POST', '/cache/k/incr?by=2&by=3', 'the parameter by is there more than once'],
      ['GET', '/hotkeys?many=2', `there is no parameter 'many' here; there is most`],
    ] as const
    for (const [method, path, detail] of details) {
      const problem = problemOf(await client.ask(request(method, path)))
      expect(problem).toMatchObject({ status: 400, detail: expect.stringContaining(detail) })
    }
    expect(http.engine.get('k')).toBe(1)
    expect((await client.ask(request('GET', '/healthz?probe=1'))).status).toBe(200)
  })

  test('a body that nobody wants ends the connection, and is taken for no request', async () => {
    const http = await openHttp({ handOff })
    const smuggled = request('DELETE', '/cache').toString()
    http.engine.set('k', 1)
    for (const [method, path] of [
      ['PUT', '/none'],
      ['GET', '/healthz'],
      ['POST', '/cache/k/incr'],
    ] as const) {
      const client = await http.connect()
      const answer = await client.ask(request(method, path, {}, smuggled))
      expect(answer.headers['connection']).toBe('close')
      expect(await client.ended()).toBe('')
    }
    expect(http.engine.size).toBe(1)
  })

  test('what follows the last request of a connection is not executed', async () => {
    const http = await openHttp({ handOff })
    http.engine.set('k', 1)
    const flush = request('DELETE', '/cache').toString()
    const last = [
      request('GET', '/healthz', { Connection: 'close' }).toString(),
      'GET /healthz HTTP/1.0\r\n\r\n',
      request('PUT', '/none', {}, 'hello').toString(),
      request('GET', '/cache/k', { 'Content-Length': '3', Connection: 'close' }).toString() + 'abc',
    ]
    for (const text of last) {
      const client = await http.connect()
      await client.ask(text + flush + flush)
      expect(await client.ended()).toBe('')
    }
    expect(http.engine.size).toBe(1)
  })
})
