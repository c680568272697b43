/**
 * What a page in somebody's browser may try on a server on loopback: to reach it under a name of
 * its own, to change something by requests across sites, to have stored bytes run as a script.
 */
import { describe, expect, test } from 'vitest'
import { HAND_OFFS, openHttp, request } from './support.ts'

const CHANGES = [
  ['PUT', '/cache/k', 'x'],
  ['DELETE', '/cache/k', undefined],
  ['DELETE', '/cache', undefined],
  ['POST', '/cache/n/incr', undefined],
  ['POST', '/mget', '{"keys":[]}'],
] as const

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('rebinding: a name that is not of this server is refused, whatever is asked', async () => {
    const http = await openHttp({ handOff, hostNames: 'Cache.Example, other.test' })
    http.engine.set('k', 1)
    const client = await http.connect()
    const status = async (host: string, path = '/cache/k') => {
      return (await client.ask(request('GET', path, { Host: host }))).status
    }
    const fine = [
      ...['localhost', 'localhost:8080', 'LOCALHOST', 'app.localhost', '127.0.0.1', '127.0.0.1:1'],
      ...['[::1]', '[::1]:8080', '10.1.2.3:80', 'cache.example', 'CACHE.EXAMPLE:81', 'other.test'],
    ]
    for (const host of fine) expect([host, await status(host)]).toEqual([host, 200])
    const evil = [
      ...['evil.example', 'evil.example:8080', 'localhost.evil.example', '127.0.0.1.evil.example'],
      ...['cache.example.evil.test', 'xlocalhost', '0x7f000001', '127.1', '127.0.0.1.'],
    ]
    for (const host of evil) {
      for (const path of ['/cache/k', '/healthz', '/stats', '/none']) {
        expect([host, await status(host, path)]).toEqual([host, 421])
      }
    }
    for (const host of ['a b', 'user@localhost', '[::1', 'localhost:x', 'localhost/', '::1']) {
      expect([host, await status(host)]).toEqual([host, 400])
    }
  })

  test('requests of other sites change nothing; those of its own and of programs do', async () => {
    const http = await openHttp({ handOff })
    const client = await http.connect()
    const json = { 'Content-Type': 'application/json' }
    const foreign: Record<string, string>[] = [
      { Origin: 'http://evil.example' },
      { Origin: 'null' },
      { Origin: '' },
      { Origin: 'http://localhost:1' },
      { Origin: 'http://localhost, http://evil.example' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ]
    for (const headers of foreign) {
      http.engine.set('k', 'old')
      http.engine.set('n', 5)
      for (const [method, path, body] of CHANGES) {
        const each = await http.connect()
        const bytes = request(method, path, { ...json, ...headers }, body)
        expect([headers, method, (await each.ask(bytes)).status]).toEqual([headers, method, 403])
      }
      expect([http.engine.get('k'), http.engine.get('n')]).toEqual(['old', 5])
    }
    const own: Record<string, string>[] = [
      {},
      { Origin: 'http://localhost' },
      { 'Sec-Fetch-Site': 'same-origin', Origin: 'HTTP://LOCALHOST' },
      { 'Sec-Fetch-Site': 'none' },
    ]
    for (const headers of own) {
      for (const [method, path, body] of CHANGES) {
        http.engine.set('k', 'old')
        http.engine.set('n', 5)
        const { status } = await client.ask(request(method, path, { ...json, ...headers }, body))
        expect([headers, method, status < 300]).toEqual([headers, method, true])
      }
    }
    const readable = await client.ask(request('GET', '/stats', { Origin: 'http://evil.example' }))
    expect(readable.headers['access-control-allow-origin']).toBe(undefined)
    expect(readable.headers['cross-origin-resource-policy']).toBe('same-origin')
    const preflight = await client.ask(
      request('OPTIONS', '/cache/k', {
        Origin: 'http://evil.example',
        'Access-Control-Request-Method': 'PUT',
      }),
    )
    const grants = Object.keys(preflight.headers).filter((name) =>
      name.startsWith('access-control'),
    )
    expect(grants).toEqual([])
  })

  test('a stored page is no page of this server', async () => {
    const http = await openHttp({ handOff })
    const headers = { 'Content-Type': 'text/html' }
    await http.fetch('/cache/page', { method: 'PUT', body: '<script>x</script>', headers })
    const got = await http.fetch('/cache/page')
    expect(got.headers.get('content-security-policy')).toBe("default-src 'none'; sandbox")
    expect(got.headers.get('x-content-type-options')).toBe('nosniff')
    const part = await http.fetch('/cache/page', { headers: { Range: 'bytes=0-3' } })
    expect(part.headers.get('content-security-policy')).toContain('sandbox')
  })
})
