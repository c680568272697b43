/** The limit of open files: what is told of one that is too low, and of one that is reached. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { isAmongLast, OpenFilesWatch, openFilesShortage } from '../../src/server/open-files.ts'
import { children, killAll, PROGRAM } from './cli-process.ts'
import { eventually } from './open-server.ts'

afterEach(killAll)

test('a limit is too low if clients, workers and Node need more', () => {
  expect(openFilesShortage(1024, 2, undefined)).toBeUndefined()
  expect(openFilesShortage(1024, 2, 1072)).toBeUndefined()
  expect(openFilesShortage(1024, 2, 1071)).toBe(
    'max-connections is 1,024, but 1,071 open files are enough for 1,023: ' +
      'raise the limit to 1,072 (ulimit -n)',
  )
  expect(openFilesShortage(1024, 2, 20)).toMatch(/enough for 1:/)
})

test('it is told once a minute, with how often it was met', () => {
  const told: string[] = []
  const watch = new OpenFilesWatch(100, (text) => told.push(text))
  const socket = (fd: number) => ({ _handle: { fd } }) as unknown as Socket
  watch.accepted(socket(95))
  watch.accepted({ _handle: null } as unknown as Socket)
  expect(told).toEqual([])
  expect(isAmongLast(socket(96), 100)).toBe(true)
  expect(isAmongLast(socket(96), undefined)).toBe(false)
  watch.reached(0)
  watch.reached(30_000)
  watch.failed(new Error('accept ENFILE'), 59_999)
  expect(told).toHaveLength(1)
  expect(told[0]).toMatch(/nearly all 100 files that may be open are in use$/)
  watch.failed(new Error('accept ENFILE'), 60_000)
  expect(told).toHaveLength(2)
  expect(told[1]).toMatch(/accept ENFILE \(3 times since this was told\)$/)
})

describe.runIf(process.platform === 'linux')('with few files', () => {
  test.each(['frames', 'sockets'])('a server says so, and goes on (%s)', async (handoff) => {
    const command = 'ulimit -n 60; exec "$0" "$@"'
    const args = ['-c', command, process.execPath, PROGRAM, 'serve', '-p', '0', '-t', '1']
    args.push('--handoff', handoff)
    const child = spawn('sh', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    let told = ''
    child.stderr.on('data', (chunk) => (told += chunk))
    const [line] = await once(child.stdout, 'data')
    const port = Number(/:(\d+) /.exec(String(line))![1])
    const shortage = /^heddle serve: max-connections is 1,024, but 60 open files [^\n]+$/m
    expect(await eventually(() => shortage.test(told))).toBe(true)
    const open = () => connect(port, '127.0.0.1').on('error', () => {})
    const sockets = Array.from({ length: 60 }, open)
    expect(await eventually(() => told.includes('HEDDLE_OPEN_FILES'))).toBe(true)
    for (const socket of sockets) socket.destroy()
    const answered = () =>
      new Promise<boolean>((resolve) => {
        const socket = open()
        socket.on('data', (data) => resolve(String(data) === 'MN\r\n'))
        socket.on('close', () => resolve(false))
        socket.write('mn\r\nquit\r\n')
      })
    await expect.poll(answered).toBe(true)
  })
})
