/** The log: its two forms, its levels, and its bounds. */
import { expect, test } from 'vitest'
import { Log, type LogFormat } from '../../src/server/log.ts'
import { type LogLevel, rankNow, rankOf } from '../../src/server/log-events.ts'

class Sink {
  lines: string[] = []
  writableLength = 0
  write(line: string): void {
    this.lines.push(line)
  }
}

let now = Date.UTC(2026, 10, 21, 20, 15, 3, 120)

function logTo(sink: Sink, format: LogFormat = 'json', level: LogLevel = 'info'): Log {
  return new Log(
    format,
    () => rankOf(level),
    sink,
    () => now,
  )
}

const parsed = (sink: Sink) => sink.lines.map((line) => JSON.parse(line))

test('a line of text and a line of JSON', () => {
  const [text, json] = [new Sink(), new Sink()]
  const fields = {
    worker: 1,
    reason: 'Error: out of\nmemory',
    address: '[::1]:5',
    extra: undefined,
  }
  logTo(text, 'text').tell('worker.died', fields)
  logTo(json).tell('worker.died', fields)
  const time = '2026-11-21T20:15:03.120Z'
  expect(text.lines).toEqual([
    `${time} error worker.died a worker died and is replaced worker=1 ` +
      'reason="Error: out of\\nmemory" address=[::1]:5\n',
  ])
  expect(json.lines[0]!.indexOf('\n')).toBe(json.lines[0]!.length - 1)
  expect(parsed(json)).toEqual([
    {
      ...{ time, level: 'error', event: 'worker.died', message: 'a worker died and is replaced' },
      ...{ worker: 1, reason: fields.reason, address: '[::1]:5' },
    },
  ])
})

test('a level shows what is of it or more urgent; verbosity asks for more, never for less', () => {
  const told = (level: LogLevel) => {
    const sink = new Sink()
    const log = logTo(sink, 'json', level)
    log.tell('connection.opened')
    log.tell('server.started')
    log.tell('client.refused')
    log.tell('worker.died')
    return sink.lines.length
  }
  const levels = ['silent', 'error', 'warn', 'info', 'debug'] as const
  expect(levels.map(told)).toEqual([0, 1, 2, 3, 4])
  expect([0, 1, 2, 3].map((verbosity) => rankNow('silent', verbosity))).toEqual([0, 3, 4, 4])
  expect([0, 1, 2].map((verbosity) => rankNow('debug', verbosity))).toEqual([4, 4, 4])
})

test('lines that nobody takes are dropped and counted, and nothing is kept', () => {
  const sink = new Sink()
  const log = logTo(sink)
  sink.writableLength = 256 * 1024
  for (let n = 0; n < 7; n++) log.tell('worker.died', { worker: n })
  log.tick()
  expect(sink.lines).toEqual([])
  sink.writableLength = 0
  log.tick()
  log.tick()
  expect(parsed(sink)).toMatchObject([{ event: 'log.dropped', level: 'warn', lines: 7 }])
  log.tell('worker.died')
  expect(sink.lines).toHaveLength(2)
})

test('what clients can cause is told ten times in ten seconds, then counted', () => {
  const sink = new Sink()
  const log = logTo(sink)
  for (let n = 0; n < 1000; n++) log.tell('auth.failed', { address: `a${n}` })
  for (let n = 0; n < 20; n++) log.tell('worker.died')
  expect(sink.lines).toHaveLength(30)
  now += 9_999
  log.tick()
  expect(sink.lines).toHaveLength(30)
  now += 1
  log.tick()
  log.tick()
  expect(parsed(sink).slice(30)).toMatchObject([{ event: 'auth.failed', leftOut: 990 }])
  log.tell('auth.failed')
  expect(sink.lines).toHaveLength(32)
})

test('a field is as long as a line may be, whatever a client sends', () => {
  const sink = new Sink()
  logTo(sink, 'text').tell('client.refused', { why: `"\n\u001b\u009b2J${'x'.repeat(10_000)}` })
  const [line = ''] = sink.lines
  expect(line.length).toBeLessThan(500)
  expect(line.slice(0, -1)).not.toMatch(/\p{Cc}/u)
  expect(line).toContain('(10006 characters)')
})
