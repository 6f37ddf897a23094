/** A token bucket as the rules describe it, in exact fractions: what the model of the stores counts with. */

import type { HeldCharge, Micros, Migrate, Rule, Terms, TokenBucketRule } from '@sluice/core'
import type { BucketStatus } from '@sluice/core/internal'
import { atMost, ceil, ceilTo, type Fraction, floor, floorTo, fraction, least, minus, most, over, plus, times, zero } from './fraction.ts'

/** The terms of a token bucket, the only rule that the model knows. */
export interface TokenTerms extends Terms {
  readonly rule: TokenBucketRule
}

/** What is missing, and when that was true. */
export interface Lack {
  /** Units, the debt included. */
  readonly missing: Fraction
  readonly at: Micros
}

/** What the model keeps of a (limit, key). */
export interface ReferenceBucket extends Lack {
  readonly terms: TokenTerms
  /** What would be missing had every change of its rule kept all that was used: never less than what is. */
  readonly uncapped: Lack
  /** Identifies the latest change of its rule, or reset, until that moment; 0 where none matters. */
  readonly epoch: Micros
}

/** A bucket that lacks so much after what was forgiven, and so much in all. */
function bucketOf(own: Lack, inAll: Lack, terms: TokenTerms, epoch: Micros): ReferenceBucket {
  return { ...own, terms, epoch, uncapped: atMost(inAll.missing, own.missing) ? own : inAll }
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

/** A bucket that lacks so much, of which nothing is forgiven. */
export function bucketLacking(missing: Fraction, at: Micros, terms: TokenTerms, epoch: Micros = 0): ReferenceBucket {
  return bucketOf({ missing, at }, { missing, at }, terms, epoch)
}

export function newBucket(terms: TokenTerms, now: Micros, epoch: Micros = 0): ReferenceBucket {
  return bucketLacking(fraction(terms.rule.capacity - terms.initial), now, terms, epoch)
}

/** The epoch of a bucket while it matters. */
export function epochAt({ epoch }: Pick<ReferenceBucket, 'epoch'>, now: Micros): Micros {
  return epoch > now ? epoch : 0
}

/** The epoch after a change of a bucket: it matters until all that is missing would have come back without that. */
function nextEpoch(bucket: ReferenceBucket, now: Micros): Micros {
  const { missing, at, terms } = credited(bucket, now)
  const fullAt = missing.n === 0n ? 0 : now + untilBack(missing, at, now, terms.rule)
  const current = epochAt(bucket, now)
  return Math.max(fullAt, current === 0 ? 0 : current + 1)
}

/** What is left of a bucket that was reset: one that was full since ever, while its epoch matters. */
export function resetBucket(bucket: ReferenceBucket, now: Micros): ReferenceBucket | undefined {
  const epoch = isForgotten(bucket, now) ? epochAt(bucket, now) : nextEpoch(bucket, now)
  const { terms } = bucket
  return epoch === 0 ? undefined : bucketLacking(zero, 0, { ...terms, initial: terms.rule.capacity }, epoch)
}

/** Rule 5: time that has passed brings units back; a clock that went back moves only buckets that lie further ahead than they take to fill. */
export function credited({ missing, at, terms, uncapped, epoch }: ReferenceBucket, now: Micros): ReferenceBucket {
  return bucketOf(creditedLack({ missing, at }, now, terms.rule), creditedLack(uncapped, now, terms.rule), terms, epoch)
}

function creditedLack(lack: Lack, now: Micros, rule: TokenBucketRule): Lack {
  const { missing, at } = lack
  if (now > at) return { missing: most(zero, minus(missing, times(perTick(rule), ticksBetween(at, now, rule)))), at: now }
  const timeToFull = ceil(over(missing, perTick(rule))) * BigInt(tickUs(rule))
  return BigInt(at) - BigInt(now) > timeToFull ? { missing, at: now } : lack
}

/** A bucket in which as much more is missing, of both. */
export function charged({ missing, at, terms, uncapped, epoch }: ReferenceBucket, units: Fraction): ReferenceBucket {
  return bucketOf({ missing: plus(missing, units), at }, { missing: plus(uncapped.missing, units), at: uncapped.at }, terms, epoch)
}

/**
 * Whether a bucket is as good as never used. One that starts full is so as soon as it is full. One that starts with less must have been
 * full for as long again as filling it takes, or for ten minutes if that is longer.
 */
export function isForgotten(bucket: ReferenceBucket, now: Micros): boolean {
  const { at, terms, uncapped } = bucket
  const { rule, initial } = terms
  if (now < at) return false
  if (initial === rule.capacity) return credited(bucket, now).uncapped.missing.n === 0n
  const back = uncapped.missing.n === 0n ? 0 : untilBack(uncapped.missing, uncapped.at, at, rule)
  return now - at >= back + Math.max(600_000_000, untilBack(fraction(rule.capacity), at, at, rule))
}

/** Rule 9: what of a credited bucket lives on under new terms, counted in the new rule's parts of a unit, against the caller. */
export function converted(bucket: ReferenceBucket, to: TokenTerms, how: Migrate, now: Micros): ReferenceBucket {
  const { missing, at, terms, uncapped } = bucket
  const parts = to.rule.scale
  const [before, after] = [fraction(terms.rule.capacity), fraction(to.rule.capacity)]
  const left = minus(before, missing)
  const used = how === 'reset' ? zero : ceilTo(parts, uncapped.missing)
  const remaining = left.n < 0n ? plus(after, ceilTo(parts, minus(zero, left))) : minus(after, least(after, floorTo(parts, left)))
  const share = ceilTo(parts, over(times(missing, after), before))
  const kept = { keepUsed: used, keepRemaining: remaining, proportional: most(share, least(used, remaining)), reset: zero }
  const then = Math.max(at, now)
  return bucketOf({ missing: kept[how], at: then }, { missing: used, at: then }, to, nextEpoch(bucket, now))
}

/** Rule 8: a held charge returns units in its own epoch alone. */
export function mayReturn(held: HeldCharge, bucket: ReferenceBucket, now: Micros): boolean {
  const epoch = epochAt(bucket, now)
  return (epoch === 0 || epoch === held.epoch) && sameNumbers(held.terms.rule, bucket.terms.rule)
}

/** Rule 8: what is missing after a held charge was settled with less, at a time up to which the bucket was credited. */
export function returned(held: HeldCharge, actual: number, bucket: ReferenceBucket, now: Micros): ReferenceBucket {
  const { at, missing, terms, uncapped, epoch } = bucket
  const without = (lack: Lack): Lack => ({ missing: minus(lack.missing, comesBack(held, actual, lack, terms.rule, now)), at: lack.at })
  return bucketOf(without({ missing, at }), without(uncapped), terms, epoch)
}

/** Units that come back of a held charge, less what time has repaid. */
function comesBack(held: HeldCharge, actual: number, { missing, at }: Lack, rule: TokenBucketRule, now: Micros): Fraction {
  const repaid = times(perTick(rule), ticksBetween(held.at, Math.max(now, at), rule))
  return least(missing, least(fraction(held.units - actual), most(zero, minus(fraction(held.units), repaid))))
}

/** Units given back whatever was charged, at most to full. */
export function refunded({ at, missing, terms, uncapped, epoch }: ReferenceBucket, units: number): ReferenceBucket {
  const without = (lack: Lack): Lack => ({ missing: minus(lack.missing, least(lack.missing, fraction(units))), at: lack.at })
  return bucketOf(without({ missing, at }), without(uncapped), terms, epoch)
}

export function sameNumbers(a: Rule, b: Rule): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

/** Whole units of `extra` that a bucket can still owe: never more than its capacity again. */
export function canOwe(extra: number, { missing, terms }: ReferenceBucket): number {
  const room = floor(minus(fraction(2 * terms.rule.capacity), missing))
  return room < 0n ? 0 : Math.min(extra, Number(room))
}

/** What callers are told of a bucket that was credited up to now. */
export function describeBucket(
  { missing, at, terms }: ReferenceBucket,
  now: Micros,
  cost: number,
): BucketStatus & { readonly admits: boolean } {
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
