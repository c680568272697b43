/** The file of users: what a line means, and what is said of one that means nothing. */
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { AuthFileError, parseAuthFile, type UserRecord } from '../../src/auth/auth-file.ts'
import { decoyHash } from '../../src/auth/password-hash.ts'
import { ADMIN, EVERYTHING, READ, WRITE } from '../../src/auth/principal.ts'

const HASH =
  '$scrypt$ln=14,r=8,p=5$c2FsdHNhbHRzYWx0c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
const TOKEN = 'abcdefghijklmnopqrstuvwxyz012345'

const read = (text: string): UserRecord[] => parseAuthFile(Buffer.from(text))
const sha = (text: string): Uint8Array => {
  return new Uint8Array(createHash('sha256').update(text).digest())
}

function refusalOf(text: string | Buffer): string {
  try {
    parseAuthFile(Buffer.from(text))
  } catch (error) {
    expect(error).toBeInstanceOf(AuthFileError)
    return (error as Error).message
  }
  throw new Error(`taken: ${String(text).slice(0, 100)}`)
}

test("memcached's lines read and write every key, and keep no password as text", () => {
  const [ann, bob] = read('ann:secret\r\nbob:a:b\n')
  expect(ann).toMatchObject({ name: 'ann', rights: { bits: READ | WRITE, prefixes: [] } })
  expect(ann!.password).toEqual({ kind: 'plain', digest: Buffer.from(sha('secret')) })
  expect(bob!.password).toEqual({ kind: 'plain', digest: Buffer.from(sha('a:b')) })
  expect(JSON.stringify([ann, bob])).not.toMatch(/secret|a:b/)
})

test('rights, prefixes, tokens and comments, in any order', () => {
  const users = read(`
    # who may do what
    ro:${HASH}   read
    w:x write
    app:x prefix=app: read\tprefix=a%20b%25 write
    ops:x admin
    both:x admin read
    bot:* token=${TOKEN} read
  `)
  const bits = users.map(({ name, rights }) => [name, rights.bits])
  expect(bits).toEqual([
    ['ro', READ],
    ['w', WRITE],
    ['app', READ | WRITE],
    ['ops', EVERYTHING],
    ['both', EVERYTHING],
    ['bot', READ],
  ])
  expect(EVERYTHING & ADMIN).toBe(ADMIN)
  const prefixes = users[2]!.rights.prefixes.map((prefix) => Buffer.from(prefix).toString())
  expect(prefixes).toEqual(['app:', 'a b%'])
  expect(users[0]!.password).toMatchObject({ kind: 'scrypt', ln: 14, r: 8, p: 5 })
  expect(users[5]).toMatchObject({ password: { kind: 'none' }, tokens: [sha(TOKEN)] })
})

test('a token may be a hash of itself, and is the same then', () => {
  const hash = Buffer.from(sha(TOKEN)).toString('base64').replace('=', '')
  const [text] = read(`a:* token=${TOKEN}`)
  const [hashed] = read(`a:* token=$sha256$${hash}`)
  expect(hashed!.tokens).toEqual(text!.tokens)
})

test('the fingerprint follows what matters, and not the order of words', () => {
  const of = (line: string): string => read(line)[0]!.fingerprint
  expect(of('a:x read write')).toBe(of('  a:x   write  read'))
  for (const other of ['a:y read write', 'a:x read', 'a:x read write prefix=p']) {
    expect(of(other)).not.toBe(of('a:x read write'))
  }
})

test.each([
  ['ann', /^line 1: user: a line begins with name:password$/],
  ['a:x\n\n:x', /^line 3: user: a name has printable ASCII/],
  ['jürgen:x', /^line 1: user: a name has printable ASCII/],
  [`${'n'.repeat(65)}:x`, /^line 1: user: a name has at most 64 characters, not 65$/],
  ['ann:', /^line 1: password: it is empty; '\*' stands for none$/],
  ['ann:*', /^line 1: password: '\*' is none, and there is no token either$/],
  [`ann:${'p'.repeat(513)}`, /^line 1: password: it has 513 bytes, and the most is 512$/],
  ['ann:$scrypt$ln=14', /^line 1: password: it is not of the form \$scrypt\$ln=/],
  ['a:x\na:y', /^line 2: user: 'a' has a line already$/],
  ['a:x read read', /^line 1: right: read stands there twice/],
  ['a:x raed', /^line 1: right: word 2 is none of read, .*; did you mean read\? \(a pass/],
  ['a:x read prefix=', /^line 1: prefix: it is empty: leave it out for every key$/],
  ['a:x prefix=%zz', /^line 1: prefix: '%zz': two hexadecimal digits/],
  [`a:x prefix=${'k'.repeat(251)}`, /^line 1: prefix: it has 251 bytes, and the most is 250/],
  [`a:x${' prefix=p'.repeat(33)}`, /^line 1: prefix: more than 32$/],
  ['a:x admin prefix=p', /^line 1: prefix: whoever administers reaches every key/],
  ['a:x token=short', /^line 1: token: it has 5 characters, and must have 32 to 256/],
  ['a:x token=$sha256$abc', /^line 1: token: it is not of the form \$sha256\$/],
  [`a:x token=${'ü'.repeat(32)}`, /^line 1: token: it has characters that no Bearer/],
  [`a:x token=${TOKEN}\nb:x token=${TOKEN}`, /^line 2: token: 'a' has the same one$/],
  ['# nobody', /^it has no user: nobody could get in$/],
  [Buffer.of(0x61, 0x3a, 0xff), /^it is no UTF-8 text$/],
  ['#'.repeat(4 * 1024 * 1024 + 1), /^it has 4194305 bytes, and the most is 4194304$/],
])('refused: %.40s', (text, expected) => {
  expect(refusalOf(text)).toMatch(expected)
})

test('what may be a piece of a password is in no message', () => {
  expect(refusalOf('ann:pass verysecret')).not.toContain('verysecret')
  expect(refusalOf('ann:$scrypt$verysecret')).not.toContain('verysecret')
  expect(refusalOf('ann:x token=verysecret')).not.toContain('verysecret')
  expect(refusalOf('verysecret')).not.toContain('verysecret')
})

test('ten thousand users and no more', () => {
  const lines = Array.from({ length: 10_000 }, (_, i) => `u${i}:x`).join('\n')
  expect(read(lines)).toHaveLength(10_000)
  expect(refusalOf(`${lines}\none:x`)).toMatch(/line 10001: user: there are more than 10000$/)
})

test.each([
  ['ln=9,r=8,p=1', 'its ln is 9, and must be 10 or more'],
  ['ln=18,r=8,p=1', 'would take 268435456 bytes, and the most is 134217728'],
  ['ln=14,r=33,p=1', 'its r is 33, and must be 1 to 32'],
  ['ln=14,r=8,p=17', 'its p is 17, and must be 1 to 16'],
  ['ln=17,r=8,p=3', 'N*r*p is 3145728, and the most is 2097152'],
])('a hash that would cost too much or too little is refused: %s', (costs, why) => {
  const line = `a:${HASH.replace('ln=14,r=8,p=5', costs)}`
  expect(refusalOf(line)).toContain('line 1: password: ')
  expect(refusalOf(line)).toContain(why)
})

test('a decoy costs what its model costs, and has another salt and hash each time', () => {
  const [one, two] = [decoyHash({ ln: 11, r: 4, p: 2 }), decoyHash({ ln: 11, r: 4, p: 2 })]
  expect(one).toMatchObject({ ln: 11, r: 4, p: 2 })
  expect(one.hash).not.toEqual(two.hash)
  expect(one.salt).not.toEqual(two.salt)
})
