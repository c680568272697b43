/** Who is verified, what that costs, and what guessing costs. */
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Attempts } from '../../src/auth/attempts.ts'
import { hashPassword, readHash } from '../../src/auth/password-hash.ts'
import { Principal } from '../../src/auth/principal.ts'
import { newToken } from '../../src/auth/token.ts'
import { AuthBench, HIDDEN, SECRET, usersOf } from './support.ts'

test('passwords, hashed or not, and nobody else', async () => {
  const bench = new AuthBench(`ann:${SECRET}\nbob:hidden\nbot:* token=${'t'.repeat(32)}`)
  expect(await bench.ask('ann', 'secret', 'a')).toBe('ann')
  expect(await bench.ask('bob', 'hidden', 'a')).toBe('bob')
  const attacks = [
    ['ann', 'hidden'],
    ['ann', 'secret '],
    ['ann', ''],
    ['ann', SECRET],
    ['bob', 'secret'],
    ['bob', ''],
    ['bot', '*'],
    ['bot', ''],
    ['Ann', 'secret'],
    ['', 'secret'],
    ['__proto__', 'secret'],
    ['ann\0', 'secret'],
  ]
  for (const [name = '', password = ''] of attacks) {
    expect(await bench.ask(name, password, `${name} ${password}`), name).toBe('wrong')
  }
  expect(bench.counts).toMatchObject({ passed: 2, failed: attacks.length, underWay: 0 })
})

test('what heddle hash-password prints is what it verifies', async () => {
  const line = await hashPassword(Buffer.from('pass word'))
  expect(readHash(line)).toMatchObject({ ln: 14, r: 8, p: 5 })
  expect(await hashPassword(Buffer.from('pass word'))).not.toBe(line)
  const bench = new AuthBench(`ann:${line}`)
  expect(await bench.ask('ann', 'pass word')).toBe('ann')
  expect(await bench.ask('ann', 'password')).toBe('wrong')
})

test('a user that does not exist costs what one that does costs, always the same', async () => {
  const costly = SECRET.replace('ln=10', 'ln=11')
  const bench = new AuthBench(`ann:${SECRET}\nbob:${costly}\ncem:plain`)
  const costs = new Set<string>()
  for (const name of ['ann', 'bob', 'cem']) {
    await bench.ask(name, 'x', name)
    costs.add(bench.derived.at(-1)!)
  }
  expect(bench.derived).toHaveLength(3)
  const chosen = new Set<string>()
  for (let i = 0; i < 20; i++) {
    await bench.ask(`nobody${i}`, 'x', `a${i}`)
    const first = bench.derived.at(-1)!
    await bench.ask(`nobody${i}`, 'y', `b${i}`)
    expect(bench.derived.at(-1)).toBe(first)
    expect(costs).toContain(first)
    chosen.add(first)
  }
  expect(bench.derived).toHaveLength(3 + 40)
  expect(chosen.size).toBeGreaterThan(1)
})

test('what was verified is remembered, and nothing is computed again', async () => {
  const bench = new AuthBench(`ann:${SECRET}`)
  const { authenticator } = bench
  expect(await bench.ask('ann', 'secret', 'a')).toBe('ann')
  for (let i = 0; i < 100; i++) {
    const verdict = authenticator.verify('ann', Buffer.from('secret'), `b${i}`)
    expect(verdict).toBeInstanceOf(Principal)
  }
  expect(bench.derived).toHaveLength(1)
  expect(bench.counts.passed).toBe(101)
})

test('wrong ones are not remembered: each costs', async () => {
  const bench = new AuthBench(`ann:${SECRET}`)
  for (let i = 0; i < 3; i++) expect(await bench.ask('ann', 'x')).toBe('wrong')
  expect(bench.derived).toHaveLength(3)
})

test('a thousand clients that come back at once cost one scrypt', async () => {
  const bench = new AuthBench(`ann:${SECRET}`)
  const asked = Array.from({ length: 1000 }, (_, i) => bench.ask('ann', 'secret', `10.0.0.${i}`))
  expect(new Set(await Promise.all(asked))).toEqual(new Set(['ann']))
  expect(bench.derived).toHaveLength(1)
})

test('the table of what was verified is bounded, and the last used stay in it', async () => {
  const lines = Array.from({ length: 12 }, (_, i) => `u${i}:${SECRET}`).join('\n')
  const bench = new AuthBench(lines, 10)
  for (let i = 0; i <= 10; i++) {
    await bench.ask(`u${i}`, 'secret')
    await bench.ask('u0', 'secret')
  }
  expect(bench.derived).toHaveLength(11)
  await bench.ask('u10', 'secret')
  await bench.ask('u2', 'secret')
  expect(bench.derived).toHaveLength(11)
  await bench.ask('u1', 'secret')
  expect(bench.derived).toHaveLength(12)
})

test('guesses of one address wait for each other, and ever longer', async () => {
  const bench = new AuthBench(`ann:${SECRET}`)
  for (let i = 0; i < 12; i++) expect(await bench.ask('ann', `guess ${i}`)).toBe('wrong')
  expect(bench.waits).toEqual([100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000])
  expect(bench.counts.delayed).toBe(9)
  // Who has a password is delayed as well, until it is remembered; another address is not.
  expect(await bench.ask('ann', 'secret')).toBe('ann')
  expect(bench.waits).toHaveLength(10)
  expect(await bench.ask('ann', 'other', '10.0.0.2')).toBe('wrong')
  expect(bench.waits).toHaveLength(10)
})

