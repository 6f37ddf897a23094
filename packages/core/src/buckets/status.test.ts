import { describe, expect, test } from 'vitest'
import { concurrency } from '../rules/concurrency/concurrency.ts'
import { slotStatusOf } from '../rules/concurrency/slots.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import type { LimitFacts, Terms } from '../store.ts'
import { blockedStatus, inspectedStatus, statusOf } from './status.ts'

const rule = tokenBucket({ capacity: 10, per: '1s' })
const terms: Terms = { rule, initial: 10, version: 0 }
const noon = Date.UTC(2026, 0, 1, 12) * 1000
const limit: LimitFacts = { name: 'user', shadow: false, disclose: false, nearAt: 0.8, debit: 'before', parent: 'app' }

function lacking(scaled: number, last: number = noon) {
  return { used: scaled, last, carried: 0 }
}

test('says everything that callers may want to know', () => {
  expect(statusOf(limit, rule, lacking(950_000), noon, 3, false)).toEqual({
    name: 'user',
    allowed: false,
    shadow: false,
    near: true,
    capacity: 10,
    cost: 3,
    remaining: 0,
    retryAfterMs: 250,
    replenishAfterMs: 50,
    resetAfterMs: 950,
    rule,
    disclose: false,
    parent: 'app',
  })
})

test('rounds waits up to whole milliseconds', () => {
  const { retryAfterMs, replenishAfterMs, resetAfterMs } = statusOf(limit, rule, lacking(900_001), noon, 2, false)
  expect([retryAfterMs, replenishAfterMs, resetAfterMs]).toEqual([101, 1, 901])
})

test('has nothing to wait for where the cost was admitted', () => {
  expect(statusOf(limit, rule, lacking(1_000_000), noon, 10, true)).toMatchObject({
    allowed: true,
    remaining: 0,
    retryAfterMs: 0,
    resetAfterMs: 1000,
  })
})

test('has no end of the wait for what can never be admitted', () => {
  expect(statusOf(limit, rule, lacking(0), noon, 11, false).retryAfterMs).toBe(null)
})

test.each([
  [0.8, 7, false],
  [0.8, 8, true],
  [1, 9, false],
  [1, 10, true],
  [0.05, 0, false],
  [0.05, 1, true],
])('is near from the share %d: with %d of 10 used, %s', (nearAt, used, near) => {
  expect(statusOf({ ...limit, nearAt }, rule, lacking(used * rule.scale), noon, 1, true).near).toBe(near)
})

describe('a block', () => {
  test.each([
    ['longer than the wait', 2_000_001, { blockedForMs: 2001, retryAfterMs: 2001, replenishAfterMs: 2001, resetAfterMs: 2001 }],
    ['shorter than the wait', 40_000, { blockedForMs: 40, retryAfterMs: 250, replenishAfterMs: 50, resetAfterMs: 950 }],
  ])('%s', (_, blockedUs, waits) => {
    const open = statusOf(limit, rule, lacking(950_000), noon, 3, false)
    expect(blockedStatus(open, blockedUs)).toEqual({ ...open, allowed: false, remaining: 0, ...waits })
  })

  test('refuses what the bucket would admit', () => {
    const open = statusOf(limit, rule, lacking(0), noon, 3, true)
    expect(blockedStatus(open, 5000)).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 5 })
  })

  test('makes nothing possible that is not', () => {
    const open = statusOf(limit, rule, lacking(0), noon, 11, false)
    expect(blockedStatus(open, 5000).retryAfterMs).toBe(null)
  })
})

describe('of two slots', () => {
  const two = concurrency({ capacity: 2 })
  const until = (held: number, firstUs: number, lastUs: number) => ({ held, firstEnd: noon + firstUs, lastEnd: noon + lastUs })
  const none = { held: 0, firstEnd: Number.POSITIVE_INFINITY, lastEnd: noon - 1 }

  test.each([
    ['none is held', none, true, { remaining: 2, near: false, retryAfterMs: 0, replenishAfterMs: 0, resetAfterMs: 0 }],
    [
      'one is held',
      until(1, 30_000_000, 30_000_000),
      true,
      { remaining: 1, near: false, retryAfterMs: 0, replenishAfterMs: 1000, resetAfterMs: 30_000 },
    ],
    [
      'both are held, and it is unknown how long',
      until(2, 20_000_000, 30_000_001),
      false,
      { remaining: 0, near: true, retryAfterMs: 1000, replenishAfterMs: 1000, resetAfterMs: 30_001 },
    ],
    [
      'the first lease ends before a second is over',
      until(2, 500_001, 30_000_000),
      false,
      { remaining: 0, near: true, retryAfterMs: 501, replenishAfterMs: 501, resetAfterMs: 30_000 },
    ],
    [
      'more are held than there are since the limit shrank',
      until(3, 500_000, 600_000),
      false,
      { remaining: 0, near: true, retryAfterMs: 500, replenishAfterMs: 500, resetAfterMs: 600 },
    ],
  ])('where %s', (_, slots, admitted, numbers) => {
    expect(slotStatusOf(limit, two, slots, noon, 1, admitted)).toEqual({
      name: 'user',
      allowed: admitted,
      shadow: false,
      capacity: 2,
      cost: 1,
      estimated: true,
      rule: two,
      disclose: false,
      parent: 'app',
      ...numbers,
    })
  })
})

test('the slots of a key are near from the very share', () => {
  const held = { held: 1, firstEnd: noon, lastEnd: noon }
  const nearAt = (share: number): boolean =>
    slotStatusOf({ ...limit, nearAt: share }, concurrency({ capacity: 2 }), held, noon, 1, true).near
  expect([nearAt(0.5), nearAt(0.51)]).toEqual([true, false])
})

describe('an inspection', () => {
  test('shows a bucket at its own rule, as one unit would be decided now', () => {
    const slower = tokenBucket({ capacity: 5, per: '1s' })
    const bucket = { state: lacking(slower.scale * 5, noon - 100_000), terms: { rule: slower, initial: 5, version: 0 } }
    expect(inspectedStatus(limit, bucket, terms, noon, 0)).toMatchObject({
      allowed: false,
      capacity: 5,
      cost: 1,
      remaining: 0,
      retryAfterMs: 100,
      resetAfterMs: 900,
    })
  })

  test('shows a block without a bucket', () => {
    expect(inspectedStatus(limit, undefined, terms, noon, 5000)).toMatchObject({
      allowed: false,
      capacity: 10,
      remaining: 0,
      retryAfterMs: 5,
    })
  })

  test('shows a block where not even the rule is known', () => {
    expect(inspectedStatus(limit, undefined, null, noon, 5000)).toMatchObject({
      allowed: false,
      capacity: 0,
      remaining: 0,
      retryAfterMs: 5,
      resetAfterMs: 5,
    })
  })
})
