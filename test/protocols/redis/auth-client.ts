/** Redis connections with users in a test: waits while a password is verified. */
import { AuthBench, SECRET } from '../../auth/support.ts'
import { type InProcessClient, RedisBench } from './support.ts'

export const USERS = `
  default:adm admin
  ann:${SECRET} prefix=a:
  ro:${SECRET} read
  wo:${SECRET} write
`
export interface Peer {
  ask(bytes: Buffer): Promise<string>
}

export class AuthRedis {
  readonly bench = new RedisBench()
  readonly auth: AuthBench

  constructor(users = USERS) {
    this.auth = new AuthBench(users)
    this.bench.host.authenticator = this.auth.authenticator
  }

  connect(slot?: number): Peer & { client: InProcessClient } {
    const client = this.bench.connect(slot)
    return { client, ask: (bytes) => this.settle(client, client.feed(bytes)) }
  }

  /** Replies so far, and those that come once passwords are verified. */
  async settle(client: InProcessClient, replies: string): Promise<string> {
    let all = replies
    const { slot } = client.connection.client
    while (client.connection.isPaused) {
      const { served } = this.bench.host
      while (!served.includes(slot)) await new Promise((done) => setTimeout(done, 1))
      served.splice(0)
      all += client.feed(Buffer.alloc(0))
    }
    return all
  }
}

export const NOBODY = '-NOAUTH Authentication required.'
/** What a user hears that may not run a command. */
export function no(name: string): string {
  return `-NOPERM this user has no permissions to run the '${name}' command`
}
