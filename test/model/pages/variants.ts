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
  twin('popWithoutClaim', 'drain-cut-pop', 'I-', 'a refill pops without the claim'),
  twin(
    'pushWithoutClaim',
    'give-late-pop',
    'I-',
    'a chunk is given back without the claim: the top of the stack tells nothing then',
  ),
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
  twin(
    'movingForgotten',
    'give-then-pop',
    'I-ONE-OWNER',
    'recovery takes a chunk that was given back for one on its way',
  ),
  // drain
  twin(
    'freeWithoutClaim',
    'drain-cut-pop',
    'I-',
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
    'orphansForgotten',
    'drain-two-wish',
    'I-ORPHAN',
    'nobody looks for a page that is being drained and not named',
  ),
  twin(
    'spillsByName',
    'drain-wish-put',
    'not lock-free',
    'chunks go home to a page that is named but not yet draining, and are taken from it again',
  ),
  twin(
    'shapeFromPage',
    'drain-end-dies',
    'I-GROWS',
    'the highest incarnation is sought by a chunk size that the end has erased',
  ),
  twin('sameBase', 'read-cut', 'I-GROWS', 'a new cutting starts at the first incarnation again'),
]
