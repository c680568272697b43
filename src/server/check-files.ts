/** The files that a server reads when it starts and at SIGHUP, read without one. */
import type { ResolvedServeOptions } from './options.ts'
import { readTlsMaterial } from './tls-material.ts'
import { readUsers } from './user-keeper.ts'

/** @throws HeddleError that names the file at fault, and the line of the file of users */
export function checkFiles({ tls, auth }: ResolvedServeOptions): void {
  if (tls !== undefined) readTlsMaterial(tls.files)
  if (auth.file !== undefined) readUsers(auth.file)
}
