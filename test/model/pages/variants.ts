/**
 * Broken twins of the pages: each switches one rule off and names the program on which the checker
 * must catch it, and how the violation found must begin. A twin that is not caught fails the run.
 */
import type { Variant } from '../checker/suite.ts'

const twin = (flag: string, on: string, as: string, rule: string): Variant => ({
  flag,
  on,
  as,
  rule,
})

export const PAGE_VARIANTS: readonly Variant[] = [
  // the claim
  twin('popWithoutClaim', 'drain-cut-pop', 'I-DRAINED', 'a refill pops without the claim'),
  twin(
    'releaseBeforeHead',
    'pop',
    'I-NO-LEAK',
    'the claim is released before the magazine has the chunks',
  ),
  twin(
    'staleGrab',
    'refill-again',
    'I-ONE-OWNER',
    'the grab of an earlier refill still stands when the claim is taken',
  ),
  twin(
    'adoptsAlways',
    'two-pages',
    'I-ONE-OWNER',
    'recovery adopts the grab without asking whether it was carried out',
  ),
  twin(
    'commitBeforeNote',
    'carve',
    'I-NO-LEAK',
    'chunks count as carved before the row says whose they are',
  ),
  // pushes
  twin(
    'noMark',
    'push-late-pop',
    'I-ONE-OWNER',
    'recovery takes a pushed chunk that was popped since for one never pushed',
  ),
  twin('marksKept', 'push-late-pop', 'I-ONE-OWNER', 'the popper leaves the marks of the pushers'),
  twin(
    'generationIgnored',
    'push-then-pop',
    'I-DRAINED',
    'recovery takes a chunk of an earlier cutting for one never pushed',
  ),
  // drain
  twin(
    'freeWithoutClaim',
    'drain-cut-pop',
    'I-DRAINED',
    'a drain is ended without the claim, under a refill that is slow',
  ),
  twin('endsEarly', 'drain-take', 'I-DRAINED', 'a drain is ended before all chunks are back'),
  twin(
    'endIgnoresRows',
    'drain-put',
    'I-DRAINED',
    'a drain is ended when no entry is left in the page: rows and magazines are forgotten',
  ),
  twin(
    'sameBase',
    'read-cut',
    'not linearizable',
    'a new cutting starts at the first incarnation again',
  ),
]
