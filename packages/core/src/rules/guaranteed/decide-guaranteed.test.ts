import { describe, expect, test } from 'vitest'
import type { LimitFacts, Terms } from '../../store.ts'
import { burstMax, burstMaxOf } from '../burst-max/burst-max.ts'
import { fixedWindow } from '../fixed-window/fixed-window.ts'
import { tokenBucket, tokenBucketOf } from '../token-bucket/token-bucket.ts'
import { activated, decideGuaranteed, findChild, guaranteedStatusOf, type ParentFound } from './decide-guaranteed.ts'
import type { GuaranteedRule } from './guaranteed.ts'
import { guaranteedPart } from './guaranteed-kind.ts'

const second = 1_000_000
const noon = Date.UTC(2026, 0, 1, 12) * 1000
/** Seven tenths of a second before the next period. */
const now = noon + 300_000

const ten = fixedWindow({ capacity: 10, per: '1s' })
const three = guaranteedPart(ten, { numerator: 3, denominator: 10 })!

function termsOf(rule: GuaranteedRule, version: number = 0): Terms {
  return { rule, initial: rule.capacity, version }
}

/** A child with a guarantee of 3 that has used so much of this period, as a call finds it. */
function child(used: number, last: number = now) {
  const counted = { unused: Math.max(0, 3 - used), forNext: 3 }
  return { terms: termsOf(three), rule: three, state: { used, last, carried: 2 }, counted, epoch: 0 }
}

/** What is kept for all children, this one included: of this period, and of the next. */
function reserved(unused: number, forNext: number = 3) {
  return { used: unused, last: now, carried: forNext }
}

/** A parent of 10 in a second that has used so much, and is to pay so much. */
function parent(used: number, cost: number, carried: number = 0): ParentFound {
  return { rule: ten, state: { used, last: now, carried }, cost }
}

describe('a cost against a guarantee of 3, with 10 to share', () => {
  test.each([
    ['passes under it, whatever is kept for others', child(1), reserved(9), parent(9, 2), 2, 0],
    ['passes beyond it with what is kept for no child', child(3), reserved(5), parent(4, 1), 1, 0],
    ['does not pass with what is kept for others', child(3), reserved(6), parent(4, 1), 1, 700_000],
    ['does not wait for what is kept for itself', child(2), reserved(6), parent(3, 2), 2, 0],
    ['passes neither with a unit less', child(2), reserved(6), parent(4, 2), 2, 700_000],
    ['asks of its parent what that is to pay', child(3), reserved(5), parent(4, 0), 2, 0],
    ['passes where it is nothing', child(3), reserved(9), parent(20, 0), 0, 0],
    ['waits from the time of its bucket on', child(3, noon + 1_500_000), reserved(9), parent(9, 1), 1, 1_700_000],
    ['is kept from nothing by a record that was lost', child(1), reserved(0), parent(9, 3), 3, 700_000],
    ['never passes above the capacity', child(0), reserved(3), parent(0, 11), 11, null],
    ['passes above the guarantee with the next period, where others ask no more', child(0), reserved(3), parent(1, 10), 10, 700_000],
    ['passes one later where others have asked in this one', child(0), reserved(3, 5), parent(1, 10), 10, 1_700_000],
    ['passes above the guarantee beside what others have asked for', child(0), reserved(9, 5), parent(1, 8), 8, 700_000],
    ['waits for a debt of the parent, and for no child', child(0), reserved(0, 0), parent(12, 10), 10, 1_700_000],
  ])('%s', (_, found, record, beside, cost, retryUs) => {
    expect(decideGuaranteed(found, record, beside, now, cost)).toEqual({ admits: retryUs === 0, retryUs })
  })
})

describe('beside a parent that may burst', () => {
  const burst = burstMax({ refill: 10, per: '1s' })
  const beside = (used: number, carried: number, cost: number): ParentFound => ({ rule: burst, state: { used, last: now, carried }, cost })

  test.each([
    ['takes what is left of the refill', beside(4, 0, 6), 6, 0],
    ['takes nothing of a burst', beside(4, 0, 7), 7, 700_000],
    ['takes nothing of what earlier periods borrowed', beside(4, 3, 4), 4, 700_000],
    ['takes what those left', beside(4, 3, 3), 3, 0],
    ['never takes more than the refill', beside(0, 0, 11), 11, null],
  ])('a child above its guarantee %s', (_, found, cost, retryUs) => {
    expect(decideGuaranteed(child(3), reserved(0), found, now, cost)).toEqual({ admits: retryUs === 0, retryUs })
  })

  test('counts whole units of a refill in parts', () => {
    const parts = burstMaxOf({ capacity: 6, refill: 10 / 3, perMs: 1000 }, { units: 10n, ticks: 3n })
    const answers = [3, 4].map((cost) => {
      const found = { rule: parts, state: { used: 0, last: now, carried: 0 }, cost }
      return decideGuaranteed({ ...child(1), rule: { ...three, capacity: 1 } }, reserved(0), found, now, cost).retryUs
    })
    expect(answers).toEqual([0, null])
  })
})

