/** Random histories of reservations that stay open while the rule of their bucket changes, it is reset, and its key is blocked. */

import { type Migrate, type TokenBucketRule, tokenBucket } from '@sluice/core'
import fc from 'fast-check'
import type { Ask, History, HistoryLimit, HistoryStep } from './history.ts'

/** Rules that differ much in speed: what a fast one brings back in a moment, a slow one would bring in seconds. */
const rules: fc.Arbitrary<TokenBucketRule[]> = fc.array(
  fc
    .record({
      capacity: fc.integer({ min: 2, max: 12 }),
      refill: fc.integer({ min: 1, max: 7 }),
      per: fc.constantFrom('1ms', '3ms', '250ms', '7s', '7s'),
      mode: fc.constantFrom<'greedy' | 'interval'>('greedy', 'greedy', 'interval'),
    })
    .map(tokenBucket),
  { minLength: 2, maxLength: 3 },
)

const only: HistoryLimit = {
  facts: { name: 'only', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null },
  startsBelow: 0,
}

/** One bucket; up to ten reservations are open at once, each across any number of changes, resets and blocks. @param steps - at most */
export function reservationHistories(steps: number = 50): fc.Arbitrary<History> {
  return rules.chain((list) =>
    fc
      .tuple(fc.integer({ min: 0, max: 86_400_000_000 }), fc.array(stepsOf(list), { minLength: 1, maxLength: steps, size: 'max' }))
      .map(([sinceUs, all]) => ({
        startUs: Date.UTC(2026, 0, 1) * 1000 + sinceUs,
        limits: [only],
        rules: list,
        migrate: 'keepUsed',
        steps: all,
      })),
  )
}

function stepsOf(list: readonly TokenBucketRule[]): fc.Arbitrary<HistoryStep> {
  const most = Math.max(...list.map(({ capacity }) => capacity))
  const migrate = fc.constantFrom<Migrate>('keepUsed', 'keepUsed', 'keepRemaining', 'proportional', 'reset')
  const ask = (costs: fc.Arbitrary<number>): fc.Arbitrary<Ask> =>
    fc.record({
      limit: fc.constant(0),
      key: fc.constant('a'),
      rule: fc.nat(list.length - 1),
      version: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1),
      cost: costs,
    })
  const call = (action: 'consume' | 'reserve', costs: fc.Arbitrary<number>): fc.Arbitrary<HistoryStep> =>
    fc.record({
      do: fc.constant(action),
      asks: ask(costs).map((one) => [one]),
      undo: fc.constantFrom<number[]>([], [], [], [], [], [0], [1]),
      migrate,
    })
  const { periodUs } = list[0]!
  return fc.oneof(
    { weight: 8, arbitrary: call('reserve', fc.integer({ min: 1, max: most })) },
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant('settle'),
        hold: fc.nat(9),
        actual: fc.constantFrom(0, 0, 0, 1, most + 1).map((units) => [units]),
      }),
    },
    // Changes of the rule, mostly: a cost of 0 converts the bucket and takes nothing.
    { weight: 6, arbitrary: call('consume', fc.constantFrom(0, 0, 1)) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('drain'), ask: ask(fc.constant(0)) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('reset', 'resetAll'), ask: ask(fc.constant(0)) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('block'), ask: ask(fc.constant(0)), durationMs: fc.constantFrom(0, 1, 100) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('wait'), us: fc.oneof(fc.nat(3), fc.nat(20_000), fc.nat(periodUs)) }) },
  )
}
