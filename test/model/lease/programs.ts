/** What the lease model explores, and its broken twins. A notice names a thread by its number. */
import { type Arguments, parseThreads } from '../checker/program-text.ts'
import type { Program } from '../checker/machine.ts'
import type { Variant } from '../checker/suite.ts'

const MEANING: Arguments = {
  attach: [],
  adopt: [],
  work: [],
  close: [],
  notice: ['slot'],
  probe: [],
}

const program = (name: string, threads: string, rest: Partial<Program> = {}): Program => ({
  ...rest,
  name,
  threads: parseThreads(threads, MEANING),
})
const two = { maxKills: 2 }

export const LEASE_PROGRAMS: readonly Program[] = [
  program('die-and-replace', 'attach, work | notice 0 | attach, work', two),
  program('two-notices', 'attach, work | notice 0, attach, work | notice 0, notice 1', two),
  program('notice-and-probe', 'attach, work | probe, attach, work | notice 0, probe', two),
  program('late-notice', 'attach, close | attach, work, close | notice 0, probe', two),
  program('close-and-probe', 'attach, work, close | attach, work | probe, probe', two),
  program('adopt-or-recover', 'attach, work | notice 0, attach, work | notice 0, adopt, work', two),
  program('two-adopt', 'attach, work | notice 0, adopt, work | notice 0, adopt, work', two),
  program(
    'adopter-dies',
    'attach, work | notice 0, adopt, work | probe, notice 1, adopt, work',
    two,
  ),
  program('recoverer-dies', 'attach, work | notice 0, probe | probe, attach, work', two),
]

const twin = (flag: string, on: string, rule: string, as = 'I-ONE-MASTER'): Variant => ({
  flag,
  on,
  as,
  rule,
})
export const LEASE_VARIANTS: readonly Variant[] = [
  twin('recovererFirst', 'two-notices', 'the recoverer is forgotten before the lease is free'),
  twin('takenUnchecked', 'two-notices', 'the lease is not read again after recovery was taken'),
  twin('adoptsUnchecked', 'adopt-or-recover', 'the recoverer is not read again after the lease'),
  twin('threadBesideLease', 'late-notice', 'the thread is written after the lease is taken'),
  twin(
    'threadCleared',
    'late-notice',
    'the same, cleared before the lease is free: a death between leaves a nameless row',
    'I-NAMED',
  ),
  twin('tidKept', 'close-and-probe', 'the kernel id of the former thread stands in a free row'),
]
