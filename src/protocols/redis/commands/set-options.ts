/** The options of SET and GETEX, in any order. */
import type { Args } from '../args.ts'
import { EX, EXAT, PX, PXAT, type TimeForm } from './expiry.ts'

export interface SetOptions {
  isOnlyNew: boolean
  isOnlyOld: boolean
  gives: boolean
  keepsTtl: boolean
  isPersist: boolean
  /** How the time is said, and which argument says it. */
  form: TimeForm | undefined
  timeAt: number
}

const FORMS: readonly (readonly [string, TimeForm])[] = [
  ['ex', EX],
  ['px', PX],
  ['exat', EXAT],
  ['pxat', PXAT],
]

/** The options from an argument on; undefined when they make no sense together. */
export function readOptions(args: Args, first: number, isGet: boolean): SetOptions | undefined {
  const options: SetOptions = {
    isOnlyNew: false,
    isOnlyOld: false,
    gives: false,
    keepsTtl: false,
    isPersist: false,
    form: undefined,
    timeAt: 0,
  }
  for (let i = first; i < args.count; i++) {
    const { form } = options
    const named = FORMS.find(([word]) => args.is(i, word))?.[1]
    if (named !== undefined) {
      const isFree = !options.keepsTtl && !options.isPersist && (form ?? named) === named
      if (!isFree || i + 1 === args.count) return undefined
      options.form = named
      options.timeAt = ++i
    } else if (isGet) {
      if (!args.is(i, 'persist') || form !== undefined) return undefined
      options.isPersist = true
    } else if (!readWord(options, args, i)) return undefined
  }
  return options
}

/** An option of SET without an argument. */
function readWord(options: SetOptions, args: Args, index: number): boolean {
  if (args.is(index, 'nx') && !options.isOnlyOld) options.isOnlyNew = true
  else if (args.is(index, 'xx') && !options.isOnlyNew) options.isOnlyOld = true
  else if (args.is(index, 'get')) options.gives = true
  else if (args.is(index, 'keepttl') && options.form === undefined) options.keepsTtl = true
  else return false
  return true
}
