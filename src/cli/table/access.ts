/** The option table: who may get in. */
import { type FlagGroup, plain, yesOrNo } from '../flag.ts'

export const ACCESS: FlagGroup = {
  title: 'Who may get in',
  flags: [
    {
      name: 'auth-file',
      short: 'Y',
      value: 'FILE',
      help: 'users: name:password and their rights, a line each',
      more:
        'Passwords as text or as `heddle hash-password` prints them; src/auth/README.md has the ' +
        'form. Read again on SIGHUP: connections of users that are gone or changed are closed.',
      option: 'serve.authFile',
      allowed: { text: 'a file of users that can be read' },
      read: plain,
    },
    {
      name: 'insecure',
      help: 'listen beyond this machine without users',
      more:
        'Without it, and without `auth-file`, an address that other machines reach is refused, ' +
        'as is a unix socket that every user of this machine may write to.',
      option: 'serve.insecure',
      standard: false,
      read: yesOrNo,
    },
    {
      name: 'unix-socket-mode',
      short: 'a',
      value: 'OCTAL',
      help: 'who may connect to the unix socket (700)',
      option: 'serve.unixSocketMode',
      standard: '700',
      allowed: { text: 'three octal digits, 000 to 777' },
      read: plain,
    },
  ],
}
