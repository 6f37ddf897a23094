/** Sliding windows with a log (l). */
import type { SlidingLogRule } from '@sluice/core'
import { ruleOf, slidingLogKind } from '@sluice/core/internal'
import type { Kind } from './kind.ts'
import { readSliding, writeSliding } from './sliding-window.ts'

export const slidingLog: Kind<SlidingLogRule> = {
  kind: slidingLogKind.name,
  codes: ['l'],
  workUs: () => 20,
  write: (rule) => ({ letter: 'l', capacity: rule.capacity, numbers: [rule.tickUs, 1, rule.periodUs], published: writeSliding(rule) }),
  read: (text) => ruleOf(slidingLogKind, { ...readSliding(text), scale: 1, tickUs: text.numbers[0] }),
}
