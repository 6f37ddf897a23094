/** The algorithm of each kind of rule. */

import type { Algorithm, CountingRule } from './algorithm.ts'
import { burstMaxAlgorithm } from './burst-max.ts'
import { calendarWindowAlgorithm } from './calendar-window.ts'
import { isConcurrency } from './concurrency-rule.ts'
import { firstWindowAlgorithm } from './first-window.ts'
import { guaranteedAlgorithm } from './guaranteed.ts'
import type { Rule } from './rule.ts'
import { slidingLogAlgorithm } from './sliding-log.ts'
import { slidingWindowAlgorithm } from './sliding-window.ts'
import { tokenBucketAlgorithm } from './token-bucket.ts'

const algorithms = {
  'token-bucket': tokenBucketAlgorithm,
  'burst-max': burstMaxAlgorithm,
  'first-window': firstWindowAlgorithm,
  'calendar-window': calendarWindowAlgorithm,
  'sliding-window': slidingWindowAlgorithm,
  'sliding-log': slidingLogAlgorithm,
  guaranteed: guaranteedAlgorithm,
}

/** Whether a value is a rule that stores decide: by some algorithm, or by slots. */
export function isCountingRule(value: unknown): value is CountingRule {
  if (typeof value !== 'object' || value === null) return false
  return Object.hasOwn(algorithms, (value as Rule).kind) || isConcurrency(value as Rule)
}

/** The algorithm of a rule's kind. Slots have none. */
export function algorithmOf(rule: CountingRule): Algorithm<CountingRule> {
  // Each entry is handed only rules of its own kind, which the kind says and the type of a method lets pass.
  return algorithms[rule.kind as keyof typeof algorithms]
}
