/**
 * A door of a running server, asked for pictures: the HTTP port by `/stats`, memcached's by
 * `stats`, a Redis port by `INFO`. Whoever is not let in gets an error that says what is missing.
 */
import type { Snapshot } from '../../observe/snapshot.ts'
import { type DoorAddress, placeOf } from './address.ts'
import { Asker } from './asker.ts'
import { httpGet } from './http-get.ts'
import { type Picture, pictureOfInfo, pictureOfSnapshot, pictureOfStats } from './picture.ts'
import { infoOf, isWholeText, type RespValue, readResp, statsOf } from './replies.ts'
import {
  bigKeyTable,
  clientTable,
  connectionTable,
  hotKeyTable,
  slowTable,
  type Table,
  tableOf,
} from './tables.ts'

export interface Door {
  /** `127.0.0.1:8080 (http)`. */
  readonly name: string
  look(): Promise<Picture>
  /** Clients, slow commands, settings: what this door has beside pictures. */
  more(): Promise<readonly Table[]>
  close(): void
}

const REFUSED = 'refuses these credentials'
const CREDENTIALS = 'asks who you are: --user NAME, with HEDDLE_PASSWORD or --password-file'

/** The first of the doors that answers. @throws Error with what each of them said */
export async function openFirst(addresses: readonly DoorAddress[]): Promise<Door> {
  const [door] = await openSome(addresses, 1)
  return door!
}

/** All doors that answer, at least one. @throws Error with what each of them said */
export async function openAll(addresses: readonly DoorAddress[]): Promise<readonly Door[]> {
  return openSome(addresses, addresses.length)
}

async function openSome(addresses: readonly DoorAddress[], most: number): Promise<Door[]> {
  const doors: Door[] = []
  const reasons: string[] = []
  for (const address of addresses) {
    if (doors.length === most) break
    const door = openDoor(address)
    try {
      await door.look()
      doors.push(door)
    } catch (error) {
      door.close()
      reasons.push((error as Error).message)
    }
  }
  if (doors.length > 0) return doors
  const hint = addresses.length === 1 ? '' : '; is it at another --http-port, --redis-port...?'
  throw new Error(reasons.join('; ') + hint)
}

function openDoor(address: DoorAddress): Door {
  if (address.kind === 'http') return httpDoor(address)
  return address.kind === 'redis' ? redisDoor(address) : memcachedDoor(address)
}

function httpDoor(address: DoorAddress): Door {
  return {
    name: placeOf(address),
    look: async () => {
      const text = await bodyOf(address, '/stats')
      try {
        return pictureOfSnapshot(JSON.parse(text) as Snapshot, Date.now())
      } catch {
        throw new Error(`${placeOf(address)} is no heddle: its /stats cannot be read`)
      }
    },
    more: async () => [],
    close: () => {},
  }
}

/** The body of a path. @throws Error that says who may see it, or what was answered */
async function bodyOf(address: DoorAddress, path: string): Promise<string> {
  const { status, text: body } = await httpGet(address, path)
  if (status === 200) return body
  const place = placeOf(address)
  if (status === 401)
    throw new Error(`${place} ${address.user === undefined ? CREDENTIALS : REFUSED}`)
  if (status === 403) throw new Error(`${place} does not let this user see ${path}`)
  throw new Error(`${place} answered ${status} to GET ${path}`)
}

function memcachedDoor(address: DoorAddress): Door {
  const asker = new Asker(address, async (greeted) => {
    if (address.user === undefined) return
    const words = Buffer.from(`${address.user} ${address.password}`)
    const head = Buffer.from(`set auth 0 0 ${words.length}\r\n`)
    const said = await text(greeted, Buffer.concat([head, words, Buffer.from('\r\n')]))
    if (!said.startsWith('STORED')) throw new Error(`${placeOf(address)} ${REFUSED}`)
  })
  const stats = async (of: string) => {
    const said = await text(asker, `stats${of}\r\n`)
    if (/^CLIENT_ERROR unauth/.test(said)) throw new Error(`${placeOf(address)} ${CREDENTIALS}`)
    return statsOf(said)
  }
  return {
    name: placeOf(address),
    look: async () => {
      const general = await stats('')
      if (!general.has('curr_items')) throw new Error(`${placeOf(address)} is no memcached`)
      return pictureOfStats(general, await stats(' slabs'), Date.now())
    },
    more: async () => [
      connectionTable(await stats(' conns')),
      hotKeyTable(await stats(' hotkeys')),
      bigKeyTable(await stats(' bigkeys')),
      tableOf('Settings', ['setting', 'value'], [...(await stats(' settings'))]),
    ],
    close: () => asker.close(),
  }
}

function text(asker: Asker, question: string | Buffer): Promise<string> {
  return asker.ask(question, (bytes) => {
    const said = bytes.toString('utf8')
    return isWholeText(said) ? said : undefined
  })
}

function redisDoor(address: DoorAddress): Door {
  const place = placeOf(address)
  const asker = new Asker(address, async (greeted) => {
    const { user, password } = address
    if (password === undefined) return
    const words = user === undefined ? ['AUTH', password] : ['AUTH', user, password]
    const said = await command(greeted, words)
    if (said instanceof Error) throw new Error(`${place} ${REFUSED}`)
  })
  const ask = async (...words: string[]) => {
    const said = await command(asker, words)
    if (!(said instanceof Error)) return said
    if (said.message.startsWith('NOAUTH')) throw new Error(`${place} ${CREDENTIALS}`)
    throw new Error(`${place} answered ${said.message} to ${words[0]}`)
  }
  return {
    name: place,
    look: async () => pictureOfInfo(infoOf(String(await ask('INFO', 'all'))), Date.now()),
    more: async () => {
      const clients = await command(asker, ['CLIENT', 'LIST'])
      const slow = await command(asker, ['SLOWLOG', 'GET', '10'])
      // Who is no admin sees neither.
      return [
        ...(typeof clients === 'string' ? [clientTable(clients)] : []),
        ...(slow instanceof Error ? [] : [slowTable(slow)]),
      ]
    },
    close: () => asker.close(),
  }
}

function command(asker: Asker, words: readonly string[]): Promise<RespValue> {
  const pieces = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
  const question = `*${words.length}\r\n${pieces.join('')}`
  return asker
    .ask(question, (bytes) => {
      const read = readResp(bytes)
      return read === undefined ? undefined : { value: read.value }
    })
    .then(({ value }) => value)
}
