/**
 * `heddle hash-password`: turns a password into what the file of users keeps of it. The password
 * comes from stdin and nowhere else, since others see the arguments of a process.
 */
import { hashPassword } from '../auth/password-hash.ts'
import { newToken } from '../auth/token.ts'

const USAGE = `heddle hash-password: what the file of --auth-file keeps of a password

Usage: heddle hash-password < FILE        reads a password, prints its hash
       heddle hash-password --token       makes a token for HTTP's Bearer scheme

The hash goes behind the name in the file:    ann:$scrypt$ln=14,... read write
A token is printed once, and what the file keeps of it below.
`
/** A password has less; whoever sends more sends something else. */
const MOST_BYTES = 512

/** @returns the exit code: 0, 1 for a password that cannot be one, 2 for wrong arguments */
export async function hashPasswordCommand(argv: readonly string[]): Promise<number> {
  const print = (text: string) => process.stdout.write(text)
  const complain = (text: string) => process.stderr.write(`heddle hash-password: ${text}\n`)
  const [argument, ...rest] = argv
  if (argument === '--help' || argument === '-h') {
    print(USAGE)
    return 0
  }
  if (argument === '--token' && rest.length === 0) {
    const { token, line } = newToken()
    print(`${token}\ntoken=${line}\n`)
    return 0
  }
  if (argument !== undefined) {
    complain('it takes no argument but --token: a password is read from stdin')
    return 2
  }
  const password = await readPassword()
  if (password === undefined) {
    complain(`the password has more than ${MOST_BYTES} bytes, or more than one line`)
    return 1
  }
  if (password.length === 0) {
    complain('the password is empty')
    return 1
  }
  print(`${await hashPassword(password)}\n`)
  return 0
}

/** The one line of stdin, without its end; undefined: it is no password. */
async function readPassword(): Promise<Buffer | undefined> {
  if (process.stdin.isTTY) process.stderr.write('Password (it is shown as you type): ')
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length > MOST_BYTES + 2 || (process.stdin.isTTY && chunk.includes('\n'))) break
  }
  const text = Buffer.concat(chunks)
  const end = text.indexOf('\n')
  const line = text.subarray(0, end < 0 ? text.length : end)
  const password = line.at(-1) === 13 ? line.subarray(0, -1) : line
  const isOneLine = end < 0 || end === text.length - 1
  return isOneLine && password.length <= MOST_BYTES ? password : undefined
}
