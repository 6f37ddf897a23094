import { lifetimeQuota } from '@sluice/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exhausted, limited, status, visible } from '../../test/decisions.ts'
import { disclosedLimits } from './disclosed-limits.ts'
import { retryAfterSeconds } from './header-line.ts'
import { nearestLimitFields, nearestToExhaustion, type ResetUnit, xRateLimitNames } from './nearest-limit-fields.ts'

/** 22 November 2026, 06:00:00.250 UTC. */
const nowMs = 1_795_327_200_250

const xRateLimitFields = (limits: ReturnType<typeof visible>, unit: ResetUnit, atMs: number) =>
  nearestLimitFields(limits, xRateLimitNames, unit, () => atMs)

describe('the three fields', () => {
  const limits = visible(status('ip', { capacity: 100, remaining: 42, resetAfterMs: 34_800 }))

  test('tell the seconds until the bucket is full, rounded up', () => {
    expect(xRateLimitFields(limits, 'delta-seconds', nowMs)).toEqual([
      ['X-RateLimit-Limit', '100'],
      ['X-RateLimit-Remaining', '42'],
      ['X-RateLimit-Reset', '35'],
    ])
  })

  test('tell that moment in seconds since 1970, rounded up once', () => {
    expect(xRateLimitFields(limits, 'epoch-seconds', nowMs)[2]).toEqual(['X-RateLimit-Reset', '1795327236'])
  })

  test('tell no reset where no time helps', () => {
    const blocked = visible(exhausted('ip', null, { blockedForMs: null, resetAfterMs: 0 }))
    expect(xRateLimitFields(blocked, 'epoch-seconds', nowMs).map(([name]) => name)).toEqual(['X-RateLimit-Limit', 'X-RateLimit-Remaining'])
  })

  test('tell no reset of a lifetime quota, whatever is left of it', () => {
    for (const remaining of [0, 42]) {
      const trial = visible(status('trial', { rule: lifetimeQuota({ capacity: 100 }), capacity: 100, remaining, resetAfterMs: 0 }))
      expect(xRateLimitFields(trial, 'epoch-seconds', nowMs).map(([name]) => name)).toEqual(['X-RateLimit-Limit', 'X-RateLimit-Remaining'])
    }
  })

  test('are absent where no limit may be told of', () => {
    expect(xRateLimitFields(visible(status('api', { disclose: false })), 'delta-seconds', nowMs)).toEqual([])
  })

  test('never name a moment before Retry-After, since some clients read nothing else', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e9 }), fc.nat({ max: 1e9 }), (retryAfterMs, resetAfterMs) => {
        const decision = limited(exhausted('ip', retryAfterMs, { resetAfterMs }))
        const reset = Number(xRateLimitFields(disclosedLimits(decision), 'epoch-seconds', nowMs)[2]![1])
        expect(reset * 1000).toBeGreaterThanOrEqual(nowMs + retryAfterMs)
        expect(Number(xRateLimitFields(disclosedLimits(decision), 'delta-seconds', 0)[2]![1])).toBeGreaterThanOrEqual(
          retryAfterMs === 0 ? 0 : retryAfterSeconds(decision)!,
        )
      }),
    )
  })
})

describe('the limit they tell of', () => {
  test.each([
    [
      'the one with the smallest share left',
      [status('second', { remaining: 9 }), status('day', { capacity: 1000, remaining: 400 })],
      'day',
    ],
    ['a refusing one, whatever the others lack', [status('near', { remaining: 0 }), exhausted('out', 100, { remaining: 3 })], 'out'],
    ['the refusing one with the longest wait', [exhausted('a', 100), exhausted('b', 5000), exhausted('c', 200)], 'b'],
    ['one that can never admit before one that can later', [exhausted('a', 100), exhausted('b', null), exhausted('c', 1e9)], 'b'],
    ['the later reset among equals', [status('a', { resetAfterMs: 1 }), status('b', { resetAfterMs: 2 })], 'b'],
    ['the outer one where all is equal', [status('a'), status('b')], 'a'],
  ])('is %s', (_, limits, name) => {
    expect(nearestToExhaustion(visible(...limits))?.name).toBe(name)
  })
})
