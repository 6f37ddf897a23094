/** Random histories for fast-check: everything that callers, operators and clocks do to a store, in any order. */

import { type BanOptions, type Duration, type Migrate, type TokenBucketRule, tokenBucket } from '@sluice/core'
import { banTerms } from '@sluice/core/internal'
import fc from 'fast-check'
import type { Ask, History, HistoryLimit, HistoryStep } from './history.ts'
import { foreverMs } from './scene.ts'

export { guaranteedHistories } from './guaranteed-histories.ts'
export { reservationHistories } from './reservation-histories.ts'

/** What may happen in the histories. */
export interface HistoriesOptions {
  /** Steps at most. @default 30 */
  readonly steps?: number
  /** Whether the clock also steps back. Such histories block no key, since stores differ in which clock ends a block. @default false */
  readonly backwards?: boolean
  /** What may become of the buckets when rules change: some of these ways, by turns. With an empty list they do not. @default every way */
  readonly migrate?: readonly Migrate[]
  /** Whether operators reset, block and refund. @default true */
  readonly operators?: boolean
  /** Limits at most. @default 3 */
  readonly limits?: number
}

/**
 * Random histories. Every conversion between two of their rules is exact in doubles, so a rule change rounds alike in every store.
 */
export function histories(options: HistoriesOptions = {}): fc.Arbitrary<History> {
  const { steps = 30, backwards = false, operators = true, limits: most = 3 } = options
  const migrate = options.migrate ?? (['keepUsed', 'keepRemaining', 'proportional', 'reset'] satisfies Migrate[])
  const fixed = fc.record({ rules: fc.tuple(fc.oneof(briefRules, longRules)), ways: fc.constant<Migrate[]>(['keepUsed']) })
  const changing = (ways: readonly Migrate[]) =>
    fc.record({ rules: fc.array(briefRules, { minLength: 2, maxLength: 3 }), ways: fc.subarray([...ways], { minLength: 1 }) })
  const policy = migrate.length === 0 ? fixed : fc.oneof({ arbitrary: changing(migrate), weight: 2 }, { arbitrary: fixed, weight: 1 })
  return policy.chain(({ rules, ways }) =>
    fc
      .tuple(fc.integer({ min: 0, max: 86_400_000_000 }), limitsOf(most))
      .chain(([sinceUs, limits]) =>
        fc
          .array(stepsOf(rules, ways, limits.length, backwards, operators), { minLength: 1, maxLength: steps, size: 'max' })
          .map((list) => ({ startUs: Date.UTC(2026, 0, 1) * 1000 + sinceUs, limits, rules, migrate: ways[0]!, steps: list })),
      ),
  )
}

const modes = fc.constantFrom<'greedy' | 'interval'>('greedy', 'interval')

/** Rules that are full again within seconds. Their scaled capacities multiply to less than 2^53. */
const briefRules: fc.Arbitrary<TokenBucketRule> = fc
  .record({
    capacity: fc.integer({ min: 1, max: 12 }),
    refill: fc.integer({ min: 1, max: 7 }),
    per: fc.constantFrom('1ms', '3ms', '10ms', '250ms', '1s', '7s'),
    mode: modes,
  })
  .map(tokenBucket)

/** Rules whose periods pass the 24.8 days that fit a timer; they are not changed. */
const longRules: fc.Arbitrary<TokenBucketRule> = fc
  .record({
    capacity: fc.integer({ min: 1, max: 60 }),
    refill: fc.integer({ min: 1, max: 60 }),
    per: fc.constantFrom('1m', '1h', '1d', '30d', '366d'),
    mode: modes,
  })
  .map(tokenBucket)

/** Bans by few strikes, that last about as long as the histories do. */
const bans: fc.Arbitrary<BanOptions> = fc.record({
  after: fc.integer({ min: 1, max: 3 }),
  within: fc.constantFrom<Duration>('1ms', '50ms', '3s', '1h'),
  for: fc.constantFrom<Duration>('1ms', '40ms', '1s'),
  factor: fc.integer({ min: 1, max: 3 }),
  atMost: fc.constantFrom<Duration>('1s', '20s'),
})

function limitsOf(most: number): fc.Arbitrary<HistoryLimit[]> {
  const limit = fc.record({
    shadow: fc.constantFrom(false, false, false, true),
    debit: fc.constantFrom<'before' | 'after'>('before', 'before', 'before', 'after'),
    below: fc.constantFrom(0, 0, 0, 1, 3),
    nearAt: fc.constantFrom(0.8, 0.5, 1),
    ban: fc.option(bans, { nil: undefined, freq: 2 }),
  })
  return fc.array(limit, { minLength: 1, maxLength: most }).map((list) =>
    list.map(({ shadow, debit, below, nearAt, ban }, i) => ({
      facts: {
        name: `limit-${i}`,
        shadow,
        debit,
        nearAt,
        disclose: i !== 1,
        parent: i === 2 ? 'limit-1' : null,
        ban: ban && banTerms(ban, `limit-${i}`),
      },
      startsBelow: below,
    })),
  )
}

