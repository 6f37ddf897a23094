/** Lifetime quotas (o). */
import type { LifetimeQuotaRule } from '@sluice/core'
import { lifetimeQuotaKind, ruleOf } from '@sluice/core/internal'
import type { Kind } from './kind.ts'

export const lifetimeQuota: Kind<LifetimeQuotaRule> = {
  kind: lifetimeQuotaKind.name,
  codes: ['o'],
  write: ({ capacity, periodUs }) => ({ letter: 'o', capacity, numbers: [1, 1, periodUs], published: '' }),
  read: ({ capacity, numbers: [, , periodUs] }) => ruleOf(lifetimeQuotaKind, { capacity, scale: 1, per: 'lifetime', periodUs }),
}
