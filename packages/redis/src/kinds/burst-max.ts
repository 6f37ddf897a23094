/** Strict burst max (b). */
import type { BurstMaxRule } from '@sluice/core'
import { burstMaxKind, ruleOf } from '@sluice/core/internal'
import { type Kind, readPerPeriod, writePerPeriod } from './kind.ts'

export const burstMax: Kind<BurstMaxRule> = {
  kind: burstMaxKind.name,
  codes: ['b'],
  write: (rule) => writePerPeriod('b', rule),
  read: (text) => ruleOf(burstMaxKind, { ...readPerPeriod(text) }),
}
