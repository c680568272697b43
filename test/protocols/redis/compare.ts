/** Replies of two servers to the same random commands, in the form in which they must be equal. */
import { replyEnd } from './resp.ts'

/** The replies to a batch, one by one. */
export function splitReplies(replies: string): string[] {
  const bytes = Buffer.from(replies, 'latin1')
  const found: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = replyEnd(bytes, at)
    if (end < 0) throw new Error(`half a reply: ${JSON.stringify(replies.slice(at, at + 200))}`)
    found.push(bytes.toString('latin1', at, end))
    at = end
  }
  return found
}

/** The first command of a batch that is answered differently, as text; undefined: none is. */
export function unlike(
  batch: readonly (readonly Buffer[])[],
  ours: readonly string[],
  theirs: readonly string[],
): string | undefined {
  if (ours.length !== theirs.length) return `${ours.length} replies, not ${theirs.length}`
  for (const [at, words] of batch.entries()) {
    const name = words[0]!.toString()
    const [reply, expected] = [shape(name, ours[at]!), shape(name, theirs[at]!)]
    if (reply === expected) continue
    const request = words.map((word) => word.toString('latin1'))
    const texts = [request, reply, expected].map((value) => JSON.stringify(value))
    return `command ${at} of the batch:\n${texts.join('\n')}`
  }
  return undefined
}

/** What is compared: keys in one order, times without what passed between the two. */
function shape(name: string, reply: string): string {
  if (name === 'KEYS') return reply.split('\r\n').sort().join(' ')
  if (name === 'EXPIRETIME' || name === 'PEXPIRETIME') return `:${reply.length}`
  return reply
}
