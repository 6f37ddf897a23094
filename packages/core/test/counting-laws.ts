/** What must hold for every kind of rule that counts, whatever it counts by. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CountingRule } from '../src/index.ts'
import { bucketKind } from '../src/kind.ts'
import { unitsOf, type Walk, waitsOf, walk, walks } from './bucket-walk.ts'

/**
 * Tests of one kind.
 * @param naturalUs - the time in which something happens under a rule, such as its period
 * @param numRuns - random walks for each law
 */
export function holdsTheLawsOfCounting<R extends CountingRule>(
  kind: string,
  rules: fc.Arbitrary<R>,
  naturalUs: (rule: R) => number,
  numRuns: number = 500,
): void {
  const check = (law: (walked: Walk<R>, units: number, us: number) => void): void => {
    const seeds = walks(rules, naturalUs).chain((walked) =>
      fc.tuple(fc.constant(walked), unitsOf(walked.rule), waitsOf(naturalUs(walked.rule))),
    )
    fc.assert(
      fc.property(seeds, ([walked, units, us]) => {
        law(walked, units, us)
      }),
      { numRuns },
    )
  }

  describe(`every ${kind}`, () => {
    test('admits a refused cost at its retry time, and refuses it a microsecond before', () => {
      check((walked, units) => {
        const { rule, initial } = walked
        const { decide, describe: describeBucket } = bucketKind(rule)
        const { state, now } = walk(walked)
        const { retryUs } = describeBucket(state, now, units, rule)
        if (units > rule.capacity) return expect(retryUs).toBeNull()
        expect(decide(state, now, units, rule, initial).admits).toBe(retryUs === 0)
        expect(decide(state, now + retryUs!, units, rule, initial).admits).toBe(true)
        if (retryUs! > 0) expect(decide(state, now + retryUs! - 1, units, rule, initial).admits).toBe(false)
      })
    })

    test('remains as much as it admits', () => {
      check((walked) => {
        const { rule, initial } = walked
        const { decide, describe: describeBucket } = bucketKind(rule)
        const { state, now } = walk(walked)
        const { remaining } = describeBucket(state, now, 1, rule)
        expect(remaining).toBeGreaterThanOrEqual(0)
        expect(remaining).toBeLessThanOrEqual(rule.capacity)
        expect(decide(state, now, remaining, rule, initial).admits).toBe(true)
        expect(decide(state, now, remaining + 1, rule, initial).admits).toBe(false)
      })
    })

    test('has more to give at its replenish time, and is full at its reset time, neither a microsecond before', () => {
      check((walked) => {
        const { rule } = walked
        const { advance, describe: describeBucket, missing } = bucketKind(rule)
        const { state, now } = walk(walked)
        const { remaining, replenishUs, resetUs } = describeBucket(state, now, 1, rule)
        const remainingIn = (us: number): number => describeBucket(advance(state, now + us, rule), now + us, 1, rule).remaining
        expect(missing(advance(state, now + resetUs, rule), rule)).toBe(0)
        if (missing(state, rule) === 0) return expect([remaining, replenishUs, resetUs]).toEqual([rule.capacity, 0, 0])
        expect(remainingIn(replenishUs)).toBeGreaterThan(remaining)
        expect(remainingIn(replenishUs - 1)).toBeLessThanOrEqual(remaining)
        expect(missing(advance(state, now + resetUs - 1, rule), rule)).toBeGreaterThan(0)
      })
    })

    test('is left by refusals and by cost 0 as if they had not been asked', () => {
      check((walked, units, us) => {
        const { rule, initial } = walked
        const { advance, decide, describe: describeBucket } = bucketKind(rule)
        const { state, now } = walk(walked)
        const { admits, before, after } = decide(state, now, units, rule, initial)
        const free = decide(state, now, 0, rule, initial)
        expect([free.admits, free.after]).toEqual([true, before])
        expect(free.after).toBe(free.before)
        const left = admits ? free.after : after
        if (!admits) expect(after).toBe(before)
        expect(describeBucket(advance(left, now + us, rule), now + us, 1, rule)).toEqual(
          describeBucket(advance(state, now + us, rule), now + us, 1, rule),
        )
      })
    })

    test('charges what it admits, to the unit', () => {
      check((walked, units) => {
        const { rule, initial } = walked
        const { decide, debit, missing } = bucketKind(rule)
        const { state, now } = walk(walked)
        const { admits, before, after } = decide(state, now, units, rule, initial)
        if (admits) expect(missing(after, rule)).toBe(missing(before, rule) + units * rule.scale)
        expect(missing(debit(state, units * rule.scale, rule), rule)).toBe(missing(state, rule) + units * rule.scale)
      })
    })

    test('only gains by waiting, and never lets a cost of no end in', () => {
      check((walked, _units, us) => {
        const { rule, initial } = walked
        const { advance, decide, missing } = bucketKind(rule)
        const { state, now } = walk(walked)
        expect(missing(advance(state, now + us, rule), rule)).toBeLessThanOrEqual(missing(state, rule))
        expect(decide(state, now + us, Number.MAX_SAFE_INTEGER, rule, initial).admits).toBe(false)
      })
    })

    test('is as before when a charge is given back at once, and is never lifted above full', () => {
      check((walked, units) => {
        const { rule } = walked
        const { debit, giveBack, missing, describe: describeBucket } = bucketKind(rule)
        const { state, now } = walk(walked)
        const amount = units * rule.scale
        const undone = giveBack(debit(state, amount, rule), amount, rule, Math.max(now, state.last))
        expect(missing(undone, rule)).toBe(missing(state, rule))
        expect(describeBucket(undone, now, 1, rule)).toEqual(describeBucket(state, now, 1, rule))
        expect(missing(giveBack(state, amount, rule), rule)).toBeLessThanOrEqual(missing(state, rule))
        expect(missing(giveBack(state, 2 * missing(state, rule), rule), rule)).toBe(0)
      })
    })

    test('lacks what it is made to lack, rounded against the caller by less than a unit', () => {
      check((walked, units, us) => {
        const { rule, startUs } = walked
        const { lacking, missing } = bucketKind(rule)
        expect(missing(lacking(units * rule.scale, startUs, rule), rule)).toBe(units * rule.scale)
        const amount = us % (2 * rule.capacity * rule.scale)
        const lacks = missing(lacking(amount, startUs, rule), rule)
        expect(lacks - amount).toBeGreaterThanOrEqual(0)
        expect(lacks - amount).toBeLessThan(rule.scale)
      })
    })

    test('is not credited when the clock steps back, and starts over from there when it steps back far', () => {
      check((walked, _units, us) => {
        const { rule } = walked
        const { advance, missing, describe: describeBucket } = bucketKind(rule)
        const { state, now } = walk(walked)
        const { resetUs } = describeBucket(state, now, 1, rule)
        const stepped = advance(state, now - us, rule)
        expect(missing(stepped, rule)).toBeGreaterThanOrEqual(missing(state, rule))
        const long = now - 1000 * naturalUs(rule)
        const jumped = advance(state, long, rule)
        expect(missing(jumped, rule)).toBeGreaterThanOrEqual(missing(state, rule))
        expect(describeBucket(jumped, long, 1, rule).resetUs).toBeLessThanOrEqual(resetUs + 2 * naturalUs(rule))
      })
    })
  })
}
