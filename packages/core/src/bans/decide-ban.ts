/** Bans: a key that goes on after so many refusals is blocked for a while, and each time for longer. */

import type { Ban, BanTerms } from '../ban-kind.ts'
import type { Micros } from '../clock.ts'
import { type BucketState, bucketKind } from '../kind.ts'
import { ceilDiv } from '../whole-number.ts'

/** The ban that is due now. */
export interface BanStep {
  readonly ban: Ban
  /** What is remembered of it and those before. */
  readonly after: BucketState
}

/**
 * The next ban of a key.
 * @param state - what is remembered of those before; absent where it is nothing
 */
export function decideBan(state: BucketState | undefined, now: Micros, { levels, forMs, factor, atMostMs }: BanTerms): BanStep {
  const { rule } = levels.terms
  const { advance, missing, lacking } = bucketKind(rule)
  const { capacity, scale } = rule
  const before = state === undefined ? 0 : missing(advance(state, now, rule), rule)
  const level = Math.min(ceilDiv(before, scale) + 1, capacity)
  const durationMs = Math.min(atMostMs, forMs * factor ** (level - 1))
  // Forgetting begins when the ban is over.
  const after = lacking(Math.min(before + scale, capacity * scale), now + durationMs * 1000, rule)
  return { ban: { level, durationMs }, after }
}
