/** A share of another limit's rate, as an exact decimal fraction. */

import { SluiceError } from '../errors.ts'
import { checkOptions, optionalOf } from '../options.ts'
import type { CountingRule } from './algorithm.ts'
import { partOfBurstMax } from './burst-max-rule.ts'
import { partOfCalendarWindow } from './calendar-window-rule.ts'
import { partOfConcurrency } from './concurrency-rule.ts'
import { partOfFirstWindow } from './first-window-rule.ts'
import { guaranteedPart, partOfGuarantee } from './guaranteed-rule.ts'
import type { Part } from './part.ts'
import { intern, type Rule } from './rule.ts'
import { partOfSlidingLog } from './sliding-log-rule.ts'
import { partOfSlidingWindow } from './sliding-window-rule.ts'
import { partOfTokenBucket } from './token-bucket-rule.ts'

/** A rule that follows another limit's rule, whatever that is at the moment. */
export interface ShareRule extends Rule, Part {
  readonly kind: 'share'
  /** Name of the limit it is a share of. */
  readonly parent: string
  /** Whether it is what a key can always have of its parent, in place of the most that it can have. */
  readonly guaranteed: boolean
}

/** What {@link shareOf} may be told. */
export interface ShareOptions {
  /**
   * Whether the share is the least that a key can have of its parent, in place of the most. The parent must have periods that are the
   * same for everybody: `fixedWindow` since the epoch, `tokenBucket` in interval mode, or `burstMax`. @default false
   */
  readonly guaranteed?: boolean | undefined
}

/**
 * A fraction of the rate of another limit in the same list, whatever its kind: the exact decimal fraction of its refill, its capacity
 * (slots, or what a sliding window holds) rounded down, to at least 1.
 *
 * With `guaranteed` it is not the most that a key can have but the least: that fraction of what each period of the parent brings, in
 * whole units, at least 1. A key below it is refused only where the parent is exhausted. One above it may have what is left when the
 * guarantees of all other keys are set aside that are present, which a key is in the period in which it asks, even in vain, and in the
 * next; what those then do not use lapses with the period. Guarantees of keys that are not present flow to whoever asks, and the parent's
 * capacity is never exceeded. The ratio is that of one key: where those of all keys present sum to more than 1, they are served first
 * come. A key must belong to one key of the parent, best by beginning with it. The share costs what its parent is charged. Callers are
 * shown the guarantee as capacity. When it refuses, `retryAfterMs` is the next period, or for a cost above the guarantee at most the one
 * after that, and holds if nobody else asks.
 * @param parent - a limit further out (earlier in the list), or its name
 * @param ratio - above 0, at most 1, at most 9 decimals
 * @throws SluiceError `SLUICE_RATIO`, `SLUICE_OPTION_TYPE`, `SLUICE_OPTION_UNKNOWN`
 */
export function shareOf(parent: string | { readonly name: string }, ratio: number, options: ShareOptions = {}): ShareRule {
  const name = typeof parent === 'string' ? parent : parent?.name
  if (typeof name !== 'string')
    throw new SluiceError('SLUICE_OPTION_TYPE', { option: 'shareOf(parent)', wanted: 'a limit or its name', value: parent })
  checkOptions(options, 'shareOf', ['guaranteed'])
  optionalOf(options.guaranteed, 'shareOf.guaranteed', 'boolean')
  const { numerator, denominator } = decimalFraction(ratio)
  const { guaranteed = false } = options
  const signature = `${guaranteed ? 'guaranteed share' : 'share'} ${numerator}/${denominator} ${name}`
  return intern(signature, () => ({ kind: 'share', parent: name, numerator, denominator, guaranteed }))
}

function decimalFraction(ratio: number): { numerator: number; denominator: number } {
  const finest = 1e9
  const parts = typeof ratio === 'number' ? Math.round(ratio * finest) : Number.NaN
  if (!(parts > 0 && parts <= finest) || parts / finest !== ratio) throw new SluiceError('SLUICE_RATIO', { option: 'ratio', value: ratio })
  let denominator = 1
  while ((parts * denominator) % finest !== 0) denominator *= 10
  return { numerator: (parts * denominator) / finest, denominator }
}

/** Whether a rule is a share and needs its parent's rule to mean anything. */
export function isShare(rule: Rule): rule is ShareRule {
  return rule.kind === 'share'
}

const resolved = new WeakMap<CountingRule, WeakMap<ShareRule, CountingRule>>()

/**
 * What a share means while its parent has this rule. Remembered by parent, so that a call costs two look-ups.
 * @param name - of the limit that is a share, for the error
 * @throws SluiceError `SLUICE_GUARANTEE_PARENT` where a part of such a rule cannot be guaranteed
 */
export function resolveShare(share: ShareRule, parent: CountingRule, name: string): CountingRule {
  const shares = resolved.get(parent) ?? new WeakMap<ShareRule, CountingRule>()
  const known = shares.get(share)
  if (known !== undefined) return known
  const rule = share.guaranteed ? guaranteedOrFail(parent, share, name) : partOf(parent, share)
  shares.set(share, rule)
  resolved.set(parent, shares)
  return rule
}

function guaranteedOrFail(parent: CountingRule, share: ShareRule, name: string): CountingRule {
  const rule = guaranteedPart(parent, share)
  if (rule === undefined) throw new SluiceError('SLUICE_GUARANTEE_PARENT', { name, parent: share.parent, value: parent.kind })
  return rule
}

type PartOf = (rule: never, part: Part) => CountingRule

/** How each kind of rule makes a part of itself. */
const parts: Readonly<Record<string, PartOf>> = {
  'token-bucket': partOfTokenBucket,
  'burst-max': partOfBurstMax,
  'first-window': partOfFirstWindow,
  'calendar-window': partOfCalendarWindow,
  'sliding-window': partOfSlidingWindow,
  'sliding-log': partOfSlidingLog,
  concurrency: partOfConcurrency,
  guaranteed: partOfGuarantee,
}

function partOf(rule: CountingRule, part: Part): CountingRule {
  // Each entry is handed only rules of its own kind, which the kind says and the type cannot.
  return parts[rule.kind]!(rule as never, part)
}
