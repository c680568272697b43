/**
 * A sample of a running server's uses of keys: MONITOR of a Redis port, or `watch` of a memcached
 * port, listened to for some seconds. Both show every command to whoever may administrate, and cost
 * the server a line for each while somebody listens; so this is for seconds, not for days. Kept is
 * a bounded sample, here, whatever the server does. Afterwards a Redis port is asked for the sizes
 * of some values that no write has told.
 */
import { type ReadLine, readMonitorLine, watchReader } from '../../plan/monitor-lines.ts'
import { Sample, type SampleBounds } from '../../plan/sample.ts'
import { type DoorAddress, placeOf } from '../watch/address.ts'
import type { Asker } from '../watch/asker.ts'
import { memcachedAsker, redisAsker, redisCommand } from '../watch/askers.ts'

export interface ServerSample {
  readonly sample: Sample
  /** How long it listened, in seconds. */
  readonly seconds: number
  /** Lines that were not understood. */
  readonly strange: number
  /** The server closed the connection before the time was over. */
  readonly isCut: boolean
}

/** Of so many keys at most the size is asked for. */
const MOST_SIZES = 500

/** @throws Error saying which server refused what */
export async function sampleServer(
  address: DoorAddress,
  seconds: number,
  bounds: SampleBounds,
): Promise<ServerSample> {
  const isRedis = address.kind === 'redis'
  const asker = isRedis ? redisAsker(address) : memcachedAsker(address)
  const sample = new Sample(bounds)
  const begun = performance.now()
  try {
    const question = isRedis ? '*1\r\n$7\r\nMONITOR\r\n' : 'watch fetchers mutations\r\n'
    const readLine = isRedis ? readMonitorLine : watchReader()
    const { strange, isCut } = await listen(asker, address, question, seconds, readLine, sample)
    const listened = (performance.now() - begun) / 1000
    asker.close()
    if (isRedis) await learnSizes(address, sample)
    return { sample, seconds: listened, strange, isCut }
  } finally {
    asker.close()
  }
}

async function listen(
  asker: Asker,
  address: DoorAddress,
  question: string,
  seconds: number,
  readLine: ReadLine,
  sample: Sample,
): Promise<{ strange: number; isCut: boolean }> {
  let rest = ''
  let strange = 0
  let isTold = false
  let refusal: string | undefined
  const isWhole = await asker.listen(question, seconds * 1000, (bytes) => {
    const lines = (rest + bytes.toString('latin1')).split('\n')
    rest = lines.pop()!
    for (const whole of lines) {
      const line = whole.replace(/^\+/, '').replace(/\r$/, '')
      if (!isTold) {
        if (line !== 'OK') refusal = line
        isTold = true
      } else if (!readLine(line, sample)) strange++
    }
    return refusal === undefined
  })
  if (refusal !== undefined) {
    const name = question.includes('watch') ? 'watch' : 'MONITOR'
    throw new Error(`${placeOf(address)} answered ${refusal} to ${name}: it is an administrator's`)
  }
  return { strange, isCut: !isWhole }
}

/** Values whose length no write has told. What is no string has none. */
async function learnSizes(address: DoorAddress, sample: Sample): Promise<void> {
  const asker = redisAsker(address)
  let left = MOST_SIZES
  try {
    for (const key of sample.unknown()) {
      if (left-- === 0) break
      const length = await redisCommand(asker, ['STRLEN', Buffer.from(key, 'latin1')])
      if (typeof length === 'number' && length > 0) sample.learn(key, length)
    }
  } finally {
    asker.close()
  }
}
