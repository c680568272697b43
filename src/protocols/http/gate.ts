/**
 * Who may do what over HTTP: the question that the protocol asks. What answers it (users, hashes,
 * rights by key prefix) is not its business; without users everybody may everything.
 */

/** What a route needs: `none` is for whoever asks. */
export type Right = 'none' | 'read' | 'write' | 'admin'

/** Somebody who asks, as far as it is known who. */
export interface Caller {
  /** What logs may call them. */
  readonly name: string
  /** @param key of the entry that the right is wanted for; undefined: for all of them */
  may(right: Right, key?: Uint8Array): boolean
}

export interface Gate {
  /** Whether there are users at all: then a refusal says how to say who one is. */
  readonly hasUsers: boolean
  /** Somebody is refused what they have no right to: to be counted. */
  denied?(): void
  /**
   * Who asks. Hashing takes its time elsewhere; when too much of it waits, a Problem is thrown.
   * @param authorization the header, if there is one
   * @returns undefined: the credentials are wrong. Without a header it is somebody unknown, who may
   * perhaps nothing but what is for everybody.
   */
  callerOf(
    authorization: string | undefined,
    address: string,
  ): Caller | undefined | Promise<Caller | undefined>
}

const EVERYBODY: Caller = { name: 'default', may: () => true }

/** No users: everybody may everything. */
export const OPEN_GATE: Gate = { hasUsers: false, callerOf: () => EVERYBODY }
