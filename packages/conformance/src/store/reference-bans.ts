/** Strikes and bans as the rules describe them: what the model of the stores counts them with. */

import type { Ban, BanTerms, Micros, SlidingLogRule } from '@sluice/core'
import { ceil, fraction, least, plus } from './fraction.ts'
import { bucketLacking, credited, newBucket, type ReferenceBucket, type TokenTerms } from './reference-bucket.ts'

/** What is known of the keys that were struck. */
export interface ReferenceBans {
  /** Counts a strike. @returns the ban that it brings, which the caller carries out */
  strike(id: string, terms: BanTerms, now: Micros): Ban | null
  clearBans(id: string): void
  clear(): void
}

export function referenceBans(): ReferenceBans {
  const strikes = new Map<string, Micros[]>()
  const levels = new Map<string, ReferenceBucket>()

  /** Bans are counted, and for every longest ban that passes without one, one of them is forgotten, bit by bit. */
  function ban(id: string, { levels: kept, forMs, factor, atMostMs }: BanTerms, now: Micros): Ban {
    const terms = kept.terms as TokenTerms
    const { missing } = credited(levels.get(id) ?? newBucket(terms, now), now)
    const level = Math.min(Number(ceil(missing)) + 1, terms.rule.capacity)
    const durationMs = Math.min(atMostMs, forMs * factor ** (level - 1))
    const counted = least(plus(missing, fraction(1)), fraction(terms.rule.capacity))
    levels.set(id, bucketLacking(counted, now + durationMs * 1000, terms))
    return { level, durationMs }
  }

  return {
    strike(id, terms, now) {
      const { capacity, periodUs } = terms.strikes.terms.rule as SlidingLogRule
      const counting = [...(strikes.get(id) ?? []), now].filter((at) => at + periodUs > now)
      const isOut = counting.length === capacity
      strikes.set(id, isOut ? [] : counting)
      return isOut ? ban(id, terms, now) : null
    },
    clearBans(id) {
      strikes.delete(id)
      levels.delete(id)
    },
    clear() {
      strikes.clear()
      levels.clear()
    },
  }
}
