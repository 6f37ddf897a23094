/** Slots in Redis: what is left there, who gives them back, and that they are those of the memory store. */

import { type History, type HistoryStep, type Outcome, runHistory } from '@sluice/conformance/store'
import { concurrency, createLimiter, type Limiter, type LimitStatus, memoryStore, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { startRedis } from '@sluice/test/servers'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest'
import { certainSteps, watchingStepsBack } from '../test/certain-steps.ts'
import { timedStores } from '../test/timed-store.ts'
import { redisStore } from './redis-store.ts'

const redis = await startRedis()
const client = new Redis(redis.socket)
const store = redisStore(client, { processes: 1, timeout: '10s' })
const stores = timedStores(client)
afterAll(async () => {
  await Promise.all([store.close(), stores.close()])
  client.disconnect()
  await redis.stop()
})
beforeEach(async () => {
  await client.flushall()
})
const limiters: Limiter<string>[] = []
afterEach(async () => {
  for (const limiter of limiters.splice(0)) await limiter.close()
})

const slots = '{sluice};uploads:ann'

function uploads(capacity: number, lease: '100ms' | '2s' | '30s' = '30s'): Limiter<string> {
  const limiter = createLimiter<string>({
    store,
    limits: [{ name: 'uploads', by: (user) => user, rule: concurrency({ capacity, lease }) }],
  })
  limiters.push(limiter)
  return limiter
}

async function free(limiter: Limiter<string>): Promise<number> {
  return (await limiter.peek('ann')).limits[0]!.remaining
}

test('the slots of a key are one key, which expires with the last of them and is gone when all are given back', async () => {
  const limiter = uploads(3)
  const held = [await limiter.reserve('ann'), await limiter.reserve('ann')]
  expect(await client.keys('*')).toEqual([slots])
  const ttl = await client.pttl(slots)
  expect([ttl > 20_000, ttl <= 30_001]).toEqual([true, true])
  for (const one of held) await one.settle(1)
  expect(await client.dbsize()).toBe(0)
})

test('a refusal and a look write nothing', async () => {
  const limiter = uploads(1)
  await limiter.reserve('ann')
  const [leases, expiry] = [await client.zrange(slots, 0, '-1', 'WITHSCORES'), await client.pexpiretime(slots)]
  await limiter.reserve('ann')
  await free(limiter)
  await limiter.inspect('uploads', 'ann')
  expect([await client.zrange(slots, 0, '-1', 'WITHSCORES'), await client.pexpiretime(slots)]).toEqual([leases, expiry])
})

test('what a process held that has gone without a word is free again after the lease, by the clock of Redis', async () => {
  const limiter = uploads(1, '2s')
  expect((await limiter.reserve('ann')).decision.allowed).toBe(true)
  expect((await limiter.reserve('ann')).decision.allowed).toBe(false)
  await expect.poll(() => client.exists(slots)).toBe(0)
  expect((await limiter.reserve('ann')).decision.allowed).toBe(true)
})

test('a key with many slots keeps only leases that live', async () => {
  const limiter = uploads(50, '100ms')
  await Promise.all(Array.from({ length: 50 }, () => limiter.reserve('ann')))
  await client.persist(slots)
  await new Promise((resolve) => setTimeout(resolve, 120))
  await limiter.reserve('ann')
  // The lease, and beside it the terms.
  expect(await client.zcard(slots)).toBe(2)
  expect(await client.pttl(slots)).toBeGreaterThan(0)
})

test('of forty who come at once through two clients as many get a slot as there are', async () => {
  const other = new Redis(redis.socket)
  const otherStore = redisStore(other, { processes: 1, timeout: '10s' })
  const rule = concurrency({ capacity: 7, lease: '30s' })
  const elsewhere = createLimiter<string>({ store: otherStore, limits: [{ name: 'uploads', by: (user) => user, rule }] })
  const both = [uploads(7), elsewhere]
  const reservations = await Promise.all(Array.from({ length: 40 }, (_, i) => both[i % 2]!.reserve('ann')))
  const admitted = reservations.filter(({ decision }) => decision.allowed)
  expect(admitted).toHaveLength(7)
  await Promise.all(admitted.flatMap((one) => [one.settle(1), one.cancel()]))
  expect(await free(elsewhere)).toBe(7)
  await otherStore.close()
  other.disconnect()
})

test('a slot that was held for longer than a reservation can be settled is given back all the same', async () => {
  const own = redisStore(client, { prefix: 'brief', processes: 1, timeout: '10s', handleLifetime: '1ms' })
  const limits = [
    { name: 'rate', by: (user: string) => user, rule: tokenBucket({ capacity: 10, per: '1h' }) },
    { name: 'uploads', by: (user: string) => user, rule: concurrency({ capacity: 1 }) },
  ]
  const limiter = createLimiter<string>({ store: own, limits })
  const held = await limiter.reserve('ann', { cost: 4 })
  await new Promise((resolve) => setTimeout(resolve, 20))
  await held.settle(0)
  expect((await limiter.peek('ann')).limits.map(({ remaining }) => remaining)).toEqual([6, 1])
  await own.close()
})

describe('in the place of slots', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['a text', () => client.set(slots, 'the quick brown fox')],
    ['a hash', () => client.hset(slots, 'a', 'b')],
    ['scores of a game', () => client.zadd(slots, 1, 'ann', 2, 'bob')],
    ['scores without end', () => client.zadd(slots, '+inf', 'ann', '+inf', 'bob')],
    ['terms without leases', () => client.zadd(slots, '+inf', '#1,1,1,hv05c,')],
    ['terms of another kind', () => client.zadd(slots, 1e300, 'x', '+inf', 'the quick brown fox')],
    ['leases that are none', () => client.zadd(slots, 1e300, 'x', '+inf', '#1,1,1,hv05c,')],
  ])('%s counts for nothing, and is written over', async (_, write) => {
    await write()
    const limiter = uploads(1)
    expect(await limiter.inspect('uploads', 'ann')).toBeNull()
    const { decision } = await limiter.reserve('ann')
    expect(decision).toMatchObject({ decidedBy: 'store', allowed: true, limits: [{ remaining: 0 }] })
    expect(await client.pttl(slots)).toBeGreaterThan(0)
    expect((await limiter.reserve('ann')).decision.allowed).toBe(false)
  })
})

