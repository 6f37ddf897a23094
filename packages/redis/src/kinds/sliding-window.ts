/** The estimate of a sliding window (s). */
import type { SlidingLogRule, SlidingWindowRule } from '@sluice/core'
import { type RuleNumbers, ruleOf, slidingWindowKind } from '@sluice/core/internal'
import type { Kind, RuleText } from './kind.ts'

export const slidingWindow: Kind<SlidingWindowRule> = {
  kind: slidingWindowKind.name,
  codes: ['s'],
  write: (rule) => ({
    letter: 's',
    capacity: rule.capacity,
    numbers: [rule.tickUs, rule.scale, rule.periodUs],
    published: writeSliding(rule),
  }),
  read: (text) => ruleOf(slidingWindowKind, { ...readSliding(text), scale: text.numbers[1], tickUs: text.numbers[0] }),
}

/** A share of less than one unit has a longer period than callers see, and a refill with a fraction. */
export function writeSliding({ refill, capacity, perMs, periodUs }: SlidingLogRule | SlidingWindowRule): string {
  return refill === capacity && perMs * 1000 === periodUs ? '' : `${refill}/${perMs}`
}

export function readSliding({
  capacity,
  numbers: [, , periodUs],
  published,
}: RuleText): Omit<RuleNumbers<SlidingLogRule>, 'scale' | 'tickUs'> {
  const [refill, perMs] = published === '' ? [capacity, periodUs / 1000] : published.split('/').map(Number)
  return { capacity, refill: refill!, perMs: perMs!, periodUs }
}