test('success does not make up for failures, and quiet does', async () => {
  const bench = new AuthBench(`ann:${SECRET}\nbob:${HIDDEN}`)
  for (let i = 0; i < 3; i++) await bench.ask('ann', `guess ${i}`)
  await bench.ask('bob', 'hidden')
  expect(bench.waits).toHaveLength(1)
  await bench.ask('ann', 'guess')
  expect(bench.waits).toHaveLength(1) // the 100 ms since the last failure are over by then
  await bench.ask('ann', 'guess again')
  expect(bench.waits).toHaveLength(2)
  bench.ms += 600_000
  await bench.ask('ann', 'guess later')
  expect(bench.waits).toHaveLength(2)
})

test('of one address 64 wait at most, the rest is turned away at once', async () => {
  const bench = new AuthBench(`ann:${SECRET}`)
  for (let i = 0; i < 3; i++) await bench.ask('ann', `first ${i}`)
  bench.isHeld = true
  const asked = Array.from({ length: 90 }, (_, i) => bench.ask('ann', `guess ${i}`))
  await turn()
  expect(bench.counts.refused).toBe(26)
  expect(bench.derived).toHaveLength(3)
  bench.isHeld = false
  bench.wake()
  const verdicts = await Promise.all(asked)
  expect(verdicts.filter((verdict) => verdict === 'busy')).toHaveLength(26)
  expect(bench.derived).toHaveLength(3 + 64)
  expect(bench.counts.underWay).toBe(0)
})

test('failures that another worker saw count here', async () => {
  const bench = new AuthBench(`ann:${SECRET}`)
  for (let i = 0; i < 3; i++) bench.authenticator.heardFailure('10.0.0.1')
  await bench.ask('ann', 'guess')
  expect(bench.waits).toEqual([100])
})

test('one scrypt at a time, whoever asks', async () => {
  const bench = new AuthBench(`ann:${SECRET}`)
  const asked = Array.from({ length: 5 }, (_, i) => bench.ask('ann', `x${i}`, `10.1.0.${i}`))
  await turn()
  expect(bench.derived.length).toBeLessThanOrEqual(1)
  await Promise.all(asked)
  expect(bench.derived).toHaveLength(5)
})

test('the table of addresses is bounded, and the last to fail stay in it', () => {
  const attempts = new Attempts(() => {})
  for (let i = 0; i < 20_000; i++) attempts.failed(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`)
  expect(attempts.size).toBe(4096)
})

test('tokens: known ones cost one hash, wrong ones wait like passwords', async () => {
  const { token, line } = newToken()
  const bench = new AuthBench(`bot:* read token=${line}\nann:${SECRET}`)
  const { authenticator } = bench
  expect(authenticator.verifyToken(token, 'a')).toMatchObject({ name: 'bot' })
  for (let i = 0; i < 5; i++) {
    expect(await authenticator.verifyToken(`${token}${i}`, 'a')).toBe('wrong')
  }
  expect(await authenticator.verifyToken('', 'a')).toBe('wrong')
  expect(await authenticator.verifyToken(line, 'a')).toBe('wrong')
  expect(await authenticator.verifyToken('secret', 'a')).toBe('wrong')
  expect(bench.waits.slice(0, 2)).toEqual([100, 200])
  expect(bench.derived).toHaveLength(0)
})

test('whoever was taken out or changed is withdrawn, all others stay as they are', async () => {
  const bench = new AuthBench(`ann:${SECRET}\nbob:${SECRET}\ncem:${SECRET} read\ndan:${SECRET}`)
  const { authenticator } = bench
  const of = async (name: string): Promise<Principal> => {
    return (await authenticator.verify(name, Buffer.from('secret'), name)) as Principal
  }
  const before = await Promise.all(['ann', 'bob', 'cem', 'dan'].map(of))
  const told: string[] = []
  for (const principal of before) principal.whenWithdrawn(() => told.push(principal.name))
  const takeBack = before[1]!.whenWithdrawn(() => told.push('taken back'))
  takeBack()
  authenticator.replace(usersOf(`ann:${SECRET}\nbob:${HIDDEN}\ncem:${SECRET} read write`))
  expect(told).toEqual(['bob', 'cem', 'dan'])
  expect(before.map(({ isWithdrawn }) => isWithdrawn)).toEqual([false, true, true, true])
  for (const principal of before.slice(1)) {
    expect(principal.may('none')).toBe(false)
    expect(principal.has(0)).toBe(false)
    expect(principal.reaches(Buffer.from('k'), 0, 1)).toBe(false)
  }
  // What was remembered of them is forgotten.
  expect(await bench.ask('bob', 'secret')).toBe('wrong')
  expect(await bench.ask('dan', 'secret')).toBe('wrong')
  expect(await bench.ask('bob', 'hidden')).toBe('bob')
  const cem = (await authenticator.verify('cem', Buffer.from('secret'), 'cem')) as Principal
  expect(cem.may('write', Buffer.from('k'))).toBe(true)
})

test('a user that is taken out while it is verified does not get in', async () => {
  const bench = new AuthBench(`ann:${SECRET}\nbob:${SECRET}`)
  const asked = bench.ask('ann', 'secret')
  bench.authenticator.replace(usersOf(`bob:${SECRET}`))
  expect(await asked).toBe('wrong')
  expect(await bench.ask('ann', 'secret')).toBe('wrong')
})
