/** `heddle health` before servers that are well, that ask for credentials, and that are none. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, expect, test } from 'vitest'
import { Certificates } from '../server/certificates.ts'
import { killAll, run, start } from '../server/cli-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'heddle-health-'))
afterEach(killAll)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const DOORS = ['-p', '0', '--redis-port', '0', '--http-port', '0', '-t', '1', '-m', '4']

test.each([false, true])('each door answers; with users: %s', async (hasUsers) => {
  const file = join(folder, 'users')
  writeFileSync(file, 'ann:long-enough\n')
  const { line } = await start([...DOORS, ...(hasUsers ? ['--auth-file', file] : [])])
  for (const door of ['memcached', 'redis', 'http']) {
    const port = new RegExp(`${door}=\\S*?:(\\d+)`).exec(line)![1]
    const { code, stdout, stderr } = await run(['health', `--${door}-port`, port!])
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout).toBe(`127.0.0.1:${port} (${door}) is well\n`)
  }
})

test('both unix sockets answer, each in its own protocol', async () => {
  const [memcached, redis] = [join(folder, 'm.sock'), join(folder, 'r.sock')]
  await start(['--unix-socket', memcached, '--redis-socket', redis, '-t', '1', '-m', '4'])
  const answers = await Promise.all([
    run(['health', '--unix-socket', memcached]),
    run(['health', '--redis-socket', redis]),
    run(['inspect', '--json', '--redis-socket', redis]),
    run(['health', '--unix-socket', redis]),
  ])
  expect(answers.map(({ code }) => code)).toEqual([0, 0, 0, 1])
  expect(answers[1]!.stdout).toBe(`${redis} (redis) is well\n`)
  expect(JSON.parse(answers[2]!.stdout)).toMatchObject({ door: `${redis} (redis)` })
})

test('through TLS, with the authority that is named and not without', async () => {
  const certificates = new Certificates()
  try {
    const pair = ['--tls-cert', certificates.file('server.pem')]
    pair.push('--tls-key', certificates.file('server.key'), '-t', '1', '-m', '4')
    const doors = ['--http-tls-port', '0', '--redis-tls-port', '0', '--memcached-tls-port', '0']
    const { line } = await start([...doors, ...pair])
    for (const door of ['memcached', 'redis', 'http']) {
      const port = new RegExp(`${door}-tls=\\S*?:(\\d+)`).exec(line)![1]!
      const flags = ['health', `--${door}-port`, port, '--host', 'localhost', '--tls']
      const trusting = await run([...flags, '--tls-ca', certificates.file('ca.pem')])
      expect([door, trusting.code, trusting.stderr]).toEqual([door, 0, ''])
      const careful = await run(flags)
      expect([careful.code, careful.stderr]).toEqual([1, expect.stringMatching(/certificate/)])
    }
  } finally {
    certificates.remove()
  }
})

async function portOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return String((server.address() as AddressInfo).port)
}

test('what is no healthy server is not', async () => {
  const ending = createHttp((_request, response) => response.writeHead(503).end())
  const other = createServer((socket) => socket.end('SSH-2.0-x\r\n').on('error', () => {}))
  try {
    const http = await run(['health', '--http-port', await portOf(ending)])
    expect([http.code, http.stdout]).toEqual([1, ''])
    expect(http.stderr).toMatch(/\(http\) answered 503 to GET \/readyz\n$/)
    const port = await portOf(other)
    for (const door of ['memcached', 'redis']) {
      const line = await run(['health', `--${door}-port`, port])
      expect(line.code).toBe(1)
      expect(line.stderr).toMatch(/answered "SSH-2\.0-x/)
    }
  } finally {
    ending.close()
    other.close()
  }
  const nobody = await run(['health', '--redis-port', '1'])
  expect(nobody.code).toBe(1)
  expect(nobody.stderr).toMatch(/^heddle health: nothing answers at 127\.0\.0\.1:1 .*\n$/)
  expect((await run(['health', '--nonsense'])).code).toBe(2)
  expect((await run(['health', '--help'])).stdout).toContain('--http-port')
})
