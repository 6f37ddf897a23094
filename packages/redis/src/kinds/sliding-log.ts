/** Exact sliding windows (l). */
import type { SlidingLogRule } from '@sluice/core'
import { ruleOf, slidingLogKind } from '@sluice/core/internal'
import type { Kind } from './kind.ts'
import { readSliding, writeSliding } from './sliding-window.ts'

export const slidingLog: Kind<SlidingLogRule> = {
  kind: slidingLogKind.name,
  codes: ['l'],
  // The log is copied: so much for each admission that it can hold.
  contentWorkUs: ({ capacity }) => capacity * 0.4,
  write: (rule) => ({ letter: 'l', capacity: rule.capacity, numbers: [1, 1, rule.periodUs], published: writeSliding(rule) }),
  read: (text) => ruleOf(slidingLogKind, { ...readSliding(text), scale: 1 }),
}
