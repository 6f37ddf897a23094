import { describe, expect, test } from 'vitest'
import type { LimitStatus } from '../decision.ts'
import { guaranteedPart } from '../rules/guaranteed/guaranteed-kind.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { Call, Charge, LimitFacts, Verdict } from '../store.ts'
import { nothingApplies } from '../store.ts'
import { grown, mayGrow, mostLeft } from './growing.ts'

const hundred = tokenBucket({ capacity: 100, per: '1s', mode: 'interval' })
const guarantee = guaranteedPart(hundred, { numerator: 1, denominator: 10 })!
const facts: LimitFacts = { name: 'tokens', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null }

const fixed: Charge = { limit: facts, key: 'ann', terms: { rule: hundred, initial: 100, version: 0 }, cost: 1 }
const growing: Charge = { ...fixed, cost: 2, upTo: 50 }
const guaranteed: Charge = { ...growing, terms: { rule: guarantee, initial: 10, version: 0 } }

describe('a call may take more than it must', () => {
  const hold = { id: '', entries: [] }
  test.each<[what: string, call: Pick<Call, 'action' | 'charges'> & Partial<Call>, may: boolean]>([
    ['where one of its charges says so', { action: 'consume', charges: [fixed, growing] }, true],
    ['also where there is nothing to give back', { action: 'consume', charges: [growing], undo: [] }, true],
    ['but not where none does', { action: 'consume', charges: [fixed, fixed] }, false],
    ['but not where it would give something back', { action: 'consume', charges: [growing], undo: [hold] }, false],
    ['but not where it only looks', { action: 'peek', charges: [growing] }, false],
    ['but not where it is kept for a settlement', { action: 'reserve', charges: [growing], undo: [] }, false],
  ])('%s', (_, call, may) => {
    expect(mayGrow(call)).toBe(may)
  })
})

/** A look at buckets that hold so much for whoever grows, which is the last, and lets no more than so much of it pass. */
function looking(remaining: number, passing: number = remaining): { look: (charges: readonly Charge[]) => Verdict; seen: number[] } {
  const seen: number[] = []
  const look = (charges: readonly Charge[]): Verdict => {
    const asked = charges.at(-1)!.cost
    seen.push(asked)
    const limits = charges.map(() => ({ remaining }) as LimitStatus)
    return { ...nothingApplies, allowed: asked <= passing, limits }
  }
  return { look, seen }
}

const costs = (charges: readonly Charge[]): number[] => charges.map(({ cost }) => cost)

describe('what a call takes', () => {
  test.each([
    ['what the bucket holds', [growing], 30, [30]],
    ['all that it would like', [growing], 70, [50]],
    ['of the others what they cost', [fixed, growing], 30, [1, 30]],
    ['what it must, where that is all there is', [growing], 2, [2]],
    ['what it must, to be refused with that', [growing], 1, [2]],
  ])('is %s', (_, charges, remaining, taken) => {
    const { look, seen } = looking(remaining)
    expect(costs(grown(charges, look))).toEqual(taken)
    expect(seen).toHaveLength(1)
  })

  test('is beside a guarantee exactly what passes, whatever that is', () => {
    for (let passing = 2; passing <= 50; passing++) {
      const { look, seen } = looking(5, passing)
      expect(costs(grown([fixed, guaranteed], look))).toEqual([1, passing])
      expect(seen.length).toBeLessThanOrEqual(1 + 1 + Math.ceil(Math.log2(50)))
    }
  })

  test('is beside a guarantee what passes, also where another charge costs more', () => {
    expect(costs(grown([{ ...fixed, cost: 60 }, guaranteed], looking(5, 30).look))).toEqual([60, 30])
  })

  test('is beside a guarantee at most what its parent holds', () => {
    expect(costs(grown([growing, guaranteed], looking(20, 50).look))).toEqual([20, 20])
  })
})

test('limits tell how much they can pay, but shadows and guarantees do not lower it', () => {
  const status = (remaining: number): LimitStatus => ({ remaining }) as LimitStatus
  const shadow = { ...growing, limit: { ...facts, shadow: true } }
  expect(mostLeft([growing, { ...growing, upTo: 40 }], [status(60), status(45)])).toBe(40)
  expect(mostLeft([growing, fixed, growing], [status(30), status(0), status(20)])).toBe(20)
  expect(mostLeft([shadow, guaranteed], [status(1), status(2)])).toBe(50)
})
