/** What every kind of rule offers. A rule is plain, frozen data that carries its kind under a symbol. Equal rules are one object. */
import type { Micros } from './clock.ts'
import { markVersion } from './version.ts'

/**
 * Where a rule carries its kind. The property is not enumerable: JSON, `console.log`, copies and comparisons do not see it. The symbol is
 * registered, so that two copies of the package in one process understand each other.
 */
export const ruleKind: unique symbol = Symbol.for('sluice.rule-kind')

/** A kind and its numbers, as `tokenBucket()` and the other rule functions return them. Never mutate or copy a rule. */
export interface Rule {
  readonly kind: string
}

/** A rule that a store can decide. */
export interface CountingRule extends Rule {
  /** The most a full bucket admits at once, in units. */
  readonly capacity: number
  /** Scaled units in one unit. */
  readonly scale: number
  readonly [ruleKind]: RuleKind
}

/** A rule that returns `rate` scaled units in each microsecond, and in whose buckets `used` alone says what is missing. */
export interface SteadyRule extends CountingRule {
  readonly rate: number
}

/** The state of one bucket: three numbers, for one kind also a log. Their meaning belongs to the kind of the rule. */
export interface BucketState {
  /** What has been taken and not yet come back, in the rule's own scale. */
  readonly used: number
  /** When `used` was true. */
  readonly last: Micros
  /** What an earlier period left behind; 0 for kinds that leave nothing. */
  readonly carried: number
  /** The admissions that count. Only windows with a log have it. */
  readonly log?: AdmissionLog
}

/** Admissions, the oldest first. */
export interface AdmissionLog {
  /** The time of each admission and the units admitted before it, in turn. A log and those that continue it share one list. */
  readonly entries: number[]
  /** How many numbers of the list belong to this log. */
  readonly length: number
  /** The units of all entries, those that no longer count included. */
  readonly total: number
}

/** What headers say of a rule. */
export interface Pace {
  /** Units returned per period; a share may have a fraction of one. `null` if no unit returns with time. */
  readonly refill: number | null
  /** The period in milliseconds. `null` if there is none, or if its length varies as that of a calendar month does. */
  readonly periodMs: number | null
  /** What is counted, in the words of the `qu` parameter of `RateLimit-Policy`. */
  readonly unit: 'requests' | 'concurrent-requests'
}

/** A fraction, above 0 and at most 1. */
export interface Part {
  readonly numerator: number
  readonly denominator: number
}

/** What the limiter, the stores and the headers ask of any kind of rule. Optional members are for kinds that differ from a plain bucket. */
export interface RuleKind<R extends CountingRule = CountingRule> {
  /** The `kind` of its rules. */
  readonly name: string
  /** A share of a rule: its rate exactly, its capacity rounded down to at least 1. */
  part(rule: R, part: Part): CountingRule
  /** What one of several processes enforces alone during an outage. @default `part` */
  localPart?(rule: R, part: Part): CountingRule
  /** What headers say of a rule. @default its `refill`, or else its capacity, per `perMs` */
  pace?(rule: R): Pace
  /** What every call costs, whatever it asks for. The cost function of the limit is not called. @default the cost of the call */
  readonly fixedCost?: number
  /** Whether units never return. A status then names no wait: `retryAfterMs` of a refusal is `null`, and the other waits are 0. @default false */
  readonly isLasting?: boolean
  /** Whether `consume` is refused, because only a reservation can return what it takes. @default false */
  readonly mustReserve?: boolean
  /**
   * Whether a rule is decided beside the charge of its parent. It then costs what the parent is charged and may admit more than
   * `remaining`. In a call without the parent it charges nothing. @default false
   */
  readonly besideParent?: boolean
  /** How a memory store decides it: a `MemoryKind`, which that store reads. @default as a bucket, with the functions of {@link BucketKind} */
  readonly memory?: object
}

/** A kind whose state is one bucket. All functions are pure: no clock, no I/O, no mutation. A state *at now* came from `decide` or `advance` for that `now`. */
export interface BucketKind<R extends CountingRule = CountingRule> extends RuleKind<R>, Decider<R> {
  /**
   * Whether a rule is a {@link SteadyRule}. The fast path of the memory store then decides its buckets by `rate`, without `decide`.
   * @default false
   */
  isSteady?(rule: R): boolean
  /** Whether units return at whole periods since the epoch, the same for every key. Only of such a rule a share can be guaranteed. @default false */
  isAligned?(rule: R): boolean
  /** Scaled units of a bucket *at now* that a share above its guarantee may take. @default all that are not missing */
  lendable?(state: BucketState, rule: R): number
}

