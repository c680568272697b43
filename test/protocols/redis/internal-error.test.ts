/** An exception within a command is that command's error; others, and the connection, go on. */
import { afterEach, expect, test, vi } from 'vitest'
import { COMMANDS } from '../../../src/protocols/redis/commands.ts'
import { RedisBench } from './support.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

function breakCommand(name: string, error: Error): void {
  const command = COMMANDS.commands.find((each) => each.name === name)!
  vi.spyOn(command as unknown as { execute: () => void }, 'execute').mockImplementation(() => {
    throw error
  })
}

test('it is answered, counted and told once', () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const bench = new RedisBench()
  const client = bench.connect()
  breakCommand('strlen', new TypeError('a mistake'))
  const replies = client.feed(Buffer.from('SET a 1\r\nSTRLEN a\r\nGET a\r\n'))
  const error = "-ERR internal error in 'strlen': the server has logged it\r\n"
  expect(replies).toBe(`+OK\r\n${error}$1\r\n1\r\n`)
  expect(client.ask('STRLEN a')).toBe(error)
  expect(client.ask('INFO stats')).toContain('internal_errors:2\r\n')
  expect(client.ask('INFO commandstats')).toMatch(/cmdstat_strlen:calls=2,.*failed_calls=2/)
  expect(warned.mock.calls.map(([text]) => String(text).split('\n')[0])).toEqual([
    'A Redis command failed: TypeError: a mistake',
  ])
})

test('in a transaction it is the answer of that command', () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const client = new RedisBench().connect()
  breakCommand('strlen', new Error('a mistake'))
  for (const request of ['MULTI', 'STRLEN a', 'SET a 1']) client.ask(request)
  expect(client.ask('EXEC')).toMatch(/^\*2\r\n-ERR internal error in 'strlen'.*\r\n\+OK\r\n$/)
})

test('what was left of an answer ends the connection', () => {
  vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  const bench = new RedisBench()
  const client = bench.connect()
  client.connection.client.more = {
    step: () => {
      throw new Error('a mistake')
    },
  }
  client.ask('PING')
  expect(client.connection.isClosing).toBe(true)
  expect(bench.ask('INFO stats')).toContain('internal_errors:1\r\n')
})
