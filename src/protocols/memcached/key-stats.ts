/**
 * stats hotkeys, stats bigkeys: which keys are used most, which values are largest. memcached has
 * no such topics; the lines are built as those of `stats items`. Keys are percent-encoded, as in a
 * metadump: other clients may have put anything in them.
 */
import { bigKeysOf, hotKeysOf } from '../../engine/hot-keys/report.ts'
import type { ClientSession } from './client-session.ts'
import type { StatLine } from './stats.ts'

const MOST_KEYS = 32
const SHARE_DIGITS = 6

export function hotKeyStats({ raw: { session } }: ClientSession): StatLine[] {
  if (session.handle.hotKeys === undefined) return [['hotkeys_status', 'disabled']]
  const { perSample, halfLifeMs } = session.handle.hotKeys
  const lines: StatLine[] = [
    ['hotkeys_status', 'enabled'],
    ['hotkeys_uses_per_sample', perSample],
    ['hotkeys_half_life_ms', halfLifeMs],
  ]
  for (const [index, hot] of hotKeysOf(session, MOST_KEYS).entries()) {
    const name = `hotkeys:${index + 1}:`
    lines.push(
      [`${name}key`, encodeURIComponent(hot.key)],
      [`${name}space`, hot.space],
      [`${name}uses`, hot.uses],
      [`${name}least_uses`, hot.leastUses],
      [`${name}most_uses`, hot.mostUses],
      [`${name}share`, hot.share.toFixed(SHARE_DIGITS)],
    )
  }
  return lines
}

export function bigKeyStats({ raw: { session } }: ClientSession): StatLine[] {
  if (session.handle.hotKeys === undefined) return [['bigkeys_status', 'disabled']]
  const lines: StatLine[] = [['bigkeys_status', 'enabled']]
  for (const [index, big] of bigKeysOf(session, MOST_KEYS).entries()) {
    const name = `bigkeys:${index + 1}:`
    lines.push(
      [`${name}key`, encodeURIComponent(big.key)],
      [`${name}space`, big.space],
      [`${name}bytes`, big.bytes],
    )
  }
  return lines
}
