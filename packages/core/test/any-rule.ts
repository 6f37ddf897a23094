/** Rules of every kind that counts, as fast-check makes them up. */
import fc from 'fast-check'
import { burstMax, type CountingRule, fixedWindow, lifetimeQuota, slidingWindow, tokenBucket } from '../src/index.ts'

const capacity = fc.integer({ min: 1, max: 50 })
const per = fc.constantFrom('10ms', '1s', '1m', '1h')

export const rulesByKind: Readonly<Record<string, fc.Arbitrary<CountingRule>>> = {
  'greedy bucket': fc.record({ capacity, refill: capacity, per }).map((options) => tokenBucket(options)),
  'interval bucket': fc.record({ capacity, refill: capacity, per }).map((options) => tokenBucket({ ...options, mode: 'interval' })),
  'strict burst': fc.record({ refill: capacity, per }).map((options) => burstMax(options)),
  'window from the first charge': fc.record({ capacity, per }).map((options) => fixedWindow({ ...options, align: 'first' })),
  'window of the calendar': fc
    .record({ capacity, per: fc.constantFrom('day', 'week', 'month', 'year'), timeZone: fc.constantFrom('UTC', 'America/New_York') })
    .map((options) => fixedWindow(options)),
  'lifetime quota': fc.record({ capacity }).map((options) => lifetimeQuota(options)),
  'estimate of a sliding window': fc.record({ capacity, per }).map((options) => slidingWindow(options)),
  'exact sliding window': fc.record({ capacity, per }).map((options) => slidingWindow({ ...options, exact: true })),
  'sliding window of slots': fc.record({ capacity, per }).map((options) => slidingWindow({ ...options, slots: 5 })),
}

export const anyRule: fc.Arbitrary<CountingRule> = fc.oneof(...Object.values(rulesByKind))

/** The time in which something happens under a rule of any kind. */
export function naturalUs(rule: CountingRule): number {
  const { periodUs, longestUs } = rule as { readonly periodUs?: number; readonly longestUs?: number }
  return periodUs ?? longestUs!
}
