/** Windows that begin with a key's first charge (f). */
import type { FirstWindowRule } from '@sluice/core'
import { firstWindowKind, ruleOf } from '@sluice/core/internal'
import { type Kind, readPerPeriod, writePerPeriod } from './kind.ts'

export const firstWindow: Kind<FirstWindowRule> = {
  kind: firstWindowKind.name,
  codes: ['f'],
  write: (rule) => writePerPeriod('f', rule),
  read: (text) => ruleOf(firstWindowKind, { ...readPerPeriod(text) }),
}
