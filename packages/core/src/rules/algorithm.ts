/** What the kind of a rule must be able to do, as pure functions: no clock, no I/O, no mutation; time is an argument. */
import type { Micros } from '../clock.ts'
import type { BucketState, Rule } from './rule.ts'

/** A rule that counts: every kind has a capacity and a scale. */
export interface CountingRule extends Rule {
  /** The most a full bucket admits at once, in units. */
  readonly capacity: number
  /** Scaled units in one unit. */
  readonly scale: number
}

/** One cost against one bucket. */
export interface Step {
  readonly admits: boolean
  /** The bucket at `now`, uncharged: what a refusal leaves. */
  readonly before: BucketState
  /** The bucket charged; `before` itself where the cost is refused or 0. */
  readonly after: BucketState
}

/** What callers are told of a bucket. */
export interface Standing {
  /** Whole units admissible now. */
  readonly remaining: number
  /** Until the cost asked about would be admitted, alone; `null` when it is above capacity. */
  readonly retryUs: Micros | null
  /** Until any more quota appears; 0 when the bucket is full. */
  readonly replenishUs: Micros
  /** Until the bucket is full; 0 when it is. */
  readonly resetUs: Micros
}

/** Units charged at one time, of which some turn out unused. */
export interface Unused {
  readonly units: number
  readonly charged: number
  readonly chargedAt: Micros
}

/** One kind of rule. A state handed in may be of any time; a state marked *at now* came out of `decide` or `advance` for that `now`. */
export interface Algorithm<R extends CountingRule> {
  /** Decides a cost; an absent state is a bucket never used, which holds `initial` units. */
  decide(state: BucketState | undefined, now: Micros, cost: number, rule: R, initial: number): Step
  /** The bucket as it stands at `now`. */
  advance(state: BucketState, now: Micros, rule: R): BucketState
  /** What callers are told of a bucket *at now*. */
  stand(state: BucketState, now: Micros, cost: number, rule: R): Standing
  /** The bucket *at now* with scaled units taken, whether or not it can pay them. */
  debit(state: BucketState, amount: number, rule: R): BucketState
  /**
   * Scaled units that come back of an unused charge: never more than time has left of it.
   * @param state - the bucket *at now*, where it is under this rule; kinds that need it and lack it give back less
   */
  returnable(unused: Unused, now: Micros, rule: R, state?: BucketState): number
  /**
   * The bucket *at now* with scaled units given back, at most to full.
   * @param chargedAt - when they were charged, where that is known
   */
  giveBack(state: BucketState, amount: number, rule: R, chargedAt?: Micros): BucketState
  /** Scaled units missing from a bucket *at now*. */
  missing(state: BucketState, rule: R): number
  /** A bucket *at now* that lacks so many scaled units, debt included. */
  lacking(amount: number, now: Micros, rule: R): BucketState
}
