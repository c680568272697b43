/**
 * A door of a running server, asked for pictures: the HTTP port by `/stats`, memcached's by
 * `stats`, a Redis port by `INFO`. Whoever is not let in gets an error that says what is missing.
 */
import type { Snapshot } from '../../observe/snapshot.ts'
import { type DoorAddress, placeOf } from './address.ts'
import { memcachedAsker, memcachedText, redisAsker, redisCommand } from './askers.ts'
import { CREDENTIALS, REFUSED } from './askers.ts'
import { httpGet } from './http-get.ts'
import { type Picture, pictureOfInfo, pictureOfSnapshot, pictureOfStats } from './picture.ts'
import { infoOf, statsOf } from './replies.ts'
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
  const asker = memcachedAsker(address)
  const stats = async (of: string) => {
    const said = await memcachedText(asker, `stats${of}\r\n`)
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

function redisDoor(address: DoorAddress): Door {
  const place = placeOf(address)
  const asker = redisAsker(address)
  const ask = async (...words: string[]) => {
    const said = await redisCommand(asker, words)
    if (!(said instanceof Error)) return said
    if (said.message.startsWith('NOAUTH')) throw new Error(`${place} ${CREDENTIALS}`)
    throw new Error(`${place} answered ${said.message} to ${words[0]}`)
  }
  return {
    name: place,
    look: async () => pictureOfInfo(infoOf(String(await ask('INFO', 'all'))), Date.now()),
    more: async () => {
      const clients = await redisCommand(asker, ['CLIENT', 'LIST'])
      const slow = await redisCommand(asker, ['SLOWLOG', 'GET', '10'])
      // Who is no admin sees neither.
      return [
        ...(typeof clients === 'string' ? [clientTable(clients)] : []),
        ...(slow instanceof Error ? [] : [slowTable(slow)]),
      ]
    },
    close: () => asker.close(),
  }
}
