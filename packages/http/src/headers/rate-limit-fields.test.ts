import { quotaOf } from '@sluice/conformance/adapter'
import { concurrency, type LimitStatus } from '@sluice/core'
import fc from 'fast-check'
import { type Item, parseList } from 'structured-headers'
import { describe, expect, test } from 'vitest'
import { allowed, exhausted, limited, status, visible } from '../../test/decisions.ts'
import { disclosedLimits, mergeDisclosed } from './disclosed-limits.ts'
import { retryAfterSeconds } from './header-line.ts'
import { createRateLimitSerializer, type RateLimitFields } from './rate-limit-fields.ts'

/** What is written of these limits, once a parser that is not ours has read it. */
const write = (...limits: LimitStatus[]): RateLimitFields | null => {
  const fields = createRateLimitSerializer('draft-11')(visible(...limits))
  const read = { headers: { 'ratelimit-policy': fields?.policy, ratelimit: fields?.rateLimit } }
  expect(new Set(Object.keys(quotaOf(read)))).toEqual(new Set(limits.filter(({ disclose }) => disclose).map(({ name }) => name)))
  return fields
}

describe('draft-11', () => {
  test('tells quota and window, and what is left until more comes', () => {
    expect(write(status('ip', { capacity: 100, perMs: 60_000, remaining: 49, replenishAfterMs: 600 }))).toEqual({
      policy: '"ip";q=100;w=60',
      rateLimit: '"ip";r=49;t=1',
    })
  })

  test('lists every limit in both fields', () => {
    expect(write(status('burst', { perMs: 1000 }), status('daily', { capacity: 1000, perMs: 86_400_000 }))).toEqual({
      policy: '"burst";q=10;w=1, "daily";q=1000;w=86400',
      rateLimit: '"burst";r=4;t=6, "daily";r=4;t=6',
    })
  })

  test('leaves both fields out where there is no limit, as an empty list has no form', () => {
    expect(write()).toBeNull()
    expect(write(status('api', { disclose: false }))).toBeNull()
  })

  test.each([
    ['a window of a second and a half lasts two', { perMs: 1500 }, '"x";q=10;w=2'],
    ['a window below a second cannot be said', { perMs: 999 }, '"x";q=10'],
    ['a bucket of twice its refill fills in two periods', { capacity: 20, refill: 10, perMs: 1000 }, '"x";q=20;w=2'],
    ['a fraction of a refill adds no second', { capacity: 3, refill: 0.30000000000000004, perMs: 1000 }, '"x";q=3;w=10'],
    ['a capacity of sixteen digits is clamped', { capacity: Number.MAX_SAFE_INTEGER, perMs: 1000 }, '"x";q=999999999999999;w=1'],
  ])('%s', (_, numbers, policy) => {
    expect(write(status('x', numbers))?.policy).toBe(policy)
  })

  test.each([
    ['a full bucket awaits nothing', { remaining: 10, replenishAfterMs: 0 }, '"x";r=10'],
    ['the wait is rounded up', { replenishAfterMs: 1001 }, '"x";r=4;t=2'],
    ['what is left is rounded down and never below nothing', { remaining: -3.5, replenishAfterMs: 1 }, '"x";r=0;t=1'],
  ])('%s', (_, numbers, rateLimit) => {
    expect(write(status('x', numbers))?.rateLimit).toBe(rateLimit)
  })

  test('slots have a unit and no window, and no time at which one comes free', () => {
    const slots = {
      ...status('x', { capacity: 3, remaining: 0, replenishAfterMs: 9000 }),
      rule: concurrency({ capacity: 3 }),
      estimated: true,
    }
    expect(write(slots)).toEqual({ policy: '"x";q=3;qu="concurrent-requests"', rateLimit: '"x";r=0' })
  })

  test('escapes a name that would otherwise end its string', () => {
    expect(write(status('a";q=9, "b\\'))).toEqual({
      policy: '"a\\";q=9, \\"b\\\\";q=10;w=60',
      rateLimit: '"a\\";q=9, \\"b\\\\";r=4;t=6',
    })
  })
})

