/** Bans: a key that goes on after so many refusals is blocked for a while, and each time for longer. */

import type { Micros } from '../clock.ts'
import type { BucketState } from '../rules/kind.ts'
import { tokenBucketKind } from '../rules/token-bucket/token-bucket.ts'
import { ceilDiv } from '../rules/whole-number.ts'
import type { Ban, BanTerms } from '../store.ts'

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
  const { advance, missing, lacking } = tokenBucketKind
  const { capacity, scale } = rule
  const before = state === undefined ? 0 : missing(advance(state, now, rule), rule)
  const level = Math.min(ceilDiv(before, scale) + 1, capacity)
  const durationMs = Math.min(atMostMs, forMs * factor ** (level - 1))
  // Forgetting begins when the ban is over.
  const after = lacking(Math.min(before + scale, capacity * scale), now + durationMs * 1000, rule)
  return { ban: { level, durationMs }, after }
}
