/** `heddle hash-password`: what it prints is what the server verifies, and what it refuses. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { AuthBench } from '../auth/support.ts'
import { PROGRAM, run } from '../server/cli-process.ts'

async function hash(password: string | Buffer): Promise<[number, string, string]> {
  const child = spawn(process.execPath, [PROGRAM, 'hash-password'])
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (text) => (stdout += text))
  child.stderr.on('data', (text) => (stderr += text))
  child.stdin.on('error', () => {}) // it does not read more than a password has
  child.stdin.end(password)
  const [code] = await once(child, 'close')
  return [code as number, stdout, stderr]
}

test('a line of stdin becomes a hash that is verified', async () => {
  for (const text of ['pass wörd', 'pass wörd\n', 'pass wörd\r\n']) {
    const [code, line, told] = await hash(text)
    expect([code, told]).toEqual([0, ''])
    expect(line).toMatch(/^\$scrypt\$ln=14,r=8,p=5\$[\w+/]{22}\$[\w+/]{43}\n$/)
    const bench = new AuthBench(`ann:${line.trim()} read`)
    expect(await bench.ask('ann', 'pass wörd')).toBe('ann')
    expect(await bench.ask('ann', 'pass word')).toBe('wrong')
  }
})

test('a token and what the file keeps of it', async () => {
  const { code, stdout } = await run(['hash-password', '--token'])
  const [token = '', word = ''] = stdout.split('\n')
  expect(code).toBe(0)
  expect(token).toMatch(/^[\w-]{32}$/)
  expect(word).toMatch(/^token=\$sha256\$[\w+/]{43}$/)
  const bench = new AuthBench(`bot:* read ${word}`)
  expect(bench.authenticator.verifyToken(token, 'a')).toMatchObject({ name: 'bot' })
  expect((await run(['hash-password', '--token'])).stdout).not.toBe(stdout)
})

test.each([
  ['', /^heddle hash-password: the password is empty\n$/],
  ['\n', /the password is empty/],
  ['one\ntwo', /more than 512 bytes, or more than one line/],
  ['x'.repeat(513), /more than 512 bytes/],
  [Buffer.alloc(10_000_000, 120), /more than 512 bytes/],
])('%.10s is no password', async (password, message) => {
  const [code, stdout, stderr] = await hash(password)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(message)
})

test('a password as an argument is refused, and not repeated', async () => {
  for (const args of [['secret'], ['--token', 'secret'], ['--password=secret']]) {
    const { code, stdout, stderr } = await run(['hash-password', ...args])
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/a password is read from stdin/)
    expect(stderr).not.toContain('secret')
  }
  expect((await run(['hash-password', '--help'])).stdout).toMatch(/^heddle hash-password: /)
})
