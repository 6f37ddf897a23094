import { describe, expect, test } from 'vitest'
import { type TokenBucketRule, tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { HeldCharge, LimitFacts } from '../store.ts'
import type { Bucket } from './bucket.ts'
import { refundUnits, settleCharge, timeOfCharge } from './settlement.ts'

const ten = tokenBucket({ capacity: 10, per: '1s' })
const slow = tokenBucket({ capacity: 10, per: '10s' })
const noon = Date.UTC(2026, 0, 1, 12) * 1000
const limit: LimitFacts = { name: 'user', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null }

function bucket(units: number, last: number = noon, rule: TokenBucketRule = ten, initial: number = rule.capacity): Bucket {
  return { state: { used: units * rule.scale, last, carried: 0 }, terms: { rule, initial, version: 0 } }
}

function held(units: number, at: number = noon, rule: TokenBucketRule = ten, initial: number = rule.capacity): HeldCharge {
  return { limit, key: 'ann', units, at, terms: { rule, initial, version: 0 } }
}

/** Units that a bucket lacks after a settlement, when it was true, and what could not be charged. */
function settled(kept: Bucket | undefined, charge: HeldCharge, actual: number, now: number = noon) {
  const { bucket: after, excess } = settleCharge(kept, charge, actual, now)
  if (after === undefined) return { left: null, excess }
  const { state, terms } = after
  return { left: state.used / terms.rule.scale, last: state.last - noon, excess }
}

describe('less was used than charged', () => {
  test.each([
    ['gives everything back', bucket(6), held(6), 0, 0],
    ['gives the rest back', bucket(6), held(6), 2, 2],
    ['leaves what others use', bucket(9), held(4), 0, 5],
    ['gives back no more than is missing', bucket(2), held(6), 0, 0],
  ])('%s', (_, kept, charge, actual, left) => {
    expect(settled(kept, charge, actual)).toEqual({ left, last: 0, excess: 0 })
  })

  test('does not give back what time has', () => {
    expect(settled(bucket(10), held(6), 0, noon + 200_000)).toEqual({ left: 4, last: 200_000, excess: 0 })
    expect(settled(bucket(10), held(2), 0, noon + 200_000)).toEqual({ left: 8, last: 200_000, excess: 0 })
  })

  test('counts by the time of the bucket where the clock has stepped back', () => {
    expect(settled(bucket(10, noon + 200_000), held(6), 0, noon - 300_000)).toEqual({ left: 6, last: 200_000, excess: 0 })
  })

  test('gives nothing back to a bucket whose time went back behind the charge', () => {
    expect(settled(bucket(4, noon), held(4, noon + 1), 0)).toEqual({ left: null, excess: 0 })
    expect(settled(bucket(4, noon + 1), held(4, noon + 1), 0)).toEqual({ left: 0, last: 1, excess: 0 })
  })

  test('gives nothing back to a bucket that goes back with the clock, whenever the charge was', () => {
    expect(settled(bucket(4, noon + 400_001), held(4), 0)).toEqual({ left: null, excess: 0 })
    expect(settled(bucket(4, noon + 300_000), held(4), 0)).toEqual({ left: 3, last: 300_000, excess: 0 })
  })

  test.each([
    ['no bucket', undefined, 0],
    ['a bucket that is full again', bucket(3, noon - 300_000), 0],
  ])('finds nothing to do where there is %s', (_, kept, actual) => {
    expect(settled(kept, held(6), actual)).toEqual({ left: null, excess: 0 })
  })

  test.each([
    ['became slower', ten, slow],
    ['became faster', slow, ten],
  ])('gives nothing back where the rule %s', (_, before, after) => {
    expect(settled(bucket(10, noon, after), held(6, noon, before), 0)).toEqual({ left: null, excess: 0 })
  })

  test.each([
    ['none, and a charge that has none', undefined, undefined, 4],
    ['none, and a charge of one that is over', undefined, noon - 1, 4],
    ['one that is over, and a charge of an earlier one', noon, undefined, 4],
    ['that of the charge', noon + 9, noon + 9, 4],
    ['another than the charge', noon + 9, noon + 8, null],
    ['one that began after the charge', noon + 1, undefined, null],
  ])('gives back to a bucket of the same epoch alone: its epoch is %s', (_, epoch, of, left) => {
    const charge = of === undefined ? held(6) : { ...held(6), epoch: of }
    expect(settled({ ...bucket(10), epoch }, charge, 0)).toMatchObject({ left, excess: 0 })
  })

  test('keeps the epoch of the bucket while it matters', () => {
    const epochAfter = (actual: number, now: number) =>
      settleCharge({ ...bucket(10), epoch: noon + 9 }, { ...held(6), epoch: noon + 9 }, actual, now).bucket!.epoch
    expect([epochAfter(0, noon), epochAfter(8, noon), epochAfter(0, noon + 9), epochAfter(8, noon + 9)]).toEqual([noon + 9, noon + 9, 0, 0])
    expect(settleCharge({ ...bucket(0), epoch: noon + 9 }, held(6), 8, noon).bucket!.epoch).toBe(noon + 9)
    expect(refundUnits({ ...bucket(10), epoch: noon + 9 }, 1, noon)!.epoch).toBe(noon + 9)
  })
})

describe('a change has forgiven part of what was used', () => {
  /** A bucket that lacks 3 units, and 8 uncapped. */
  const forgiven: Bucket = { ...bucket(3), uncapped: bucket(8).state }

  /** Units that it lacks after a settlement, and uncapped. */
  function leftBoth({ bucket: after }: ReturnType<typeof settleCharge>): (number | undefined)[] {
    return [after!.state.used / ten.scale, after!.uncapped && after!.uncapped.used / ten.scale]
  }

  test('what was charged since returns to both', () => {
    expect(leftBoth(settleCharge(forgiven, held(2), 0, noon))).toEqual([1, 6])
    expect(leftBoth(settleCharge(forgiven, held(5), 0, noon))).toEqual([0, 3])
  })

  test('a debt is owed of both, and bounded by what is missing', () => {
    expect(leftBoth(settleCharge(forgiven, held(1), 3, noon))).toEqual([5, 10])
    const most = settleCharge(forgiven, held(1), 20, noon)
    expect([...leftBoth(most), most.excess]).toEqual([20, 25, 2])
  })

  test('a refund is of both', () => {
    expect(leftBoth({ bucket: refundUnits(forgiven, 2, noon), excess: 0 })).toEqual([1, 6])
    expect(leftBoth({ bucket: refundUnits(forgiven, 5, noon), excess: 0 })).toEqual([0, 3])
  })
})

describe('more was used than charged', () => {
  test.each([
    ['is charged', bucket(6), held(6), 8, 8, 0],
    ['becomes debt', bucket(10), held(6), 9, 13, 0],
    ['becomes debt up to the capacity again', bucket(10), held(1), 11, 20, 0],
    ['is reported beyond that', bucket(10), held(1), 14, 20, 3],
    ['is reported in full by a bucket that owes that much', bucket(20), held(1), 3, 20, 2],
    ['is reported in full by a bucket that owes more since its rule changed', bucket(31), held(1), 3, 31, 2],
    ['is charged in whole units', bucket(19.5), held(1), 3, 19.5, 2],
    ['is charged where nothing was', bucket(0.5), held(0), 4, 4.5, 0],
  ])('%s', (_, kept, charge, actual, left, excess) => {
    expect(settled(kept, charge, actual)).toEqual({ left, last: 0, excess })
  })

  test('is charged to a new bucket where there is none', () => {
    expect(settled(undefined, held(1), 4)).toEqual({ left: 3, last: 0, excess: 0 })
    expect(settled(bucket(3, noon - 300_000), held(1), 4)).toEqual({ left: 3, last: 0, excess: 0 })
    expect(settled(undefined, held(1, noon, ten, 8), 4)).toEqual({ left: 5, last: 0, excess: 0 })
  })

  test('is charged after what time has given back', () => {
    expect(settled(bucket(6), held(6), 8, noon + 100_000)).toEqual({ left: 7, last: 100_000, excess: 0 })
  })

  test('is charged to a bucket under the rule it has now', () => {
    expect(settled(bucket(10, noon, slow), held(6, noon, ten), 19).left).toBe(20)
  })
})

test('what was charged and used changes nothing', () => {
  expect(settled(bucket(6), held(6), 6)).toEqual({ left: null, excess: 0 })
})

describe('a refund', () => {
  test.each([
    ['gives units back', bucket(6), 4, 2],
    ['gives nothing', bucket(6), 0, 6],
    ['fills a bucket at most', bucket(6), 7, 0],
    ['fills it for a number whose product would pass 2^53', bucket(6), Number.MAX_SAFE_INTEGER, 0],
    ['pays exactly what is missing', bucket(6), 6, 0],
    ['pays off part of a debt beyond twice the capacity', bucket(1000), 21, 979],
    ['leaves a fraction of a unit', bucket(6.5), 6, 0.5],
    ['takes a fraction of a unit for a whole one', bucket(6.5), 7, 0],
  ])('%s', (_, kept, units, left) => {
    const { state, terms } = refundUnits(kept, units, noon)!
    expect(state.used / terms.rule.scale).toBe(left)
    expect(terms).toBe(kept.terms)
  })

  test('comes after what time has given back', () => {
    expect(refundUnits(bucket(6), 2, noon + 100_000)!.state).toEqual({ used: 3 * ten.scale, last: noon + 100_000, carried: 0 })
  })

  test('revives no bucket that is expired', () => {
    expect(refundUnits(bucket(6), 1, noon + 600_000)).toBeUndefined()
    expect(refundUnits(bucket(6, noon, ten, 0), 1, noon + 600_600_000)).toBeUndefined()
  })
})

test.each([
  [0, 0],
  [-5, 5],
  [5, 0],
])('a charge %d us after the time of its bucket carries the later of the two', (after, ahead) => {
  expect(timeOfCharge({ used: 1, last: noon, carried: 0 }, noon + after)).toBe(noon + after + ahead)
})
