/** The fuzzing of the HTTP door in its short form; and that it would notice a fault. */
import { describe, expect, test, vi } from 'vitest'
import { HttpConnection } from '../../src/protocols/http/connection.ts'
import { HttpGrammar } from './http-grammar.ts'
import { fuzzLive } from './http-live.ts'
import { HttpTarget } from './http-target.ts'
import { Random } from './random.ts'

const SEED = 20_261_122

test('answers, ends and what is stored do not depend on how requests are cut', async () => {
  const target = new HttpTarget()
  const random = new Random(SEED)
  const grammar = new HttpGrammar(random)
  for (let n = 0; n < 500; n++) {
    const input = grammar.next()
    const problem = await target.check(input, random)
    expect([n, problem, problem && input.toString('latin1')]).toEqual([n, undefined, undefined])
  }
  expect(target.close()).toBe(undefined)
  // The grammar reaches what it is to reach.
  const often = [200, 201, 204, 400, 404, 405, 409, 411]
  const rare = [100, 403, 412, 415, 417, 501]
  const seen = (status: number) => target.statuses.get(status) ?? 0
  expect(often.filter((status) => seen(status) < 4)).toEqual([])
  expect(rare.filter((status) => seen(status) === 0)).toEqual([])
})

test('a connection that loses a byte between two pieces is found', async () => {
  const { feed } = HttpConnection.prototype
  const spy = vi.spyOn(HttpConnection.prototype, 'feed')
  spy.mockImplementation(function (this: HttpConnection, source, from, to, out) {
    const isBehindCut = to - from > 1 && source[from] === 10
    return feed.call(this, source, isBehindCut ? from + 1 : from, to, out)
  })
  const target = new HttpTarget()
  const random = new Random(SEED)
  const grammar = new HttpGrammar(random)
  let problem: string | undefined
  for (let n = 0; n < 300 && problem === undefined; n++) {
    problem = await target.check(grammar.next(), random)
  }
  spy.mockRestore()
  expect(problem).toContain('depend on the cuts')
  expect(target.close()).toBe(undefined)
})

describe.each(['frames', 'sockets'] as const)('%s', (handOff) => {
  test('a server under such clients answers one that behaves, and forgets the others', async () => {
    const isEnough = (connections: number, answers: number) => connections > 600 && answers > 20
    const report = await fuzzLive(handOff, SEED, isEnough)
    expect(report.findings).toEqual([])
  })
})
