/** Who asks memcached's port or a Redis port and says who it is; one question and its answer. */
import { type DoorAddress, placeOf } from './address.ts'
import { Asker } from './asker.ts'
import { isWholeText, type RespValue, readResp } from './replies.ts'

export const REFUSED = 'refuses these credentials'
export const CREDENTIALS = 'asks who you are: --user NAME, with HEDDLE_PASSWORD or --password-file'

export function memcachedAsker(address: DoorAddress): Asker {
  return new Asker(address, async (greeted) => {
    if (address.user === undefined) return
    const words = Buffer.from(`${address.user} ${address.password}`)
    const head = Buffer.from(`set auth 0 0 ${words.length}\r\n`)
    const said = await memcachedText(greeted, Buffer.concat([head, words, Buffer.from('\r\n')]))
    if (!said.startsWith('STORED')) throw new Error(`${placeOf(address)} ${REFUSED}`)
  })
}

/** The whole answer of memcached's text protocol. */
export function memcachedText(asker: Asker, question: string | Buffer): Promise<string> {
  return asker.ask(question, (bytes) => {
    const said = bytes.toString('utf8')
    return isWholeText(said) ? said : undefined
  })
}

export function redisAsker(address: DoorAddress): Asker {
  return new Asker(address, async (greeted) => {
    const { user, password } = address
    if (password === undefined) return
    const words = user === undefined ? ['AUTH', password] : ['AUTH', user, password]
    const said = await redisCommand(greeted, words)
    if (said instanceof Error) throw new Error(`${placeOf(address)} ${REFUSED}`)
  })
}

/** The reply to a command; an error reply is an Error. */
export function redisCommand(
  asker: Asker,
  words: readonly (string | Buffer)[],
): Promise<RespValue> {
  const pieces = words.flatMap((word) => {
    const bytes = Buffer.from(word as string)
    return [Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]
  })
  const question = Buffer.concat([Buffer.from(`*${words.length}\r\n`), ...pieces])
  return asker
    .ask(question, (bytes) => {
      const read = readResp(bytes)
      return read === undefined ? undefined : { value: read.value }
    })
    .then(({ value }) => value)
}
