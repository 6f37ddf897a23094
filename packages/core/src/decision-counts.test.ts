import { expect, test } from 'vitest'
import { deciders, outcomes } from './decision-counts.ts'
import { createLimiter } from './limiter/limiter.ts'
import { memoryStore } from './memory/memory-store.ts'
import { countsOfDecisions } from './observe.ts'
import { tokenBucket } from './rules/token-bucket/token-bucket.ts'
import { manualClock } from './testing/manual-clock.ts'

const rule = tokenBucket({ capacity: 2, per: '1h' })

/** The counts of a limit, by outcome. */
function rowOf(counts: ReturnType<typeof countsOfDecisions>, name: string): Record<string, number> {
  return Object.fromEntries(outcomes.map((outcome, i) => [outcome, counts!.limits.get(name)?.[i] ?? 0]))
}

test('decisions are counted from when something wants it, and not before', () => {
  const limiter = createLimiter<string>({
    limits: [
      { name: 'user', by: (id) => id, rule },
      { name: 'watched', by: (id) => id, rule: tokenBucket({ capacity: 1, per: '1h' }), shadow: true },
    ],
    store: memoryStore({ clock: manualClock() }),
  })
  limiter.consume('ann')
  const counts = countsOfDecisions(limiter)!
  limiter.consume('ann')
  limiter.consume('ann')
  limiter.consume('bob', { cost: 3 })
  limiter.peek('ann')
  expect(rowOf(counts, 'user')).toMatchObject({ allowed: 0, near: 1, limited: 1, impossible: 1 })
  expect(rowOf(counts, 'watched')).toMatchObject({ shadow_limited: 3 })
  expect(counts.deciders[deciders.indexOf('store')]).toBe(3)
  expect(countsOfDecisions(limiter)).toBe(counts)
})

test('a limit keeps its counts when the limits are updated', () => {
  const limiter = createLimiter<string>({ limits: [{ name: 'user', by: (id) => id, rule }] })
  const counts = countsOfDecisions(limiter)!
  limiter.consume('ann')
  void limiter.update([
    { name: 'first', by: (id) => id, rule },
    { name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 5, per: '1h' }) },
  ])
  limiter.consume('ann')
  expect([rowOf(counts, 'user').allowed, rowOf(counts, 'first').allowed]).toEqual([2, 1])
})

test('a limit that a fault refuses is unavailable', () => {
  const by = (): never => {
    throw new Error('no database')
  }
  const limiter = createLimiter<string>({ limits: [{ name: 'user', by, rule }], onFault: 'deny' })
  const counts = countsOfDecisions(limiter)!
  expect(limiter.consume('ann').outcome).toBe('unavailable')
  expect([rowOf(counts, 'user').unavailable, counts.deciders[deciders.indexOf('none')]]).toEqual([1, 1])
})

test('names beyond a thousand are counted together', () => {
  const limiter = createLimiter<number>({ limits: [{ name: '0', by: String, rule }] })
  const counts = countsOfDecisions(limiter)!
  for (let n = 0; n < 1010; n++) {
    void limiter.update([{ name: String(n), by: () => 'all', rule }])
    limiter.consume(n)
  }
  expect([counts.limits.size, rowOf(counts, 'other limits').allowed]).toEqual([1001, 10])
})

test('what has no counts gives none', () => {
  expect([countsOfDecisions(null), countsOfDecisions({}), countsOfDecisions({ observe: () => undefined })]).toEqual([
    undefined,
    undefined,
    undefined,
  ])
})
