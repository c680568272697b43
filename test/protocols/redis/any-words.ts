/**
 * Requests of any command with any arguments: most are refused, and each for its own reason.
 */
import { COMMANDS } from '../../../src/protocols/redis/commands.ts'

/** A whole number from 0 below a bound. */
export type Random = (below: number) => number

export const WORDS: readonly (string | Buffer)[] = [
  ...['', 'a', 'b', 'c', '0', '1', '-1', '8', '007', '1.5', '-0', 'nan', 'inf', '1e400', 'x'],
  ...['9223372036854775807', '-9223372036854775808', '9223372036854775808'],
  ...['99999999999999999999', 'EX', 'PX', 'EXAT', 'KEEPTTL', 'NX', 'XX', 'GET', 'LEN', 'IDX'],
  ...['MATCH', '*', '[a', '\\', 'COUNT', 'TYPE', 'string', 'u8', 'i64', '#1', 'INCRBY'],
  ...['OVERFLOW', 'SAT', 'BYTE', 'BIT', 'AND', 'NOT', 'ON', 'OFF', 'SKIP', 'ALL', 'WRITE'],
  ...['ID', 'ADDR', 'DB', 'REPLACE', 'HELP', 'SETNAME', 'AUTH'],
  Buffer.of(0, 255, 13, 10),
  Buffer.from('HYLL'),
  Buffer.alloc(300, 'y'),
]

/** The words of a request of any command but those left out. */
export function anyWords(random: Random, leftOut: readonly string[]): (string | Buffer)[] {
  const commands = COMMANDS.inOrder.filter(({ name }) => !leftOut.includes(name))
  const { name, arity } = commands[random(commands.length)]!
  const words: (string | Buffer)[] = name.split('|')
  const count =
    random(4) === 0 ? random(8) : Math.max(0, Math.abs(arity) - words.length + random(3))
  for (let i = 0; i < count; i++) words.push(WORDS[random(WORDS.length)]!)
  return words
}
