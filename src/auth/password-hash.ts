/**
 * Passwords as they are kept: scrypt, in the form that passlib and the PHC string format have.
 *
 *   $scrypt$ln=14,r=8,p=5$<salt>$<32 bytes of hash>     base64 without padding
 *
 * ln is the binary logarithm of N. What a new hash costs is what OWASP advises at 16 MiB: 150 ms of
 * one core of the machine this was written on. A guess costs an attacker the same, and libuv's
 * pool computes it, so no event loop waits.
 */
import { randomBytes, scrypt } from 'node:crypto'

export interface ScryptHash {
  /** log2 of N, and scrypt's r and p. */
  readonly ln: number
  readonly r: number
  readonly p: number
  readonly salt: Uint8Array
  readonly hash: Uint8Array
}

const PREFIX = '$scrypt$'
const NEW = { ln: 14, r: 8, p: 5 }
const SALT_BYTES = 16
const HASH_BYTES = 32
const LEAST_LN = 10
const MOST_R = 32
const MOST_P = 16
const LEAST_SALT_BYTES = 8
const MOST_SALT_BYTES = 64
/** scrypt needs 128 * N * r bytes; a line of a file must not take a machine's memory. */
const MOST_BYTES = 128 * 1024 * 1024
/** And the most memory, 16 times over, would take seconds. */
const MOST_WORK = 16 * 2 ** 14 * 8
const PATTERN =
  /^\$scrypt\$ln=([0-9]{1,2}),r=([0-9]{1,2}),p=([0-9]{1,2})\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/

/** What `heddle hash-password` prints. */
export async function hashPassword(password: Uint8Array): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const hash = await derive(password, { ...NEW, salt })
  return `${PREFIX}ln=${NEW.ln},r=${NEW.r},p=${NEW.p}$${base64(salt)}$${base64(hash)}`
}

/** Whether text is meant to be a hash, and not a password. */
export function looksHashed(text: string): boolean {
  return text.startsWith(PREFIX)
}

/** Reads a hash; text: what is wrong with it, without showing it. */
export function readHash(text: string): ScryptHash | string {
  const match = PATTERN.exec(text)
  if (match === null) return `it is not of the form ${PREFIX}ln=14,r=8,p=5$salt$hash`
  const [ln = 0, r = 0, p = 0] = match.slice(1, 4).map(Number)
  const salt = Buffer.from(match[4]!, 'base64')
  const hash = Buffer.from(match[5]!, 'base64')
  if (r < 1 || r > MOST_R) return `its r is ${r}, and must be 1 to ${MOST_R}`
  if (p < 1 || p > MOST_P) return `its p is ${p}, and must be 1 to ${MOST_P}`
  if (ln < LEAST_LN) return `its ln is ${ln}, and must be ${LEAST_LN} or more`
  if (memoryOf(ln, r) > MOST_BYTES) {
    return `ln=${ln},r=${r} would take ${memoryOf(ln, r)} bytes, and the most is ${MOST_BYTES}`
  }
  if (2 ** ln * r * p > MOST_WORK) {
    return `N*r*p is ${2 ** ln * r * p}, and the most is ${MOST_WORK}`
  }
  if (salt.length < LEAST_SALT_BYTES || salt.length > MOST_SALT_BYTES) {
    const range = `${LEAST_SALT_BYTES} to ${MOST_SALT_BYTES}`
    return `its salt has ${salt.length} bytes, and must have ${range}`
  }
  if (hash.length !== HASH_BYTES) {
    return `its hash has ${hash.length} bytes, and must have ${HASH_BYTES}`
  }
  return { ln, r, p, salt, hash }
}

/** A hash that no password has: to be computed for users that do not exist. */
export function decoyHash(like: Pick<ScryptHash, 'ln' | 'r' | 'p'> = NEW): ScryptHash {
  const { ln, r, p } = like
  return { ln, r, p, salt: randomBytes(SALT_BYTES), hash: randomBytes(HASH_BYTES) }
}

/** scrypt of a password, in libuv's pool. */
export function derive(
  password: Uint8Array,
  { ln, r, p, salt }: Omit<ScryptHash, 'hash'>,
): Promise<Buffer> {
  const options = { N: 2 ** ln, r, p, maxmem: 2 * memoryOf(ln, r) + 1024 * 1024 }
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, options, (error, hash) => {
      if (error === null) resolve(hash)
      else reject(error)
    })
  })
}

function memoryOf(ln: number, r: number): number {
  return 128 * 2 ** ln * r
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replace(/=+$/, '')
}
