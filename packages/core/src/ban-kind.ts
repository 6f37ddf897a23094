/** What bans add to limiters and stores. Both reach it through the `ban` of a limit, so that a bundle without bans has none of it. */
import type { Micros } from './clock.ts'
import type { LimitStatus } from './decision.ts'
import type { LimiterEvent } from './limiter-event.ts'
import type { MaybePromise } from './maybe-promise.ts'
import type { Duration } from './options.ts'
import type { Charge, LimitFacts, Store, Terms, Verdict } from './store.ts'

/** Where bans carry it; see `ruleKind`. */
export const banKind: unique symbol = Symbol.for('sluice.ban-kind')

/** Options of `ban()`, in the words of fail2ban: maxretry, findtime, bantime, its factor, and maxtime. */
export interface BanOptions {
  /** So many refusals within `within` ban a key; those while it is banned do not count. Whole, from 1 to 1000. */
  readonly after: number
  /** The period in which refusals are counted. From 1 ms to 366 days. */
  readonly within: Duration
  /** How long the first ban lasts. From 1 ms to 366 days. */
  readonly for: Duration
  /** How many times as long as the one before the next ban lasts. Whole, from 1 to 100. @default 2 */
  readonly factor?: number | undefined
  /** How long a ban lasts at most. Each time that it passes without a ban, an earlier one is forgotten. @default '1d', or `for` if that is longer */
  readonly atMost?: Duration | undefined
}

/** The bans of a limit, as `ban()` returns them. Never copy one. */
export interface BanRule extends BanOptions {
  readonly [banKind]: BanKind
}

/** A ban as a store carries it out. What leads to it are buckets in the same store, under names that no limit can have. */
export interface BanTerms {
  /** Refusals, in a sliding log: the one that leaves nothing is one too many. */
  readonly strikes: BanBucket
  /** Earlier bans that are not forgotten yet, in a token bucket; while it is empty, a ban lasts as long as it can. */
  readonly levels: BanBucket
  readonly forMs: number
  readonly factor: number
  readonly atMostMs: number
  /** What carries it out. Plain data beside it. */
  readonly [banKind]: BanKind
}

/** A bucket that belongs to the bans of a limit, under the key that may be banned. */
export interface BanBucket {
  readonly limit: LimitFacts
  readonly terms: Terms
}

/** What a strike brought. */
export interface Ban {
  /** 1 for the first, and one more for each before it that is not forgotten. */
  readonly level: number
  readonly durationMs: number
}

/** What a limiter and the memory store ask. `buckets` are the `MemoryBuckets` of that store. */
export interface BanKind {
  /** The terms that a store carries out. @param limit - the name of the limit that bans */
  terms(ban: BanRule, limit: string): BanTerms
  /** Passes a verdict on. A refusal counts against the keys that caused it. @param call - stands for the request, if any */
  strike(
    store: Store,
    tell: (event: LimiterEvent) => void,
    charges: readonly Charge[],
    verdict: MaybePromise<Verdict>,
    call: unknown,
  ): MaybePromise<Verdict>
  /** Counts a refusal against a key in a memory store, and bans the key if that was one too many. */
  strikeInMemory(buckets: object, limit: LimitFacts, key: string, now: Micros, chargeOne: ChargeOne): Ban | null
  /** Clears the strikes and bans of a key in a memory store. */
  clearInMemory(buckets: object, limit: LimitFacts, key: string): void
}

/** Charges one unit to a bucket, if it can pay, and describes it. */
export type ChargeOne = (charge: Charge) => LimitStatus