const facts = { shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const
const limits = [
  { facts: { ...facts, name: 'slots' }, startsBelow: 0 },
  { facts: { ...facts, name: 'shadow', shadow: true }, startsBelow: 0 },
  { facts: { ...facts, name: 'rate' }, startsBelow: 0 },
]
const rules = [
  concurrency({ capacity: 2, lease: '5s' }),
  concurrency({ capacity: 3, lease: '5s' }),
  tokenBucket({ capacity: 4, per: '10s' }),
]

/** Histories of slots: two policies that differ in how many there are, and a rate beside them that also refuses. */
function slotHistories(backwards: boolean): fc.Arbitrary<History> {
  // With one key: what has expired the memory store forgets when it tidies up, and Redis when it is asked.
  const key = backwards ? fc.constant('a') : fc.constantFrom('a', 'a', 'b')
  const slot = fc.record({
    limit: fc.constantFrom(0, 1),
    key,
    rule: fc.constantFrom(0, 1),
    version: fc.constantFrom(0, 0, 1),
    cost: fc.constantFrom(0, 1, 1, 1),
  })
  const units = fc.record({ limit: fc.constant(2), key, rule: fc.constant(2), version: fc.constant(0), cost: fc.nat(3) })
  // Always with units, if only none: a hold of slots alone counts as settled once they are gone, and in memory when it was settled.
  const asks = fc.oneof(
    fc.tuple(slot, units),
    fc.tuple(units, slot).map(([a, b]) => [b, a]),
    fc.tuple(slot, slot, units).map(([a, b, c]) => [{ ...a, limit: 0 }, { ...b, limit: 1 }, c]),
  )
  const back = fc.nat(4)
  const none = fc.constant<number[]>([])
  const waits = fc.oneof(fc.nat(6_000_000), fc.constantFrom(5_000_000, 4_999_999, 1))
  const step: fc.Arbitrary<HistoryStep> = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('reserve' as const), asks, undo: none }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('reserve' as const), asks, undo: fc.uniqueArray(back, { maxLength: 2 }) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('consume' as const, 'peek' as const), asks, undo: none }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('settle' as const), hold: back, actual: fc.array(fc.nat(5), { maxLength: 3 }) }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('renew' as const), hold: back }) },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('wait' as const),
        us: backwards
          ? fc.oneof(
              waits,
              waits.map((us) => -us),
            )
          : waits,
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('inspect' as const, 'reset' as const), ask: slot }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('block' as const), ask: slot, durationMs: fc.nat(backwards ? 0 : 3000) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('refund' as const), asks }) },
  )
  return fc
    .array(step, { minLength: 1, maxLength: 30, size: 'max' })
    .map((steps) => ({ startUs: Date.UTC(2026, 0, 1) * 1000, limits, rules, migrate: 'keepUsed', steps }))
}

/** Everything but the guesses, which the memory store makes by bounds, and Redis by what it finds. */
function certain({ verdict, status, ...rest }: Outcome): unknown {
  const known = (one: LimitStatus): Partial<LimitStatus> => {
    if (one.estimated === undefined) return one
    const { retryAfterMs, replenishAfterMs, resetAfterMs, ...fields } = one
    return fields
  }
  return {
    ...rest,
    verdict: verdict && { ...verdict, limits: verdict.limits.map(known), undone: verdict.undone.map(known) },
    status: status && known(status),
  }
}

test.each([
  ['forwards', false],
  ['back and forth', true],
])('slots are those of the memory store, with time that goes %s', { timeout: 300_000 }, async (_, backwards) => {
  const agrees = async (history: History): Promise<void> => {
    const clock = manualClock()
    const watched = watchingStepsBack(history)
    const inMemory = await runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, watched)
    const inRedis = await runHistory(stores.empty(), watched)
    const steps = certainSteps(watched, inMemory, inRedis)
    expect(inRedis.slice(0, steps).map(certain)).toEqual(inMemory.slice(0, steps).map(certain))
  }
  await fc.assert(fc.asyncProperty(slotHistories(backwards), agrees), { numRuns: 400 })
})
