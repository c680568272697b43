/** curl as people use it: every route, and what it prints of an error. */
import { execFile } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { HAND_OFFS, openHttp } from './support.ts'

/** @returns the status and the body; curl's own failure is an exception */
function curl(base: string, path: string, ...args: string[]): Promise<[number, string]> {
  const all = ['-sS', '--max-time', '20', '-w', '\n%{http_code}', ...args, base + path]
  return new Promise((resolve, reject) => {
    const child = execFile('curl', all, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(stderr || error.message))
      const end = stdout.lastIndexOf('\n')
      resolve([Number(stdout.slice(end + 1)), stdout.slice(0, end)])
    })
    child.stdin?.end('from a pipe')
  })
}

describe.each(HAND_OFFS)('%s', (handOff) => {
  test('the routes', async () => {
    const http = await openHttp({ handOff })
    const base = `http://127.0.0.1:${http.port}`
    const ask = (path: string, ...args: string[]) => curl(base, path, ...args)
    expect(await ask('/cache/greeting', '-X', 'PUT', '-d', 'hello', '-H', 'X-TTL: 60')).toEqual([
      201,
      '',
    ])
    expect(await ask('/cache/greeting')).toEqual([200, 'hello'])
    expect(await ask('/cache/piped', '-T', '-')).toEqual([201, '']) // chunked, with Expect
    expect(await ask('/cache/piped')).toEqual([200, 'from a pipe'])
    const [status, head] = await ask('/cache/greeting', '-I')
    expect([status, head]).toEqual([200, expect.stringMatching(/^ETag: "[^"]+-\d+"\r$/m)])
    const tag = /^ETag: (.*)\r$/m.exec(head)![1]!
    expect(await ask('/cache/greeting', '-H', `If-None-Match: ${tag}`)).toEqual([304, ''])
    expect(await ask('/cache/greeting', '-r', '1-3')).toEqual([206, 'ell'])
    expect(await ask('/cache/a%2fb%20c', '-X', 'PUT', '--data-binary', '@-')).toEqual([201, ''])
    expect(http.engine.has('a/b c')).toBe(true)
    expect(await ask('/cache/n/incr?initial=10', '-X', 'POST')).toEqual([201, '{"value":10}\n'])
    expect(await ask('/cache/n/decr?by=4', '-X', 'POST')).toEqual([200, '{"value":6}\n'])
    const keys = ['--json', '{"keys":["greeting"]}']
    expect(JSON.parse((await ask('/mget', ...keys))[1]).entries[0].text).toBe('hello')
    expect((await ask('/cache/greeting', '-X', 'DELETE'))[0]).toBe(204)
    expect(JSON.parse((await ask('/stats'))[1]).engine.entries).toBe(3)
    expect((await ask('/healthz'))[0]).toBe(200)
    expect((await ask('/readyz'))[0]).toBe(200)
    expect(JSON.parse((await ask('/openapi.json'))[1]).openapi).toBe('3.1.0')
    expect((await ask('/cache', '-X', 'DELETE'))[0]).toBe(204)
    expect(http.engine.size).toBe(0)
  })

  test('the errors', async () => {
    const http = await openHttp({ handOff })
    const base = `http://127.0.0.1:${http.port}`
    const ask = (path: string, ...args: string[]) => curl(base, path, ...args)
    const cases: [number, string, ...string[]][] = [
      [400, '/cache/k', '-X', 'PUT', '-d', 'x', '-H', 'X-TTL: soon'],
      [400, '/cache/%zz'],
      [403, '/cache', '-X', 'DELETE', '-H', 'Origin: http://evil.example'],
      [404, '/cache/none'],
      [404, '/elsewhere'],
      [405, '/stats', '-X', 'POST'],
      [411, '/cache/k', '-X', 'PUT'],
      [412, '/cache/k', '-X', 'PUT', '-d', 'x', '-H', 'If-Match: "x"'],
      [413, '/cache/k', '-X', 'PUT', '--data-binary', `@${process.execPath}`],
      [415, '/mget', '-d', '{"keys":[]}'],
      [417, '/cache/k', '-X', 'PUT', '-d', 'x', '-H', 'Expect: more'],
      [421, '/healthz', '-H', 'Host: evil.example'],
      [431, '/healthz', '-H', `X-Long: ${'x'.repeat(20_000)}`],
    ]
    for (const [status, path, ...args] of cases) {
      const [seen, body] = await ask(path, ...args)
      expect([path, seen, JSON.parse(body).status]).toEqual([path, status, status])
    }
  })

  test('many requests of one curl go over one connection', async () => {
    const http = await openHttp({ handOff })
    http.engine.set('k', 'x')
    const base = `http://127.0.0.1:${http.port}`
    const args = ['-sS', '-w', '%{num_connects} ', ...Array(5).fill(`${base}/cache/k`)]
    const out = await new Promise((resolve) => {
      execFile('curl', args, (_error, stdout) => resolve(stdout))
    })
    expect(out).toBe('x1 x0 x0 x0 x0 ')
  })
})
