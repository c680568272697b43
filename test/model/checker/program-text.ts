/**
 * Programs as text: 'set 1 2, get 1 | del 1' is two threads, the first with two operations. What
 * the numbers after an operation mean is said by the model.
 */
import type { Op } from './machine.ts'

type Field = 'key' | 'value' | 'slot' | 'parts'
export type Arguments = Readonly<Record<string, readonly Field[]>>

export function parseOps(text: string, meaning: Arguments): readonly Op[] {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [op, ...numbers] = part.split(/\s+/)
      const fields = meaning[op]
      if (!fields) throw new Error(`no operation ${op}`)
      return { op, ...Object.fromEntries(numbers.map((n, i) => [fields[i], Number(n)])) }
    })
}
export const parseThreads = (text: string, meaning: Arguments): readonly (readonly Op[])[] =>
  text.split('|').map((thread) => parseOps(thread, meaning))

export const parseNumbers = (text: string): readonly number[] => text.split(' ').map(Number)