describe('a child', () => {
  const facts: LimitFacts = { name: 'seller', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: 'app' }

  test('that has never asked has used nothing, and is counted for nothing', () => {
    const terms = termsOf(three)
    const state = { used: 0, last: now, carried: 0 }
    expect(findChild(undefined, terms, now, 'keepUsed')).toEqual({
      terms,
      rule: three,
      state,
      counted: { unused: 0, forNext: 0 },
      epoch: 0,
    })
  })

  test('is found as it stands now, and counted as it was', () => {
    const terms = termsOf(three)
    const bucket = { state: { used: 2, last: noon, carried: 2 }, terms }
    expect(findChild(bucket, terms, now, 'keepUsed')).toEqual({
      terms,
      rule: three,
      state: { used: 2, last: now, carried: 2 },
      counted: { unused: 1, forNext: 3 },
      epoch: 0,
    })
    const next = findChild(bucket, terms, now + second, 'keepUsed')
    expect([next.state.used, next.state.carried, next.counted]).toEqual([0, 1, { unused: 3, forNext: 0 }])
  })

  test('is decided under a later policy that is stored, and under its own if that is later', () => {
    const five = guaranteedPart(ten, { numerator: 1, denominator: 2 })!
    const bucket = { state: { used: 2, last: now, carried: 2 }, terms: termsOf(three, 1) }
    expect(findChild(bucket, termsOf(five, 0), now, 'keepUsed')).toMatchObject({ rule: three, terms: bucket.terms })
    expect(findChild(bucket, termsOf(five, 2), now, 'keepUsed')).toMatchObject({
      rule: five,
      state: { used: 2 },
      counted: { unused: 1, forNext: 3 },
    })
  })

  test('that has asked has an active guarantee in this period and the next', () => {
    expect(activated({ used: 2, last: now, carried: 1 })).toEqual({ used: 2, last: now, carried: 2 })
  })

  test.each([
    ['waits as long as the step says, in whole milliseconds', { admits: false, retryUs: 700_001 }, 701],
    ['waits for nothing once it was admitted', { admits: true, retryUs: 0 }, 0],
    ['never passes where the step says so', { admits: false, retryUs: null }, null],
  ])('%s', (_, step, retryAfterMs) => {
    const state = { used: 1, last: now, carried: 2 }
    expect(guaranteedStatusOf(facts, three, state, now, 2, step)).toMatchObject({
      name: 'seller',
      allowed: step.admits,
      capacity: 3,
      remaining: 2,
      retryAfterMs,
    })
  })
})

test('a parent that counts in parts of a unit has whole units to spare', () => {
  const shape = { mode: 'interval', capacity: 4, refill: 10 / 3, perMs: 1000 } as const
  const rule = tokenBucketOf(shape, { units: 10n, ticks: 3n })
  const admitted = [2, 3].map((cost) => {
    const found = { rule, state: { used: 4, last: now, carried: 0 }, cost }
    return decideGuaranteed(child(3), reserved(0), found, now, cost).admits
  })
  // Of 12 parts it lacks 4, which leaves two units and two parts of a third.
  expect(admitted).toEqual([true, false])
})

test('a parent of another kind shares what its bucket holds', () => {
  const bucket = tokenBucket({ capacity: 10, refill: 4, per: '1s', mode: 'interval' })
  const found = { rule: bucket, state: { used: 7, last: now, carried: 0 }, cost: 4 }
  // At the next period it holds 7, which is enough for 4 beside the 3 that another has asked for, and not for 5.
  expect(decideGuaranteed(child(3), reserved(0, 6), found, now, 4)).toEqual({ admits: false, retryUs: 700_000 })
  expect(decideGuaranteed(child(3), reserved(0, 6), { ...found, cost: 5 }, now, 5)).toEqual({ admits: false, retryUs: 1_700_000 })
})
