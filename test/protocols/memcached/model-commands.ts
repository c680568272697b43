/** Commands for the model-based test of the protocol: how they are made, sent and played. */
import fc from 'fast-check'
import { sizeClasses } from '../../../native-layout/size-classes.ts'
import type { MapCache, Storing } from './map-cache.ts'

export const MOST_BYTES = 40_000
/** Of a cache of 2 MiB, and of one of 8 MiB. */
const CLASSES = sizeClasses(16 * 1024).bytes
const LENGTHS = [1, 2, 3, 4, 7, 8, 31, 32, 249, 250]
export const KEYS: readonly string[] = [
  ...LENGTHS.map((length) => 'k'.repeat(length)),
  ...['gr\xfcn', 'noreply', '0'],
]
/** Larger than any CAS that the server chooses. */
export const OWN_CAS: readonly string[] = ['9223372036854775809', '18446744073709551615']

/** Which CAS a command asks for: that of the entry, one that it had, 0, or one of OWN_CAS. */
export type CasChoice = 'now' | 'stale' | 'zero' | 'own'
/** A text, and how often it is repeated: short to print. */
type Repeated = readonly [string, number]
type Keyed = { readonly keys: readonly string[] }
export type Command = Keyed &
  (
    | { kind: 'advance'; ms: number }
    | { kind: 'store'; how: Storing; value: Repeated; flags: number; time: number; cas: CasChoice }
    | { kind: 'retrieve'; hasCas: boolean; time: number | undefined }
    | { kind: 'count'; by: bigint; isDown: boolean }
    | { kind: 'touch'; time: number }
    | { kind: 'delete' }
    | { kind: 'flush'; delay: number | undefined }
    | { kind: 'mg' | 'md' | 'ma'; flags: readonly string[]; cas: CasChoice }
    | { kind: 'ms'; value: Repeated; flags: readonly string[]; cas: CasChoice }
  )

/** What is asked of a server. */
export type Asked = Exclude<Command, { kind: 'advance' }>

/** The text of a command and the model's reply to it; `cas` stands for its choice. */
export function playOn(
  model: MapCache,
  command: Asked,
  cas: string,
): { request: string; reply: string } {
  const [key = ''] = command.keys
  switch (command.kind) {
    case 'store': {
      const { how, flags, time } = command
      const value = whole(command.value)
      const wanted = how === 'cas' ? ` ${cas}` : ''
      const line = `${how} ${key} ${flags} ${time} ${value.length}${wanted}\r\n`
      return {
        request: `${line}${value}\r\n`,
        reply: model.store(how, key, value, flags, time, cas),
      }
    }
    case 'retrieve': {
      const { keys, hasCas, time } = command
      const name = `${time === undefined ? 'get' : 'gat'}${hasCas ? 's' : ''}`
      const request = [name, ...(time === undefined ? [] : [time]), ...keys].join(' ')
      return { request: `${request}\r\n`, reply: model.retrieve(keys, hasCas, time) }
    }
    case 'count': {
      const { by, isDown } = command
      const request = `${isDown ? 'decr' : 'incr'} ${key} ${by}\r\n`
      return { request, reply: model.count(key, by, isDown) }
    }
    case 'touch': {
      const { time } = command
      return { request: `touch ${key} ${time}\r\n`, reply: model.touch(key, time) }
    }
    case 'delete':
      return { request: `delete ${key}\r\n`, reply: model.delete(key) }
    case 'flush': {
      const { delay } = command
      const request = delay === undefined ? 'flush_all\r\n' : `flush_all ${delay}\r\n`
      return { request, reply: model.flush(delay) }
    }
    default:
      return playMeta(model, command, key, cas)
  }
}

function playMeta(
  model: MapCache,
  command: Extract<Command, { flags: readonly string[] }>,
  key: string,
  cas: string,
): { request: string; reply: string } {
  const flags = command.flags.map((flag) => (flag === 'C' ? `C${cas}` : flag))
  const value = command.kind === 'ms' ? whole(command.value) : undefined
  const line = [command.kind, key, ...(value === undefined ? [] : [value.length])]
  const request = `${[...line, ...flags].join(' ')}\r\n`
  switch (command.kind) {
    case 'mg':
      return { request, reply: model.metaGet(key, flags) }
    case 'md':
      return { request, reply: model.metaDelete(key, flags) }
    case 'ma':
      return { request, reply: model.metaCount(key, flags) }
    default: {
      const reply = model.metaSet(key, value!, flags)
      return { request: `${request}${value}\r\n`, reply }
    }
  }
}

function whole([text, times]: Repeated): string {
  return text.repeat(times)
}