/** How the buckets of one kind are decided. */
export interface Decider<R extends CountingRule> {
  /** Decides a cost; an absent state is a bucket never used, which holds `initial` units. */
  decide(state: BucketState | undefined, now: Micros, cost: number, rule: R, initial: number): Step
  /** The bucket as it is at `now`. */
  advance(state: BucketState, now: Micros, rule: R): BucketState
  /** The status of a bucket *at now* for a cost. */
  describe(state: BucketState, now: Micros, cost: number, rule: R): BucketStatus
  /** The bucket *at now* with scaled units taken, whether or not it can pay them. */
  debit(state: BucketState, amount: number, rule: R): BucketState
  /**
   * Scaled units that an unused charge returns: at most what time has not returned already.
   * @param state - the bucket *at now*, if it is under this rule; a kind that needs it and lacks it returns less
   */
  returnable(unused: Unused, now: Micros, rule: R, state?: BucketState): number
  /**
   * The bucket *at now* with scaled units returned, at most to full.
   * @param chargedAt - when they were charged, if that is known
   */
  giveBack(state: BucketState, amount: number, rule: R, chargedAt?: Micros): BucketState
  /** Scaled units missing from a bucket *at now*. */
  missing(state: BucketState, rule: R): number
  /** A bucket *at now* that lacks so many scaled units, debt included. */
  lacking(amount: number, now: Micros, rule: R): BucketState
}

/** One cost against one bucket. */
export interface Step {
  readonly admits: boolean
  /** The bucket at `now`, uncharged: what a refusal leaves. */
  readonly before: BucketState
  /** The bucket charged; `before` itself if the cost is refused or 0. */
  readonly after: BucketState
}

/** The status of a bucket, in microseconds. */
export interface BucketStatus {
  /** Whole units admissible now. */
  readonly remaining: number
  /** Until the cost would be admitted, alone; `null` if it is above capacity. */
  readonly retryUs: Micros | null
  /** Until any more quota appears; 0 when the bucket is full. */
  readonly replenishUs: Micros
  /** Until the bucket is full; 0 when it is. */
  readonly resetUs: Micros
}

/** Units charged at one time, of which some were not used. */
export interface Unused {
  readonly units: number
  readonly charged: number
  readonly chargedAt: Micros
}

/** The kind of a rule whose state is a bucket. Rules with functions of their own in a store never come here. */
export function bucketKind(rule: CountingRule): BucketKind {
  return rule[ruleKind] as BucketKind
}

/** Whether a value is a rule that stores decide. A copy of a rule is none: it lacks the kind. */
export function isCountingRule(value: unknown): value is CountingRule {
  return typeof value === 'object' && value !== null && ruleKind in value
}

/** The numbers of a rule, without its kind. */
export type RuleNumbers<R extends CountingRule> = Omit<R, 'kind' | typeof ruleKind>

/** The frozen rule of a kind with these numbers. */
export function ruleOf<R extends CountingRule>(kind: RuleKind<R>, numbers: RuleNumbers<R>): R {
  const rule = { kind: kind.name, ...numbers }
  return Object.freeze(Object.defineProperty(markVersion(rule), ruleKind, { value: kind })) as object as R
}

const interned = new Map<string, WeakRef<Rule>>()
/** Distinct rules whose identity is kept. Beyond it equal rules may be different objects, which is slower and has no other effect. */
const mostInterned = 10_000

/** The one frozen object for this signature, so that a rule function called on every request makes no new rule each time. */
export function intern<R extends Rule>(signature: string, make: () => R): R {
  const known = interned.get(signature)?.deref()
  if (known !== undefined) return known as R
  const rule = Object.freeze(make())
  if (interned.size >= mostInterned) forgetOldest()
  interned.set(signature, new WeakRef(rule))
  return rule
}

function forgetOldest(): void {
  for (const signature of interned.keys()) {
    interned.delete(signature)
    return
  }
}
