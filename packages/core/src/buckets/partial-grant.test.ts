import { describe, expect, test } from 'vitest'
import type { LimitStatus } from '../decision.ts'
import { guaranteedPart } from '../rules/guaranteed/guaranteed-kind.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { Call, Charge, LimitFacts, Verdict } from '../store.ts'
import { nothingApplies } from '../store.ts'
import { allowsPartialGrant, mostLeft, partialGrant } from './partial-grant.ts'

const hundred = tokenBucket({ capacity: 100, per: '1s', mode: 'interval' })
const guarantee = guaranteedPart(hundred, { numerator: 1, denominator: 10 })!
const facts: LimitFacts = { name: 'tokens', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null }

const fixed: Charge = { limit: facts, key: 'ann', terms: { rule: hundred, initial: 100, version: 0 }, cost: 1 }
const partial: Charge = { ...fixed, cost: 2, upTo: 50 }
const guaranteed: Charge = { ...partial, terms: { rule: guarantee, initial: 10, version: 0 } }

describe('a call asks for a partial grant', () => {
  const hold = { id: '', entries: [] }
  test.each<[what: string, call: Pick<Call, 'action' | 'charges'> & Partial<Call>, may: boolean]>([
    ['where one of its charges has upTo', { action: 'consume', charges: [fixed, partial] }, true],
    ['also where there is nothing to give back', { action: 'consume', charges: [partial], undo: [] }, true],
    ['but not where none does', { action: 'consume', charges: [fixed, fixed] }, false],
    ['but not where it gives back an earlier stage', { action: 'consume', charges: [partial], undo: [hold] }, false],
    ['but not where it is a peek', { action: 'peek', charges: [partial] }, false],
    ['but not where it is a reservation', { action: 'reserve', charges: [partial], undo: [] }, false],
  ])('%s', (_, call, may) => {
    expect(allowsPartialGrant(call)).toBe(may)
  })
})

/** A peek at buckets with `remaining` units, which admits the last charge up to a cost of `passing`. */
function looking(remaining: number, passing: number = remaining): { look: (charges: readonly Charge[]) => Verdict; seen: number[] } {
  const seen: number[] = []
  const look = (charges: readonly Charge[]): Verdict => {
    const cost = charges.at(-1)!.cost
    seen.push(cost)
    const limits = charges.map(() => ({ remaining }) as LimitStatus)
    return { ...nothingApplies, allowed: cost <= passing, limits }
  }
  return { look, seen }
}

const costs = (charges: readonly Charge[]): number[] => charges.map(({ cost }) => cost)

describe('a partial grant', () => {
  test.each([
    ['what remains in the bucket', [partial], 30, [30]],
    ['upTo, where more remains', [partial], 70, [50]],
    ['the plain cost for charges without upTo', [fixed, partial], 30, [1, 30]],
    ['the cost, where no more remains', [partial], 2, [2]],
    ['the cost, to be refused, where less remains', [partial], 1, [2]],
  ])('is %s', (_, charges, remaining, taken) => {
    const { look, seen } = looking(remaining)
    expect(costs(partialGrant(charges, look))).toEqual(taken)
    expect(seen).toHaveLength(1)
  })

  test('is beside a guarantee the most that passes', () => {
    for (let passing = 2; passing <= 50; passing++) {
      const { look, seen } = looking(5, passing)
      expect(costs(partialGrant([fixed, guaranteed], look))).toEqual([1, passing])
      expect(seen.length).toBeLessThanOrEqual(1 + 1 + Math.ceil(Math.log2(50)))
    }
  })

  test('is beside a guarantee the most that passes, also where another charge costs more', () => {
    expect(costs(partialGrant([{ ...fixed, cost: 60 }, guaranteed], looking(5, 30).look))).toEqual([60, 30])
  })

  test('is beside a guarantee at most what remains in its parent', () => {
    expect(costs(partialGrant([partial, guaranteed], looking(20, 50).look))).toEqual([20, 20])
  })
})

test('shadow limits and guaranteed shares do not lower a partial grant', () => {
  const status = (remaining: number): LimitStatus => ({ remaining }) as LimitStatus
  const shadow = { ...partial, limit: { ...facts, shadow: true } }
  expect(mostLeft([partial, { ...partial, upTo: 40 }], [status(60), status(45)])).toBe(40)
  expect(mostLeft([partial, fixed, partial], [status(30), status(0), status(20)])).toBe(20)
  expect(mostLeft([shadow, guaranteed], [status(1), status(2)])).toBe(50)
})
