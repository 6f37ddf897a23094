/** What the estimate of a sliding window gives a caller that never stops asking. */
import { expect, test } from 'vitest'
import type { BucketState } from '../../kind.ts'
import { slidingWindow, slidingWindowKind } from './sliding-window.ts'

const start = Date.UTC(2026, 0, 1) * 1000

test.each([
  [1, 50],
  [2, 50],
  [3, 67],
  [5, 80],
  [10, 90],
  [100, 99],
])('a steady caller at a capacity of %i gets %i % of the rate, whether it waits as told or asks all the time', (capacity, percent) => {
  const rule = slidingWindow({ capacity, per: '1m' })
  const windows = 300
  const admittedBy = (wait: (retryUs: number) => number): number => {
    let [state, now, admitted]: [BucketState | undefined, number, number] = [undefined, start + 333, 0]
    while (now < start + windows * rule.periodUs) {
      const { admits, after } = slidingWindowKind.decide(state, now, 1, rule, capacity)
      if (admits) admitted++
      state = after
      now += admits ? 0 : wait(slidingWindowKind.describe(after, now, 1, rule).retryUs!)
    }
    return Math.round((100 * admitted) / (windows * capacity))
  }
  expect(admittedBy((retryUs) => retryUs)).toBe(percent)
  expect(Math.abs(admittedBy(() => rule.periodUs / capacity / 4) - percent)).toBeLessThanOrEqual(1)
})
