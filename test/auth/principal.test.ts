/** What a principal may do: rights times prefixes. */
import { expect, test } from 'vitest'
import { callerOf } from '../../src/auth/http-credentials.ts'
import { Principal, type Right } from '../../src/auth/principal.ts'
import { AuthBench, SECRET, usersOf } from './support.ts'

const RIGHTS: readonly Right[] = ['none', 'read', 'write', 'admin']

function principalOf(line: string): Principal {
  const [{ name, rights }] = usersOf(line)
  return new Principal(name, rights)
}

/** The rights that it has on a key, and those without a key: on all. */
function rightsOf(line: string, key?: string): string {
  const principal = principalOf(line)
  const bytes = key === undefined ? undefined : Buffer.from(key)
  return RIGHTS.filter((right) => principal.may(right, bytes)).join(' ')
}

test.each([
  ['a:x', 'none read write', 'none read write', 'none read write'],
  ['a:x read', 'none read', 'none read', 'none read'],
  ['a:x write', 'none write', 'none write', 'none write'],
  ['a:x admin', 'none read write admin', 'none read write admin', 'none read write admin'],
  ['a:x prefix=p:', 'none read write', 'none', 'none'],
  ['a:x read prefix=p: prefix=q', 'none read', 'none', 'none'],
])('%s', (line, onItsKey, onAnother, onAll) => {
  expect(rightsOf(line, 'p:1')).toBe(onItsKey)
  expect(rightsOf(line, 'p')).toBe(onAnother)
  expect(rightsOf(line, 'P:1')).toBe(onAnother)
  expect(rightsOf(line, '')).toBe(onAnother)
  expect(rightsOf(line)).toBe(onAll)
})

test('a key is looked at where it lies', () => {
  const principal = principalOf('a:x prefix=p:')
  const bytes = Buffer.from('xxp:1')
  expect(principal.reaches(bytes, 2, 5)).toBe(true)
  expect(principal.reaches(bytes, 2, 4)).toBe(true)
  expect(principal.reaches(bytes, 2, 3)).toBe(false)
  expect(principal.reaches(bytes, 1, 5)).toBe(false)
})

const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`

test('HTTP: Basic, Bearer, nobody, and what is neither', async () => {
  const token = 't'.repeat(32)
  const bench = new AuthBench(`ann:${SECRET}\nbot:* read token=${token}`)
  const ask = async (header?: string): Promise<string> => {
    const verdict = await callerOf(bench.authenticator, header, header ?? '')
    return verdict instanceof Principal ? `user ${verdict.name}` : verdict
  }
  expect(await ask()).toBe('user ')
  expect(await ask(basic('ann:secret'))).toBe('user ann')
  expect(await ask(basic('ann:secret').replace('Basic', 'bAsIc'))).toBe('user ann')
  expect(await ask(`Bearer ${token}`)).toBe('user bot')
  const attacks = [
    basic('ann:wrong'),
    basic('ann'),
    basic('ann:secret:'),
    'Basic',
    'Basic !!!',
    'Basic  ',
    `Bearer ${token}x`,
    `Bearer ${token} x`,
    'Bearer',
    `Digest ${token}`,
    token,
    '',
    `Bearer ${'x'.repeat(100_000)}`,
  ]
  for (const attack of attacks) expect(await ask(attack), attack.slice(0, 40)).toBe('wrong')
  const nobody = (await callerOf(bench.authenticator, undefined, '')) as Principal
  expect(RIGHTS.filter((right) => nobody.may(right, Buffer.from('k')))).toEqual(['none'])
})
