/** What a rule admits, in a sentence or two. */
import type {
  BurstMaxRule,
  CalendarWindowRule,
  ConcurrencyRule,
  CountingRule,
  FirstWindowRule,
  LifetimeQuotaRule,
  SlidingLogRule,
  SlidingWindowRule,
  TokenBucketRule,
} from '@sluice/core'
import { counted } from '../counted.ts'

type Words<R extends CountingRule> = (rule: R) => string

const sentences: Readonly<Record<string, Words<never>>> = {
  'token-bucket': (({ capacity, refill, perMs, mode }) => {
    if (mode === 'greedy') return `At most ${units(capacity)} at once. ${counted(refill)} come back ${per(perMs)}, one by one.`
    if (refill === capacity) return `At most ${units(capacity)} in each ${spanOf(perMs)}. Each begins on the clock, the same for every key.`
    return `At most ${units(capacity)} at once. ${counted(refill)} come back at the end of each ${spanOf(perMs)}.`
  }) satisfies Words<TokenBucketRule>,
  'burst-max': (({ capacity, refill, perMs }) =>
    `${units(refill)} in each ${spanOf(perMs)}, or up to ${counted(capacity)} in one of them. What is above ${counted(refill)} is taken from the next one, which may not borrow again.`) satisfies Words<BurstMaxRule>,
  'first-window': (({ capacity, perMs }) =>
    `At most ${units(capacity)} in each ${spanOf(perMs)}. Each begins with the first request of a key.`) satisfies Words<FirstWindowRule>,
  'calendar-window': (({ capacity, period, timeZone }) =>
    `At most ${units(capacity)} in each ${period} of the calendar in ${timeZone}.`) satisfies Words<CalendarWindowRule>,
  'sliding-log': (({ capacity, perMs, tickUs }) =>
    `At most ${units(capacity)} in any ${spanOf(perMs)}, wherever it begins.${tickUs === 1 ? '' : ` A unit comes back up to ${spanOf(tickUs / 1000)} late.`}`) satisfies Words<SlidingLogRule>,
  'sliding-window': (({ capacity, perMs }) =>
    `At most ${units(capacity)} in the last ${spanOf(perMs)}, by an estimate from two counts.`) satisfies Words<SlidingWindowRule>,
  'lifetime-quota': (({ capacity }) => `${units(capacity)} in all, which never come back.`) satisfies Words<LifetimeQuotaRule>,
  concurrency: (({ capacity }) =>
    `At most ${counted(capacity)} in flight at the same time. How many pass in a time depends on how long each takes.`) satisfies Words<ConcurrencyRule>,
}

/** What a rule admits. A rule that is unknown here is called by its kind. */
export function ruleInWords(rule: CountingRule): string {
  const words = sentences[rule.kind] as Words<CountingRule> | undefined
  return words?.(rule) ?? `At most ${counted(rule.capacity)} at once (${rule.kind}).`
}

function units(count: number): string {
  return `${counted(count)} ${count === 1 ? 'unit' : 'units'}`
}

const spans = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
] as const

/** A length of time: `second`, `15 minutes`. */
function spanOf(ms: number): string {
  const [length, name] = spans.find(([span]) => ms % span === 0) ?? [1, 'millisecond']
  return ms === length ? name : `${counted(ms / length)} ${name}s`
}

/** The same with its number: `1 second`, `15 minutes`. */
export function lengthOf(ms: number): string {
  const span = spanOf(ms)
  return /^\d/.test(span) ? span : `1 ${span}`
}

function per(ms: number): string {
  const span = spanOf(ms)
  if (/^\d/.test(span)) return `every ${span}`
  return span === 'hour' ? 'an hour' : `a ${span}`
}
