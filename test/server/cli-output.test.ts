/**
 * The output of `heddle serve`: what it tells as it is asked to, and that nothing depends on who
 * reads it.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, expect, test } from 'vitest'
import { children, killAll, PROGRAM, start } from './cli-process.ts'
import { answerOf, eventually } from './open-server.ts'

const folder = mkdtempSync(join(tmpdir(), 'heddle-output-'))
afterEach(killAll)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('-vv tells of connections on stderr, and the command verbosity 0 ends that', async () => {
  const server = await start(['-p', '0', '-t', '1', '-vv'], {}, 'pipe')
  let told = ''
  server.child.stderr!.on('data', (chunk) => (told += chunk))
  const first = await server.connect()
  first.write('mn\r\n')
  await answerOf(first, 'MN\r\n')
  expect(
    await eventually(() => /debug connection\.opened .* address=127\.0\.0\.1:\d+ /.test(told)),
  ).toBe(true)
  first.destroy()
  expect(await eventually(() => told.includes(' connection.closed '))).toBe(true)
  const second = await server.connect()
  second.write('verbosity 0\r\n')
  await answerOf(second, 'OK\r\n')
  const third = await server.connect()
  third.write('mn\r\n')
  await answerOf(third, 'MN\r\n')
  const opened = () => told.match(/connection\.opened/g)?.length
  expect(await eventually(() => opened() === 2)).toBe(true)
  await sleep(50)
  expect(opened()).toBe(2)
})

test('it goes on when nobody reads its output any more', async () => {
  const server = await start(['-p', '0', '-t', '1', '-vv'], {}, 'pipe')
  server.child.stdout!.destroy()
  server.child.stderr!.destroy()
  for (let n = 0; n < 3; n++) {
    const socket = await server.connect()
    socket.write('mn\r\nquit\r\n')
    expect(await answerOf(socket)).toBe('MN\r\n')
  }
})

test.runIf(existsSync('/dev/full'))('it goes on when its output cannot be written', async () => {
  const full = openSync('/dev/full', 'w')
  const path = join(folder, 'full.sock')
  const args = [PROGRAM, 'serve', '-s', path, '-t', '1', '-m', '4', '-vv']
  const child = spawn(process.execPath, args, { stdio: ['ignore', full, full] })
  children.push(child)
  expect(await eventually(() => existsSync(path))).toBe(true)
  for (let n = 0; n < 3; n++) {
    const socket = connect(path)
    socket.write('mn\r\nquit\r\n')
    expect(await answerOf(socket)).toBe('MN\r\n')
  }
  const usage = [PROGRAM, 'serve', '--nonsense']
  const refused = spawn(process.execPath, usage, { stdio: ['ignore', full, full] })
  expect((await once(refused, 'exit'))[0]).toBe(2)
  closeSync(full)
})
