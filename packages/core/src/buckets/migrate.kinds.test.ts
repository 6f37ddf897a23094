import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { anyRule, naturalUs, rulesByKind } from '../../test/any-rule.ts'
import { type Walk, walk, walks } from '../../test/bucket-walk.ts'
import type { CountingRule } from '../kind.ts'
import { bucketKind } from '../kind.ts'
import type { Migrate } from '../store.ts'
import { isExpired, keepUs } from './bucket.ts'
import { migrate } from './migrate.ts'
import { settleCharge } from './settlement.ts'

const kinds = Object.keys(rulesByKind)
const pairs = kinds.flatMap((from) => kinds.map((to) => [from, to] as const))

/** What a bucket lacks before and after it came under another rule, as exact parts of units. */
function converted(walked: Walk<CountingRule>, to: CountingRule, how: Migrate) {
  const { rule: from } = walked
  const { state, now } = walk(walked)
  const { state: left } = migrate({ state }, now, from, to, how)
  return {
    before: { lacks: BigInt(bucketKind(from).missing(state, from)), scale: BigInt(from.scale), full: BigInt(from.capacity * from.scale) },
    after: { lacks: BigInt(bucketKind(to).missing(left, to)), scale: BigInt(to.scale), full: BigInt(to.capacity * to.scale) },
    remaining: [bucketKind(from).describe(state, now, 1, from).remaining, bucketKind(to).describe(left, now, 1, to).remaining] as const,
  }
}

describe.each(pairs)('from a %s to a %s', (fromKind, toKind) => {
  const changes = rulesByKind[toKind]!.chain((to) => fc.tuple(walks(rulesByKind[fromKind]!, naturalUs), fc.constant(to)))
  const check = (how: Migrate, law: (change: ReturnType<typeof converted>, to: CountingRule) => void): void => {
    fc.assert(
      fc.property(changes, ([walked, to]) => {
        law(converted(walked, to, how), to)
      }),
      { numRuns: 60 },
    )
  }

  test('what was used is kept, whole units exactly, parts against the caller by less than a unit', () => {
    check('keepUsed', ({ before, after }) => {
      const excess = after.lacks * before.scale - before.lacks * after.scale
      expect(excess).toBeGreaterThanOrEqual(0n)
      expect(excess).toBeLessThan(before.scale * after.scale)
      if (before.lacks % before.scale === 0n) expect(excess).toBe(0n)
    })
  })

  test('what remains is kept, as far as it fits, and never grows', () => {
    check('keepRemaining', ({ remaining: [before, after] }, to) => {
      expect(after).toBeLessThanOrEqual(before)
      expect(after).toBeGreaterThanOrEqual(Math.min(before, to.capacity) - 1)
    })
  })

  test('the used part of the capacity is kept, against the caller', () => {
    check('proportional', ({ before, after }) => {
      const excess = after.lacks * before.full - before.lacks * after.full
      expect(excess).toBeGreaterThanOrEqual(0n)
      // Of a debt, no part is forgiven.
      if (before.lacks <= before.full) expect(excess).toBeLessThan(2n * after.scale * before.full)
    })
  })

  test('nothing is kept when all is forgotten', () => {
    check('reset', ({ after }) => {
      expect(after.lacks).toBe(0n)
    })
  })
})

test('a bucket of any kind expires when keepUs is over', () => {
  fc.assert(
    fc.property(walks(anyRule, naturalUs), (walked) => {
      const { rule } = walked
      const { state, now } = walk(walked)
      const bucket = { state, terms: { rule, initial: rule.capacity, version: 0 } }
      const keep = keepUs(bucket, now)
      expect(isExpired(bucket, now + keep)).toBe(true)
      expect(isExpired(bucket, now)).toBe(keep === 0)
      if (keep > 0) expect(isExpired(bucket, now + keep - 1)).toBe(false)
    }),
    { numRuns: 500 },
  )
})

test('a charge cancelled under a rule of another kind lifts no bucket above what it was without the charge', () => {
  const limit = { name: 'x', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const
  fc.assert(
    fc.property(walks(anyRule, naturalUs), anyRule, fc.integer({ min: 1, max: 50 }), fc.nat(2_000_000), (walked, to, units, waitUs) => {
      const { rule: from } = walked
      const { state, now } = walk(walked)
      const old = bucketKind(from)
      const charged = old.debit(state, units * from.scale, from)
      const terms = { rule: from, initial: from.capacity, version: 0 }
      const held = { limit, key: 'a', terms, units, at: Math.max(now, charged.last) }
      const later = held.at + waitUs
      const under = { rule: to, initial: to.capacity, version: 0 }
      const bucket = { ...migrate({ state: charged }, now, from, to, 'keepUsed'), terms: under }
      const { missing, advance } = bucketKind(to)
      const uncharged = missing(advance(migrate({ state }, now, from, to, 'keepUsed').state, later, to), to)
      const settled = settleCharge(bucket, held, 0, later).bucket
      if (settled === undefined) return
      expect(missing(settled.state, to)).toBeGreaterThanOrEqual(uncharged)
    }),
    { numRuns: 500 },
  )
})