describe('a serializer that remembers its last policy', () => {
  const serialize = createRateLimitSerializer('draft-11')

  test.each([
    ['another capacity', [status('ip', { capacity: 20 })], '"ip";q=20;w=60'],
    ['another period', [status('ip', { capacity: 20, perMs: 1000 })], '"ip";q=20;w=1'],
    ['another name', [status('user', { capacity: 20, perMs: 1000 })], '"user";q=20;w=1'],
    ['one more limit', [status('user', { capacity: 20, perMs: 1000 }), status('b')], '"user";q=20;w=1, "b";q=10;w=60'],
    ['one less', [status('user', { capacity: 20, perMs: 1000 })], '"user";q=20;w=1'],
  ])('notices %s', (_, limits, policy) => {
    expect(serialize(visible(...limits))?.policy).toBe(policy)
  })

  test('writes what a fresh one would, after any history', () => {
    const anyLimits = fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.constantFrom(5, 9), fc.constantFrom(1000, 60_000)), { maxLength: 3 })
    fc.assert(
      fc.property(fc.array(anyLimits, { minLength: 1 }), (history) => {
        const remembering = createRateLimitSerializer('draft-11')
        for (const limits of history) {
          const seen = visible(...limits.map(([name, capacity, perMs], i) => status(name, { capacity, perMs, remaining: i })))
          expect(remembering(seen)).toEqual(createRateLimitSerializer('draft-11')(seen))
        }
      }),
    )
  })
})

describe('to an independent parser of RFC 9651', () => {
  const anyName = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 128 })
  const anyStatus = fc
    .record({
      name: anyName,
      capacity: fc.oneof(fc.nat(), fc.maxSafeNat()),
      remaining: fc.oneof(fc.nat(), fc.double()),
      replenishAfterMs: fc.oneof(fc.nat(), fc.double()),
      perMs: fc.integer({ min: 1, max: 31_622_400_000 }),
      refill: fc.double({ min: 1e-9, max: 1e15, noNaN: true }),
      slots: fc.boolean(),
    })
    .map(({ name, slots, ...numbers }) => ({
      ...status(name, numbers),
      ...(slots && { rule: concurrency({ capacity: 1 }), estimated: true }),
    }))
  const distinct = { minLength: 1, maxLength: 6, selector: (limit: LimitStatus) => limit.name }

  test('both fields are lists of named items with whole parameters in range', () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyStatus, distinct), (limits) => {
        const fields = write(...limits)!
        const policy = parseList(fields.policy) as Item[]
        const rateLimit = parseList(fields.rateLimit) as Item[]
        const names = limits.map((limit) => limit.name)
        expect(policy.map(([name]) => name)).toEqual(names)
        expect(rateLimit.map(([name]) => name)).toEqual(names)
        for (const [, parameters] of policy) {
          expect(isWhole(parameters.get('q'), 0)).toBe(true)
          if (parameters.has('w')) expect(isWhole(parameters.get('w'), 1)).toBe(true)
        }
        for (const [, parameters] of rateLimit) {
          expect(isWhole(parameters.get('r'), 0)).toBe(true)
          if (parameters.has('t')) expect(isWhole(parameters.get('t'), 0)).toBe(true)
        }
      }),
    )
  })

  test('several guards make one list without repeated names, the last status of each', () => {
    fc.assert(
      fc.property(fc.array(fc.uniqueArray(anyStatus, distinct), { minLength: 1, maxLength: 4 }), (guards) => {
        const merged = guards.map((limits) => visible(...limits)).reduce(mergeDisclosed)
        const names = (parseList(createRateLimitSerializer('draft-11')(merged)!.rateLimit) as Item[]).map(([name]) => name)
        expect(names).toEqual([...new Set(guards.flat().map((limit) => limit.name))])
        for (const limit of merged) expect(guards.flat().findLast(({ name }) => name === limit.name)).toBe(limit)
      }),
    )
  })
})

test('what refuses never reports a wait longer than Retry-After', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 1e9 }), { minLength: 1, maxLength: 4 }), (waits) => {
      const decision = limited(...waits.map((wait, i) => exhausted(`limit-${i}`, wait)))
      const items = parseList(createRateLimitSerializer('draft-11')(disclosedLimits(decision))!.rateLimit) as Item[]
      for (const [, parameters] of items) expect(retryAfterSeconds(decision)).toBeGreaterThanOrEqual(Number(parameters.get('t') ?? 0))
    }),
  )
})

test('a limit that is not disclosed leaves no trace in any field', () => {
  const decision = allowed(status('api-secret', { disclose: false, capacity: 777 }), status('app'))
  const fields = createRateLimitSerializer('draft-11')(disclosedLimits(decision))
  expect(JSON.stringify(fields)).not.toMatch(/secret|777/)
})

function isWhole(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= 999_999_999_999_999
}
