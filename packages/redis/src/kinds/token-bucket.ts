/** Token buckets, greedy (g) or by interval (i). */
import type { TokenBucketRule } from '@sluice/core'
import { ruleOf, tokenBucketKind } from '@sluice/core/internal'
import { type Kind, readPerPeriod, writePerPeriod } from './kind.ts'

export const tokenBucket: Kind<TokenBucketRule> = {
  kind: tokenBucketKind.name,
  codes: ['g', 'i'],
  workUs: ({ mode }) => (mode === 'greedy' ? 6 : 7.5),
  write: (rule) => writePerPeriod(rule.mode === 'greedy' ? 'g' : 'i', rule),
  read: (text) => ruleOf(tokenBucketKind, { mode: text.letter === 'g' ? 'greedy' : 'interval', ...readPerPeriod(text) }),
}
