/**
 * Connections by the address that they come from, for the limit per address. Of the accepting
 * thread, which hears of what workers close only by the connection board: an address is counted
 * again, by looking at its slots there, when it has reached the limit, and a slot that is given
 * anew leaves the address that it belonged to. So what is kept is bounded by the slots.
 *
 * An IPv6 address counts by its first 64 bits, since whoever has one has all of those.
 */
import { isIPv6 } from 'node:net'
import type { ConnectionBoard } from './connection-board.ts'

const GROUPS = 8
const NETWORK_GROUPS = 4
const MAPPED_IPV4 = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i

export class AddressCounts {
  readonly #board: ConnectionBoard
  readonly #most: number
  /** By address: its slots, and the id that the connection had there. */
  readonly #slots = new Map<string, Map<number, number>>()
  readonly #addresses: (string | undefined)[] = []

  /** @param most connections of one address; 0: any number */
  constructor(board: ConnectionBoard, most: number) {
    this.#board = board
    this.#most = most
  }

  /** Addresses of which anything is kept. */
  get size(): number {
    return this.#slots.size
  }

  hasRoom(address: string): boolean {
    const slots = this.#slots.get(addressGroup(address))
    if (this.#most === 0 || slots === undefined || slots.size < this.#most) return true
    for (const [slot, id] of slots) {
      if (!this.#board.isOpen(slot) || this.#board.idOf(slot) !== id) this.#leave(slot)
    }
    return slots.size < this.#most
  }

  /** A connection of this address has the slot from now on. */
  took(address: string, slot: number): void {
    if (this.#most === 0) return
    this.#leave(slot)
    const group = addressGroup(address)
    const slots = this.#slots.get(group) ?? new Map<number, number>()
    slots.set(slot, this.#board.idOf(slot))
    this.#slots.set(group, slots)
    this.#addresses[slot] = group
  }

  #leave(slot: number): void {
    const group = this.#addresses[slot]
    if (group === undefined) return
    this.#addresses[slot] = undefined
    const slots = this.#slots.get(group)
    slots?.delete(slot)
    if (slots?.size === 0) this.#slots.delete(group)
  }
}

/** What counts as one address. */
export function addressGroup(address: string): string {
  const [, ipv4] = MAPPED_IPV4.exec(address) ?? []
  if (ipv4 !== undefined) return ipv4
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.replace(/%.*$/, '').split('::')
  const groups = head.split(':').filter((group) => group !== '')
  const after = (tail ?? '').split(':').filter((group) => group !== '')
  while (tail !== undefined && groups.length + after.length < GROUPS) groups.push('0')
  return `${[...groups, ...after].slice(0, NETWORK_GROUPS).join(':')}::/64`
}
