/**
 * libmemcached's own conformance test, `memccapable` (Debian package libmemcached-tools): 27 checks
 * of the text protocol and 27 of the binary one.
 */
import { execFile, execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HeddleServer, startHeddle } from './heddle-server.ts'

const CHECKS = 54

function isInstalled(): boolean {
  try {
    execFileSync('which', ['memccapable'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.each(['frames', 'sockets'])('with hand-off %s', (handOff) => {
  let server: HeddleServer
  beforeAll(async () => {
    server = await startHeddle(['--handoff', handOff, '--workers', '2'])
  })
  afterAll(() => server.stop())

  test('memccapable', async () => {
    if (!isInstalled()) {
      expect(process.env['CI'], 'the gate installs memccapable').toBeUndefined()
      process.stderr.write('memccapable is not installed: apt-get install libmemcached-tools\n')
      return
    }
    const output = await new Promise<string>((resolve) => {
      const args = ['-h', '127.0.0.1', '-p', String(server.port), '-t', '10']
      execFile('memccapable', args, (_error, stdout, stderr) => resolve(stdout + stderr))
    })
    expect(output).not.toContain('[FAIL]')
    expect(output.match(/\[pass\]/g) ?? []).toHaveLength(CHECKS)
    expect(output).toContain('All tests passed')
  })
})
