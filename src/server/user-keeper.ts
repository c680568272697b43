/**
 * The users of a running server, in the thread that accepts: read from their file before anybody is
 * served, read again when an operator asks, and given to all workers. A file that is bad when it is
 * read again changes nothing: the users that there were stay.
 */
import { readFileSync, statSync } from 'node:fs'
import { parseAuthFile, type UserRecord } from '../auth/auth-file.ts'
import { badOption } from '../engine/errors.ts'
import type { Crew } from './crew.ts'
import type { Notices } from './notices.ts'

const OTHERS_READ = 0o044

/** @throws HeddleError that names line and field */
export function readUsers(path: string): readonly UserRecord[] {
  try {
    return parseAuthFile(readFileSync(path))
  } catch (error) {
    const { message } = error as Error
    const why = 'code' in (error as Error) ? `it cannot be read: ${message}` : message
    throw badOption('authFile', path, why)
  }
}

export class UserKeeper {
  readonly #path: string
  readonly #crew: Crew
  readonly #notices: Notices
  #users: readonly UserRecord[] = []

  constructor(path: string, crew: Crew, notices: Notices) {
    this.#path = path
    this.#crew = crew
    this.#notices = notices
  }

  get users(): readonly UserRecord[] {
    return this.#users
  }

  /** What the file has now. @throws HeddleError that names line and field */
  read(): readonly UserRecord[] {
    return readUsers(this.#path)
  }

  /** From now on these are the users, in all workers. */
  keep(users: readonly UserRecord[]): void {
    this.#users = users
    this.#crew.postAll({ kind: 'users', users })
    const concern = this.#concern()
    if (concern !== undefined) this.#notices.note('users', concern)
  }

  /** What an operator should know of the file of the moment. */
  #concern(): string | undefined {
    const plain = this.#users.find(({ password }) => password.kind === 'plain')
    const { mode } = statSync(this.#path, { throwIfNoEntry: false }) ?? { mode: 0 }
    if (plain === undefined || (mode & OTHERS_READ) === 0) return undefined
    const where = `${this.#path} has mode ${(mode & 0o777).toString(8)}`
    return `other users of this machine can read passwords that are not hashed: ${where}`
  }
}
