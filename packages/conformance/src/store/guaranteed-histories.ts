/** Random histories of parents and their children with guarantees, for fast-check. */

import { type CountingRule, guaranteedShareOf, type TokenBucketRule, tokenBucket } from '@sluice/core'
import { resolveShare } from '@sluice/core/internal'
import fc from 'fast-check'
import type { Ask, History, HistoryLimit, HistoryStep } from './history.ts'

/** The limits of such a history: a parent, two that are guaranteed shares of it, and one that has nothing to do with them. */
const [parent, first, second, aside] = [0, 1, 2, 3]

interface World {
  readonly parents: readonly TokenBucketRule[]
  readonly rules: readonly CountingRule[]
  readonly shadow: boolean
  readonly after: boolean
}

/**
 * Random histories with guarantees. Their parents change in size, not in period, and their clock goes forward. Otherwise the sums of a
 * store may be wrong for two periods, by design, and stores differ.
 * @param steps - at most
 */
export function guaranteedHistories(steps: number = 40): fc.Arbitrary<History> {
  return worlds.chain((world) =>
    fc
      .tuple(fc.integer({ min: 0, max: 86_400_000_000 }), fc.array(stepsIn(world), { minLength: 1, maxLength: steps, size: 'max' }))
      .map(([sinceUs, list]) => ({
        startUs: Date.UTC(2026, 0, 1) * 1000 + sinceUs,
        limits: limitsOf(world),
        rules: world.rules,
        migrate: 'keepUsed',
        steps: list,
      })),
  )
}

const worlds: fc.Arbitrary<World> = fc
  .record({
    sizes: fc.array(fc.record({ capacity: fc.integer({ min: 1, max: 24 }), refill: fc.integer({ min: 1, max: 24 }) }), {
      minLength: 1,
      maxLength: 2,
    }),
    per: fc.constantFrom('10ms', '1s', '7s'),
    ratios: fc.tuple(fc.constantFrom(0.1, 0.25, 0.5), fc.constantFrom(0.05, 0.3, 0.5)),
    shadow: fc.boolean(),
    after: fc.constantFrom(false, false, true),
  })
  .map(({ sizes, per, ratios, shadow, after }) => {
    const parents = sizes.map((size) => tokenBucket({ ...size, per, mode: 'interval' }))
    const guaranteed = (rule: CountingRule, ratio: number): CountingRule => resolveShare(guaranteedShareOf('parent', ratio), rule, 'child')
    const rules = parents.flatMap((rule) => [rule, guaranteed(rule, ratios[0]), guaranteed(rule, ratios[1])])
    return { parents, rules: [...rules, tokenBucket({ capacity: 6, per: '1s' })], shadow, after }
  })

function limitsOf({ shadow, after }: World): HistoryLimit[] {
  return ['parent', 'first', 'second', 'aside'].map((name, at) => ({
    facts: {
      name,
      shadow: shadow && at === second,
      disclose: true,
      nearAt: 0.8,
      debit: after && at !== aside ? 'after' : 'before',
      parent: at === first || at === second ? 'parent' : null,
    },
    startsBelow: 0,
  }))
}

function stepsIn(world: World): fc.Arbitrary<HistoryStep> {
  const { periodUs } = world.parents[0]!
  const asks = asksIn(world)
  const call = (action: 'consume' | 'peek' | 'reserve', undo: fc.Arbitrary<number[]>): fc.Arbitrary<HistoryStep> =>
    fc.record({ do: fc.constant(action), asks, undo })
  const nothing = fc.constant<number[]>([])
  const back = fc.integer({ min: 0, max: 3 })
  const us = fc.oneof(
    fc.integer({ min: 0, max: 3 }),
    fc.integer({ min: 0, max: periodUs }),
    fc.integer({ min: 0, max: 3 }).map((periods) => periods * periodUs),
  )
  return fc.oneof(
    { weight: 12, arbitrary: call('consume', nothing) },
    { weight: 1, arbitrary: call('peek', nothing) },
    { weight: 4, arbitrary: call('reserve', nothing) },
    { weight: 2, arbitrary: call('reserve', fc.uniqueArray(back, { maxLength: 2 })) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('settle'), hold: back, actual: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 4 }) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('refund'), asks }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('waitFor'), field: fc.constant('retryAfterMs'), plusUs: fc.constantFrom(0, -1) }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('wait'), us }) },
  )
}

/** What one call asks: its parent, at least one of the children, and perhaps what has nothing to do with them. */
function asksIn({ parents, rules }: World): fc.Arbitrary<Ask[]> {
  const most = Math.max(...parents.map(({ capacity }) => capacity))
  return fc
    .record({
      under: fc.integer({ min: 0, max: parents.length - 1 }),
      version: parents.length === 1 ? fc.constant(0) : fc.constantFrom(0, 0, 1),
      of: fc.constantFrom('p', 'p', 'p', 'q'),
      who: fc.constantFrom('a', 'b', 'c'),
      children: fc.constantFrom([first], [first], [second], [first, second]),
      beside: fc.constantFrom(false, false, false, true),
      cost: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 3 }) }, fc.integer({ min: 0, max: most + 1 })),
      paid: fc.constantFrom(0, 0, 0, 1),
      orphan: fc.constantFrom(false, false, false, false, false, false, false, true),
    })
    .map(({ under, version, of, who, children, beside, cost, paid, orphan }) => [
      ...(orphan ? [] : [{ limit: parent, key: of, rule: 3 * under, version, cost: Math.max(0, cost - paid) }]),
      ...children.map((limit) => ({ limit, key: `${of}${who}`, rule: 3 * under + limit, version, cost })),
      ...(beside ? [{ limit: aside, key: who, rule: rules.length - 1, version: 0, cost: 1 }] : []),
    ])
}
