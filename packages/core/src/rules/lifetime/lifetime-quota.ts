/** Lifetime quotas: units that never come back, such as trial credits. Their numbers, and their decisions. */
import type { Micros } from '../../clock.ts'
import { type BucketKind, type BucketState, type CountingRule, intern, ruleOf } from '../../kind.ts'
import { checkOptions } from '../../options.ts'
import { wholeNumber } from '../../whole-number.ts'
import { countingDecider, ofOneWindow } from '../counting.ts'
import { partOfCapacity } from '../rate.ts'

/** Numbers of a {@link lifetimeQuota}. */
export interface LifetimeQuotaOptions {
  /** Units that a key has in all. Whole, from 0: 0 refuses every cost as impossible. */
  readonly capacity: number
}

/** A lifetime quota as the decider uses it. */
export interface LifetimeQuotaRule extends CountingRule {
  readonly kind: 'lifetime-quota'
  /** Units. */
  readonly capacity: number
  readonly scale: 1
  readonly per: 'lifetime'
  /** Microseconds after which a key that was not charged is forgotten: 400 days. */
  readonly periodUs: number
}

const forgottenAfterUs = 400 * 86_400_000_000

/**
 * At most `capacity` units for each key, which never come back: trial credits, for example.
 *
 * A store cannot keep every key for ever, so a key that was not charged for 400 days is forgotten and has its whole capacity again. A refusal
 * of a used-up quota is `impossible`: no wait helps, and `retryAfterMs` is `null`. `refund` and a settlement give units back. A larger
 * capacity, by `update` or a rule function, adds the difference: after 100 of 100 units, a capacity of 150 leaves 50.
 * @throws SluiceError `SLUICE_WHOLE_NUMBER`, `SLUICE_OPTION_UNKNOWN`
 * @example
 * ```ts
 * const trial = { name: 'trial', by: (user: string) => user, rule: lifetimeQuota({ capacity: 100 }) }
 * ```
 */
export function lifetimeQuota(options: LifetimeQuotaOptions): LifetimeQuotaRule {
  checkOptions(options, 'lifetimeQuota', ['capacity'])
  return lifetimeQuotaOf(wholeNumber(options.capacity, 'capacity', 0))
}

function lifetimeQuotaOf(capacity: number): LifetimeQuotaRule {
  return intern(`lifetime-quota ${capacity}`, () =>
    ruleOf(lifetimeQuotaKind, { capacity, scale: 1, per: 'lifetime', periodUs: forgottenAfterUs }),
  )
}

/** `last` is the time of the latest change, from which the 400 days count. */
function advance({ used, last }: BucketState, now: Micros, { periodUs }: LifetimeQuotaRule): BucketState {
  if (used === 0) return { used: 0, last: now, carried: 0 }
  // A clock that went back further jumped there and back, and the bucket goes with it.
  if (now < last) return { used, last: last - now > periodUs ? now : last, carried: 0 }
  return { used: now - last >= periodUs ? 0 : used, last: now, carried: 0 }
}

/** The lifetime quota, as limiters and stores use it. */
export const lifetimeQuotaKind: BucketKind<LifetimeQuotaRule> = {
  name: 'lifetime-quota',
  part: ({ capacity }, part) => lifetimeQuotaOf(partOfCapacity(capacity, part)),
  pace: () => ({ refill: null, periodMs: null, unit: 'requests' }),
  isLasting: true,
  ...countingDecider({
    ...ofOneWindow,
    advance,
    returnable: ({ units }) => units,
    waitFor: (_units, { last }, now, { periodUs }) => Math.max(now, last) - now + periodUs,
  }),
}
