import { describe, expect, test } from 'vitest'
import type { Bucket } from '../../buckets/bucket.ts'
import type { BucketState } from '../../kind.ts'
import type { HeldCharge, LimitFacts } from '../../store.ts'
import { fixedWindow } from '../fixed-window/fixed-window.ts'
import { tokenBucket } from '../token-bucket/token-bucket.ts'
import { guaranteedPart } from './guaranteed-kind.ts'
import { countedIn, settleGuaranteed } from './guaranteed-settlement.ts'

const second = 1_000_000
const noon = Date.UTC(2026, 0, 1, 12) * 1000

const ten = guaranteedPart(fixedWindow({ capacity: 10, per: '1s' }), { numerator: 1, denominator: 1 })!
const limit: LimitFacts = { name: 'seller', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: 'app' }
const terms = { rule: ten, initial: 10, version: 0 }

function bucket(used: number, last: number = noon): Bucket {
  return { state: { used, last, carried: 2 }, terms }
}

function held(units: number, at: number = noon): HeldCharge {
  return { limit, key: 'ann', units, at, terms }
}

describe('a settlement', () => {
  test.each([
    ['gives back what was not used', bucket(6), held(5), 2, noon, { used: 3, last: noon, carried: 2 }],
    ['gives back later in its period', bucket(6), held(5), 2, noon + second - 1, { used: 3, last: noon + second - 1, carried: 2 }],
    ['gives back nothing in the next', bucket(6), held(5), 2, noon + second, { used: 0, last: noon + second, carried: 1 }],
    ['gives back no more than is used', bucket(2), held(5), 0, noon, { used: 0, last: noon, carried: 2 }],
    ['counts what was used on top', bucket(6), held(5), 9, noon, { used: 10, last: noon, carried: 2 }],
    ['counts that in the present period', bucket(6), held(5), 9, noon + second, { used: 4, last: noon + second, carried: 1 }],
    ['counts it in a bucket that is not there any more', undefined, held(5), 9, noon, { used: 4, last: noon, carried: 0 }],
    ['counts it in one that is expired', bucket(6), held(5), 9, noon + 2 * second, { used: 4, last: noon + 2 * second, carried: 0 }],
    ['counts so much that sums stay exact', bucket(0), held(1), Number.MAX_SAFE_INTEGER, noon, { used: 2 ** 40, last: noon, carried: 2 }],
    ['counts by the time of the bucket', bucket(6, noon + 9), held(5, noon + 9), 2, noon, { used: 3, last: noon + 9, carried: 2 }],
  ])('%s', (_, kept, charge, actual, now, state) => {
    expect(settleGuaranteed(kept, charge, actual, now)).toEqual({ state, terms, epoch: 0 })
  })

  test.each([
    ['used what was charged', bucket(6), held(5), 5, noon],
    ['used that of a bucket that is not there', undefined, held(5), 5, noon],
    ['used less of a bucket that is not there', undefined, held(5), 2, noon],
    ['used less of one that is expired', bucket(6), held(5), 2, noon + 2 * second],
    ['was charged after the time of the bucket', bucket(6), held(5, noon + 1), 2, noon],
    ['was charged in an earlier epoch of the bucket', { ...bucket(6), epoch: noon + second }, held(5), 2, noon],
    ['belongs to a bucket that goes back with the clock', bucket(6, noon + second + 1), held(5), 2, noon],
  ])('writes nothing where the call %s', (_, kept, charge, actual, now) => {
    expect(settleGuaranteed(kept, charge, actual, now)).toBeUndefined()
  })

  test('is a plain one where the limit has become one of another kind', () => {
    const rule = tokenBucket({ capacity: 10, per: '1s' })
    const lacking = (units: number): BucketState => ({ used: units * rule.scale, last: noon, carried: 0 })
    const plain: Bucket = { state: lacking(6), terms: { rule, initial: 10, version: 1 } }
    expect(settleGuaranteed(plain, held(5), 8, noon)).toEqual({ ...plain, state: lacking(9), epoch: 0 })
    expect(settleGuaranteed(plain, held(5), 2, noon)).toBeUndefined()
  })
})

describe('the record of the parent counts', () => {
  test.each([
    ['nothing of a child without a bucket', undefined, second, [0, 0]],
    ['what a child has not used, and asks for', bucket(6), second, [4, 10]],
    [
      'nothing of one that has no guarantee',
      { ...bucket(6), terms: { ...terms, rule: tokenBucket({ capacity: 10, per: '1s' }) } },
      second,
      [0, 0],
    ],
    ['nothing of one whose periods are others', bucket(6), 2 * second, [0, 0]],
  ])('%s', (_, kept, periodUs, [unused, forNext]) => {
    expect(countedIn(kept, noon, periodUs)).toEqual({ unused, forNext })
  })

  test('a child as it stands at the moment', () => {
    expect(countedIn(bucket(6), noon + second, second)).toEqual({ unused: 10, forNext: 0 })
  })
})
