/** A token bucket as the rules describe it, in exact fractions: what the model of the stores counts with. */

import type { Migrate } from '../buckets/migrate.ts'
import type { Micros } from '../clock.ts'
import type { Standing } from '../rules/algorithm.ts'
import type { TokenBucketRule } from '../rules/token-bucket-rule.ts'
import type { HeldCharge, Terms } from '../store.ts'
import { atMost, ceil, ceilTo, type Fraction, floor, floorTo, fraction, least, minus, most, over, plus, times, zero } from './fraction.ts'

/** The terms of a token bucket, the only rule that the model knows. */
export interface TokenTerms extends Terms {
  readonly rule: TokenBucketRule
}

/** What the model keeps of a (limit, key). */
export interface ReferenceBucket {
  /** Units, the debt included. */
  readonly missing: Fraction
  readonly at: Micros
  readonly terms: TokenTerms
}

/** Units come back at every tick: each microsecond, or each boundary of a period since the epoch. */
function tickUs(rule: TokenBucketRule): number {
  return rule.mode === 'greedy' ? 1 : rule.periodUs
}

function perTick(rule: TokenBucketRule): Fraction {
  return fraction(rule.rate, rule.scale)
}

function ticksBetween(from: Micros, to: Micros, rule: TokenBucketRule): Fraction {
  const tick = BigInt(tickUs(rule))
  return fraction(BigInt(to) / tick - BigInt(from) / tick)
}

/** Microseconds from `now` until that many units have come back, which starts at the time of the bucket where that lies ahead. */
function untilBack(units: Fraction, at: Micros, now: Micros, rule: TokenBucketRule): Micros {
  const tick = BigInt(tickUs(rule))
  const start = BigInt(Math.max(now, at))
  return Number((start / tick + ceil(over(units, perTick(rule)))) * tick - BigInt(now))
}

export function newBucket(terms: TokenTerms, now: Micros): ReferenceBucket {
  return { missing: fraction(terms.rule.capacity - terms.initial), at: now, terms }
}

/** Rule 5: time that has passed brings units back; a clock that went back moves only buckets that lie further ahead than they take to fill. */
export function credited(bucket: ReferenceBucket, now: Micros): ReferenceBucket {
  const { missing, at, terms } = bucket
  const { rule } = terms
  if (now > at) return { missing: most(zero, minus(missing, times(perTick(rule), ticksBetween(at, now, rule)))), at: now, terms }
  const timeToFull = ceil(over(missing, perTick(rule))) * BigInt(tickUs(rule))
  return BigInt(at) - BigInt(now) > timeToFull ? { missing, at: now, terms } : bucket
}

/** Whether a bucket is as good as never used: full, and where it starts with less, full for as long again as filling it takes. */
export function isForgotten(bucket: ReferenceBucket, now: Micros): boolean {
  const { missing, at, terms } = bucket
  const { rule, initial } = terms
  if (now < at) return false
  if (initial === rule.capacity) return credited(bucket, now).missing.n === 0n
  const full = missing.n === 0n ? 0 : untilBack(missing, at, at, rule)
  return now - at >= full + untilBack(fraction(rule.capacity), at, at, rule)
}

/** Rule 9: what of a credited bucket lives on under new terms, counted in the new rule's parts of a unit, against the caller. */
export function converted({ missing, at, terms }: ReferenceBucket, to: TokenTerms, how: Migrate): ReferenceBucket {
  const parts = to.rule.scale
  const [before, after] = [fraction(terms.rule.capacity), fraction(to.rule.capacity)]
  const left = minus(before, missing)
  const kept = {
    keepUsed: () => ceilTo(parts, missing),
    keepRemaining: () => (left.n < 0n ? plus(after, ceilTo(parts, minus(zero, left))) : minus(after, least(after, floorTo(parts, left)))),
    proportional: () => ceilTo(parts, over(times(missing, after), before)),
    reset: () => zero,
  }
  return { missing: kept[how](), at, terms: to }
}

/** Rule 8: units that come back of a held charge, less what time has repaid at the faster of the rules of then and now. */
export function comesBack(held: HeldCharge, actual: number, bucket: ReferenceBucket, now: Micros): Fraction {
  const time = Math.max(now, bucket.at)
  if (held.at > time) return zero
  const rules = [bucket.terms.rule, held.terms.rule as TokenBucketRule]
  const unpaid = rules.map((rule) => minus(fraction(held.units), times(perTick(rule), ticksBetween(held.at, time, rule))))
  const rest = unpaid.map((units) => floorTo(bucket.terms.rule.scale, most(zero, units)))
  return least(bucket.missing, rest.reduce(least, fraction(held.units - actual)))
}

/** Whole units of `extra` that a bucket can still owe: never more than its capacity again. */
export function canOwe(extra: number, { missing, terms }: ReferenceBucket): number {
  const room = floor(minus(fraction(2 * terms.rule.capacity), missing))
  return room < 0n ? 0 : Math.min(extra, Number(room))
}

/** What callers are told of a bucket that was credited up to now. */
export function standing({ missing, at, terms }: ReferenceBucket, now: Micros, cost: number): Standing & { readonly admits: boolean } {
  const { rule } = terms
  const free = minus(fraction(rule.capacity), missing)
  const remaining = Math.max(0, Number(floor(free)))
  const wait = (units: Fraction): number => (missing.n === 0n ? 0 : untilBack(units, at, now, rule))
  return {
    admits: cost === 0 || (cost <= rule.capacity && atMost(fraction(cost), free)),
    remaining,
    retryUs: cost <= remaining ? 0 : cost > rule.capacity ? null : wait(minus(fraction(cost), free)),
    replenishUs: wait(minus(fraction(remaining + 1), free)),
    resetUs: wait(missing),
  }
}
