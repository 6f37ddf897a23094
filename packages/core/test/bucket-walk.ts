/** Random ways to bring a bucket into a state: charges, debts, returns and waiting, as fast-check makes them up. */
import fc from 'fast-check'
import type { CountingRule, Micros } from '../src/index.ts'
import type { BucketState } from '../src/kind.ts'
import { bucketKind } from '../src/kind.ts'

/** One thing that happens. Waits are microseconds, the rest is units. */
export type WalkStep = { readonly do: 'wait'; readonly us: number } | { readonly do: 'charge' | 'owe' | 'refund'; readonly units: number }

/** A bucket of a rule, and what happens to it. */
export interface Walk<R extends CountingRule> {
  readonly rule: R
  readonly initial: number
  readonly startUs: Micros
  readonly steps: readonly WalkStep[]
}

/** Some moment of 2026, in microseconds. */
export const someTime: fc.Arbitrary<Micros> = fc.integer({ min: Date.UTC(2026, 0, 1) * 1000, max: Date.UTC(2027, 0, 1) * 1000 })

/**
 * Walks of the buckets of a rule.
 * @param naturalUs - the time in which something happens under a rule, such as its period
 */
export function walks<R extends CountingRule>(rules: fc.Arbitrary<R>, naturalUs: (rule: R) => number): fc.Arbitrary<Walk<R>> {
  return rules.chain((rule) =>
    fc.record({
      rule: fc.constant(rule),
      initial: fc.oneof({ weight: 3, arbitrary: fc.constant(rule.capacity) }, fc.integer({ min: 0, max: rule.capacity })),
      startUs: someTime,
      steps: fc.array(stepsOf(rule, naturalUs(rule)), { maxLength: 12 }),
    }),
  )
}

/** Units worth trying under a rule: few, many, and one more than fit. */
export function unitsOf({ capacity }: CountingRule): fc.Arbitrary<number> {
  return fc.oneof(fc.constant(1), fc.integer({ min: 0, max: capacity + 1 }), fc.constant(capacity))
}

/** Waits worth trying: none, moments, parts of a period, whole periods. */
export function waitsOf(naturalUs: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.constantFrom(0, 1),
    fc.integer({ min: 0, max: naturalUs }),
    fc.integer({ min: 0, max: 4 }).map((times) => times * naturalUs),
    fc.integer({ min: 0, max: 5 * naturalUs }),
  )
}

function stepsOf(rule: CountingRule, naturalUs: number): fc.Arbitrary<WalkStep> {
  const units = unitsOf(rule)
  return fc.oneof(
    { weight: 4, arbitrary: fc.record({ do: fc.constant<'charge'>('charge'), units }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant<'wait'>('wait'), us: waitsOf(naturalUs) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom<'owe' | 'refund'>('owe', 'refund'), units }) },
  )
}

/** Where a walk leads: the bucket *at now*. Debts stay within twice the capacity, as settlements keep them. */
export function walk<R extends CountingRule>({ rule, initial, startUs, steps }: Walk<R>): { state: BucketState; now: Micros } {
  const algorithm = bucketKind(rule)
  let now = startUs
  let state = algorithm.decide(undefined, now, 0, rule, initial).before
  for (const step of steps) {
    if (step.do === 'wait') {
      now += step.us
      state = algorithm.advance(state, now, rule)
    } else if (step.do === 'charge') state = algorithm.decide(state, now, step.units, rule, initial).after
    else if (step.do === 'refund') state = algorithm.giveBack(state, step.units * rule.scale, rule)
    else if (algorithm.missing(state, rule) + step.units * rule.scale <= 2 * rule.capacity * rule.scale)
      state = algorithm.debit(state, step.units * rule.scale, rule)
  }
  return { state, now }
}
