/** A share of another limit's rate, as an exact decimal fraction. */
import type { CountingRule } from './algorithm.ts'
import { partOfBurstMax } from './burst-max-rule.ts'
import { partOfCalendarWindow } from './calendar-window-rule.ts'
import { partOfConcurrency } from './concurrency-rule.ts'
import { SluiceError } from './errors.ts'
import { partOfFirstWindow } from './first-window-rule.ts'
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
}

/**
 * A fraction of the rate of another limit in the same list, whatever its kind: the exact decimal fraction of its refill, its capacity
 * (slots, or what a sliding window holds) rounded down, to at least 1.
 * @param parent - a limit further out (earlier in the list), or its name
 * @param ratio - above 0, at most 1, at most 9 decimals
 * @throws SluiceError `SLUICE_RATIO`, `SLUICE_OPTION_TYPE`
 */
export function shareOf(parent: string | { readonly name: string }, ratio: number): ShareRule {
  const name = typeof parent === 'string' ? parent : parent?.name
  if (typeof name !== 'string')
    throw new SluiceError('SLUICE_OPTION_TYPE', { option: 'shareOf(parent)', wanted: 'a limit or its name', value: parent })
  const { numerator, denominator } = decimalFraction(ratio)
  return intern(`share ${numerator}/${denominator} ${name}`, () => ({ kind: 'share', parent: name, numerator, denominator }))
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

const resolved = new WeakMap<CountingRule, Map<ShareRule, CountingRule>>()

/** What a share means while its parent has this rule. Remembered by parent, so that a call costs two look-ups. */
export function resolveShare(share: ShareRule, parent: CountingRule): CountingRule {
  const shares = resolved.get(parent) ?? new Map<ShareRule, CountingRule>()
  const known = shares.get(share)
  if (known !== undefined) return known
  const rule = partOf(parent, share)
  shares.set(share, rule)
  resolved.set(parent, shares)
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
}

function partOf(rule: CountingRule, part: Part): CountingRule {
  // Each entry is handed only rules of its own kind, which the kind says and the type cannot.
  return parts[rule.kind]!(rule as never, part)
}
