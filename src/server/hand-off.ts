/**
 * Which hand-off a server uses: `frames` (the accepting thread reads, workers execute) works
 * everywhere and keeps connections alive when a worker dies; `sockets` (each worker reads its own)
 * needs a Node that can transfer a socket to another thread.
 */
import { badOption } from '../engine/errors.ts'

export type HandOff = 'frames' | 'sockets'

/** Node's first releases that transfer sockets: 24.20, 26.6, and all from 27 on. */
export function canTransferSockets(nodeVersion: string, platform: string): boolean {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  if (platform === 'win32')
    return major > 26 || (major === 26 && minor >= 7) || isLate24(nodeVersion)
  return major > 26 || (major === 26 && minor >= 6) || isLate24(nodeVersion)
}

function isLate24(nodeVersion: string): boolean {
  const [major = 0, minor = 0] = nodeVersion.split('.').map(Number)
  return major === 24 && minor >= 20
}

/**
 * @param asked what the options say
 * @throws HeddleError when sockets were asked for and Node cannot
 */
export function pickHandOff(
  asked: 'auto' | HandOff,
  nodeVersion: string = process.versions.node,
  platform: string = process.platform,
): HandOff {
  const can = canTransferSockets(nodeVersion, platform)
  if (asked === 'auto') return can ? 'sockets' : 'frames'
  if (asked === 'sockets' && !can) {
    const why = `Node ${nodeVersion} cannot transfer sockets: use 24.20, 26.6 or later, or 'frames'`
    throw badOption('handOff', asked, why)
  }
  return asked
}
