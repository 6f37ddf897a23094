/** What bans add to limiters and stores. Both reach it through the `ban` of a limit, so that a bundle without bans has none of it. */
import type { Micros } from '../clock.ts'
import type { LimitStatus } from '../decision.ts'
import type { MaybePromise } from '../maybe-promise.ts'
import type { MemoryBuckets } from '../memory/memory-buckets.ts'
import type { LimiterEvent } from '../observe.ts'
import type { Ban, BanTerms, Charge, LimitFacts, Store, Verdict } from '../store.ts'
import type { BanRule } from './ban.ts'

/** Where bans carry it; see `ruleKind`. */
export const banKind: unique symbol = Symbol.for('sluice.ban-kind')

/** What a limiter and the memory store ask. */
export interface BanKind {
  /** The terms that a store carries out. @param limit - the name of the limit that bans */
  terms(ban: BanRule, limit: string): BanTerms
  /** Passes a verdict on. A refusal counts against the keys that caused it. */
  strike(
    store: Store,
    tell: (event: LimiterEvent) => void,
    charges: readonly Charge[],
    verdict: MaybePromise<Verdict>,
  ): MaybePromise<Verdict>
  /** Counts a refusal against a key in a memory store, and bans the key if that was one too many. */
  strikeInMemory(buckets: MemoryBuckets, limit: LimitFacts, key: string, now: Micros, chargeOne: ChargeOne): Ban | null
  /** Clears the strikes and bans of a key in a memory store. */
  clearInMemory(buckets: MemoryBuckets, limit: LimitFacts, key: string): void
}

/** Charges one unit to a bucket, if it can pay, and describes it. */
export type ChargeOne = (charge: Charge) => LimitStatus
