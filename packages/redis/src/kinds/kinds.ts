/** The kinds of rules that the scripts can decide. A new kind is added to this list; its files stand beside this one. */
import type { CountingRule } from '@sluice/core'
import { burstMax } from './burst-max.ts'
import { calendarWindow } from './calendar-window.ts'
import { concurrency } from './concurrency.ts'
import { firstWindow } from './first-window.ts'
import { guaranteed } from './guaranteed.ts'
import type { Kind, RuleText } from './kind.ts'
import { lifetimeQuota } from './lifetime-quota.ts'
import { slidingLog } from './sliding-log.ts'
import { slidingWindow } from './sliding-window.ts'
import { tokenBucket } from './token-bucket.ts'

const kinds: readonly Kind<CountingRule>[] = [
  burstMax,
  calendarWindow,
  concurrency,
  firstWindow,
  guaranteed,
  lifetimeQuota,
  slidingLog,
  slidingWindow,
  tokenBucket,
]
const byName = new Map(kinds.map((kind) => [kind.kind, kind]))

/** The kind of a rule; `undefined` if the scripts do not know it. */
export function kindOf({ kind }: CountingRule): Kind<CountingRule> | undefined {
  // Each kind gets only rules of its own, which the name says and the type cannot.
  return byName.get(kind)
}

/** The rule of the parts that a kind has written; `undefined` for a letter that is no kind. */
export function readRule(text: RuleText): CountingRule | undefined {
  return kinds.find(({ codes }) => codes.includes(text.letter))?.read(text)
}
