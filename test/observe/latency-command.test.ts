/** LATENCY HISTOGRAM, from the clock of the worker, in both versions of the protocol. */
import { expect, test } from 'vitest'
import { COMMAND_NAMES } from '../../src/protocols/memcached/commands.ts'
import { COMMANDS } from '../../src/protocols/redis/commands.ts'
import { RedisBench } from '../protocols/redis/support.ts'

function openBench(): RedisBench {
  const bench = new RedisBench()
  const { board } = bench.host.clock
  board.name('memcached', COMMAND_NAMES)
  board.name(
    'redis',
    COMMANDS.inOrder.map(({ name }) => name),
  )
  return bench
}

test('calls are exact; the steps rise up to all calls, at powers of two', () => {
  const bench = openBench()
  const client = bench.connect()
  client.ask(['SET', 'a', '1'])
  for (let i = 0; i < 1000; i++) client.ask(['GET', 'a'])
  const lines = client.ask(['LATENCY', 'HISTOGRAM', 'get']).split('\r\n')
  expect(lines.slice(0, 7)).toEqual(['*2', '$3', 'get', '*4', '$5', 'calls', ':1000'])
  const steps = lines
    .slice(10)
    .filter((line) => line !== '')
    .map((line) => Number(line.slice(1)))
  expect(lines.slice(7, 9)).toEqual(['$14', 'histogram_usec'])
  expect(lines[9]).toBe(`*${steps.length}`)
  expect(steps.length).toBeGreaterThanOrEqual(2)
  for (let i = 0; i < steps.length; i += 2) {
    expect(Number.isInteger(Math.log2(steps[i]!))).toBe(true)
    if (i > 0) expect(steps[i + 1]).toBeGreaterThan(steps[i - 1]!)
  }
  expect(steps.at(-1)).toBe(1000)
})

test('all commands, a container with its subcommands, and none', () => {
  const client = openBench().connect()
  client.ask(['CLIENT', 'ID'])
  client.ask(['CLIENT', 'GETNAME'])
  client.ask(['PING'])
  const all = client.ask(['LATENCY', 'HISTOGRAM'])
  for (const name of ['client|id', 'client|getname', 'ping'])
    expect(all).toContain(`\r\n${name}\r\n`)
  const some = client.ask(['LATENCY', 'HISTOGRAM', 'CLIENT'])
  expect(some).toMatch(/^\*4\r\n/)
  expect(some).not.toContain('ping')
  expect(client.ask(['LATENCY', 'HISTOGRAM', 'nosuch'])).toBe('*0\r\n')
  client.ask(['HELLO', '3'])
  expect(client.ask(['LATENCY', 'HISTOGRAM', 'ping'])).toMatch(/^%1\r\n\$4\r\nping\r\n%2\r\n/)
})