function stepsOf(
  rules: readonly TokenBucketRule[],
  ways: readonly Migrate[],
  limits: number,
  backwards: boolean,
  operators: boolean,
): fc.Arbitrary<HistoryStep> {
  const migrate = fc.constantFrom(...ways)
  const asks = fc
    .array(asksOf(rules, limits), { minLength: 1, maxLength: limits })
    .map((list) => list.filter((ask, i) => list.findIndex(({ limit }) => limit === ask.limit) === i).sort((a, b) => a.limit - b.limit))
  const call = (action: 'consume' | 'peek' | 'reserve', undo: fc.Arbitrary<number[]>): fc.Arbitrary<HistoryStep> =>
    fc.record({ do: fc.constant(action), asks, undo, migrate })
  const nothing = fc.constant<number[]>([])
  const taking = fc
    .record({ asks, cost: fc.integer({ min: 1, max: 4 }), more: units(rules), fixed: fc.constantFrom(-1, 0, 1), migrate })
    .map(({ asks: list, cost, more, fixed, migrate: how }): HistoryStep => {
      const upTo = Math.min(cost + more, Number.MAX_SAFE_INTEGER)
      return { do: 'consume', asks: list.map((ask) => (ask.limit === fixed ? ask : { ...ask, cost, upTo })), undo: [], migrate: how }
    })
  const back = fc.integer({ min: 0, max: 3 })
  const field = fc.constantFrom<'retryAfterMs' | 'replenishAfterMs' | 'resetAfterMs'>('retryAfterMs', 'replenishAfterMs', 'resetAfterMs')
  const common: fc.WeightedArbitrary<HistoryStep>[] = [
    { weight: 8, arbitrary: call('consume', nothing) },
    { weight: 3, arbitrary: taking },
    { weight: 2, arbitrary: call('peek', nothing) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('drain'), ask: asksOf(rules, limits) }) },
    { weight: 4, arbitrary: call('reserve', nothing) },
    { weight: 2, arbitrary: call('reserve', fc.uniqueArray(back, { maxLength: 2 })) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('settle'), hold: back, actual: fc.array(units(rules), { maxLength: 3 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('waitFor'), field, plusUs: fc.constantFrom(0, 0, -1, 1) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('wait'), us: waits(rules) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('inspect'), ask: asksOf(rules, limits) }) },
  ]
  const stepsBack: fc.WeightedArbitrary<HistoryStep> = {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait'), us: waits(rules).map((us) => -us) }),
  }
  const blockTimes = fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 0, max: 3000 }) }, { weight: 1, arbitrary: fc.constant(foreverMs) })
  const blocks: fc.WeightedArbitrary<HistoryStep> = {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('block'), ask: asksOf(rules, limits), durationMs: blockTimes }),
  }
  const banning: fc.WeightedArbitrary<HistoryStep>[] = [
    { weight: 4, arbitrary: fc.record({ do: fc.constant('strike'), ask: asksOf(rules, limits) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('blocked'), ask: asksOf(rules, limits) }) },
  ]
  const others: fc.WeightedArbitrary<HistoryStep>[] = [
    { weight: 1, arbitrary: fc.record({ do: fc.constant('refund'), asks }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('reset', 'resetAll'), ask: asksOf(rules, limits) }) },
  ]
  return fc.oneof(
    ...common,
    ...(backwards ? [stepsBack] : []),
    ...(operators ? [...others, ...(backwards ? [] : [blocks, ...banning])] : []),
  )
}

function asksOf(rules: readonly TokenBucketRule[], limits: number): fc.Arbitrary<Ask> {
  return fc.record({
    limit: fc.integer({ min: 0, max: limits - 1 }),
    key: fc.constantFrom('a', 'a', 'a', 'b'),
    rule: fc.integer({ min: 0, max: rules.length - 1 }),
    version: rules.length === 1 ? fc.constant(0) : fc.constantFrom(0, 0, 0, 1, 2),
    cost: units(rules),
  })
}

function units(rules: readonly TokenBucketRule[]): fc.Arbitrary<number> {
  const capacity = Math.max(...rules.map((rule) => rule.capacity))
  return fc.oneof(
    { weight: 4, arbitrary: fc.constant(1) },
    { weight: 4, arbitrary: fc.integer({ min: 0, max: capacity + 1 }) },
    { weight: 1, arbitrary: fc.constantFrom(0, capacity, 3 * capacity, Number.MAX_SAFE_INTEGER) },
  )
}

/** From single microseconds to a few times what it takes to fill a bucket. */
function waits(rules: readonly TokenBucketRule[]): fc.Arbitrary<number> {
  const periodUs = Math.max(...rules.map((rule) => rule.periodUs))
  return fc.oneof(
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 0, max: periodUs }),
    fc.integer({ min: 0, max: 3 }).map((periods) => periods * periodUs),
    fc.integer({ min: 0, max: Math.min(20 * periodUs, 10 * 366 * 86_400_000_000) }),
  )
}