const cas = fc.constantFrom<CasChoice>('now', 'now', 'now', 'stale', 'stale', 'zero', 'own')
const amounts = fc.constantFrom(0n, 1n, 9n, 2n ** 63n, 2n ** 64n - 1n)
const steps = fc.constantFrom(1, 1, 16, 16, 999, 1000, 1001, 1001, 60_000, 99_999, 2_592_000_000)
const flags = fc.constantFrom(0, 1, 255, 65_536, 2 ** 31, 2 ** 32 - 1)
const NUMBERS = ['0', '1', '9', '10', '99', ' 7 ', '+5', '-1', '18446744073709551615']
/** Values whose entry is as long as a class, and a few bytes shorter or longer. */
const border = fc
  .tuple(fc.constantFrom(...CLASSES), fc.integer({ min: 0, max: 90 }), fc.constantFrom('a', '\n'))
  .map(([bytes, less, letter]): Repeated => [letter, Math.max(0, bytes - less)])
const small = fc.constantFrom('', 'x', '\r\n', '\0', ...NUMBERS).map((text): Repeated => [text, 1])
const large = fc
  .integer({ min: MOST_BYTES - 50, max: MOST_BYTES + 3 })
  .map((length): Repeated => ['v', length])
const value = fc.oneof(
  { weight: 4, arbitrary: small },
  { weight: 3, arbitrary: border },
  { weight: 1, arbitrary: large },
)

/** Sequences of commands on a few keys, for a cache whose clock begins at `start`. */
export function sequences(
  start: number,
  bounds: { readonly minLength?: number; readonly maxLength: number },
): fc.Arbitrary<Command[]> {
  const few = fc.subarray([...KEYS], { minLength: 2, maxLength: 4 })
  return few.chain((keys) => fc.array(commandOn(start, keys), { size: 'max', ...bounds }))
}

function commandOn(start: number, few: readonly string[]): fc.Arbitrary<Command> {
  const keys = fc.constantFrom(...few).map((of) => [of])
  const now = start / 1000
  const time = fc.constantFrom(
    ...[0, 0, 0, 0, 0, 0, 60, 60, 60, 1, 2, 2_592_000, 2_592_001, -1, -2_592_000],
    ...[now + 100, now + 100, now, now - 1, now + 2_592_000],
  )
  const maybeTime = fc.option(time, { nil: undefined })
  const kinds = <const Of extends string>(...of: Of[]) => fc.constantFrom(...of)
  const several = fc.subarray([...few], { minLength: 1 })
  const none = fc.constant([])
  const hows = kinds('set', 'set', 'add', 'replace', 'append', 'prepend', 'cas')
  const isDown = fc.boolean()
  const [mg, ms] = [metaFlags(time, 'vfstkqcTNRECO'), metaFlags(time, 'ckqsTNECFIMO', 'SSEAPR')]
  const [md, ma] = [metaFlags(time, 'kqTECIxO'), metaFlags(time, 'kqvtcTNDJECMO', 'ID+-')]
  const weighted: readonly (readonly [number, fc.Arbitrary<object>])[] = [
    [8, fc.record({ kind: kinds('store'), keys, how: hows, value, flags, time, cas })],
    [3, fc.record({ kind: kinds('retrieve'), keys: several, hasCas: isDown, time: maybeTime })],
    [3, fc.record({ kind: kinds('count'), keys, by: amounts, isDown })],
    [1, fc.record({ kind: kinds('touch'), keys, time })],
    [2, fc.record({ kind: kinds('delete'), keys })],
    [1, fc.record({ kind: kinds('flush'), keys: none, delay: maybeTime })],
    [4, fc.record({ kind: kinds('mg'), keys, cas, flags: mg })],
    [6, fc.record({ kind: kinds('ms'), keys, cas, value, flags: ms })],
    [2, fc.record({ kind: kinds('md'), keys, cas, flags: md })],
    [3, fc.record({ kind: kinds('ma'), keys, cas, flags: ma })],
    [5, fc.record({ kind: kinds('advance'), keys: none, ms: steps })],
  ]
  return fc.oneof(
    ...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })),
  ) as fc.Arbitrary<Command>
}

/** Some of these flags, in any order, with their tokens. */
function metaFlags(
  time: fc.Arbitrary<number>,
  letters: string,
  modes = 'S',
): fc.Arbitrary<readonly string[]> {
  return fc
    .tuple(fc.shuffledSubarray([...letters]), fc.array(time, { minLength: 3, maxLength: 3 }))
    .chain(([chosen, times]) => {
      return fc.tuple(...chosen.map((letter) => tokens(letter, times, [...modes])))
    })
}

/** A flag with its token; that of C is put in when the command is played. */
function tokens(
  letter: string,
  times: readonly number[],
  modes: readonly string[],
): fc.Arbitrary<string> {
  const choices: Readonly<Record<string, readonly (string | number)[]>> = {
    T: [times[0]!],
    N: [times[1]!],
    R: [times[2]!],
    E: OWN_CAS,
    O: ['', 'x', 'o'.repeat(32)],
    F: [0, 1, 2 ** 32 - 1],
    D: [0, 1, 9, '18446744073709551615'],
    J: [0, 13, '18446744073709551615'],
    M: modes,
  }
  return fc.constantFrom(...(choices[letter] ?? ['']).map((token) => `${letter}${token}`))
}
