/** Calls go together as far as one script can take them, and one that is too large by itself is refused by a code. */
import {
  type Charge,
  concurrency,
  createLimiter,
  type Decision,
  fixedWindow,
  type Limit,
  type LimiterEvent,
  slidingWindow,
  tokenBucket,
} from '@sluice/core'
import { startRedis } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { redisStore } from '../redis-store.ts'
import { countInOneGroup } from './script-work.ts'

const redis = await startRedis()
const client = new Redis(redis.port)
const store = redisStore(client, { processes: 1, timeout: '20s' })
afterAll(async () => {
  await store.close()
  client.disconnect()
  await redis.stop()
})
beforeEach(async () => {
  await client.flushall()
})

const facts = { name: 'a', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const

function waitingFor(calls: number, charges: number, rule: (i: number) => Charge['terms']['rule']) {
  const charge = (i: number): Charge => ({ limit: facts, key: 'k', terms: { rule: rule(i), initial: 1, version: 0 }, cost: 1 })
  const list = Array.from({ length: charges }, (_, i) => charge(i))
  const call = { action: 'consume', charges: list, migrate: 'keepUsed' } as const
  return Array.from({ length: calls }, () => ({ question: { call, leaseName: '' } }))
}

describe('how many calls go together', () => {
  const bucket = (): Charge['terms']['rule'] => tokenBucket({ capacity: 10, per: '1m' })
  const exact = slidingWindow({ capacity: 10_000, per: '1m', exact: true })
  test.each([
    ['no entry', 0, 1, bucket, 0],
    ['one, whatever it is', 1, 500, bucket, 1],
    ['64 of one limit', 300, 1, bucket, 64],
    ['those of three limits', 300, 3, bucket, 36],
    ['the first, if the second makes it too much', 2, 130, bucket, 1],
    ['fewer where the rules take longer', 300, 1, () => concurrency({ capacity: 3 }), 25],
    ['exact windows, however many admissions they have', 300, 1, () => exact, 32],
  ] as const)('%s', (_, calls, charges, rule, inOneGroup) => {
    expect(countInOneGroup(waitingFor(calls, charges, rule))).toBe(inOneGroup)
  })
})

function limitsOf(count: number, rule: (i: number, key: number) => Limit<number>['rule']): Limit<number>[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `limit ${i}`,
    by: String,
    rule: ((key: number) => rule(i, key)) as Limit<number>['rule'],
  }))
}

describe('hundreds of calls at once are decided by the store', { timeout: 60_000 }, () => {
  test.each([
    ['130 limits each', 130, () => tokenBucket({ capacity: 1000, per: '1h' })],
    ['30 rules each, all of them different', 30, (i: number, key: number) => tokenBucket({ capacity: 5 + key * 30 + i, per: '1h' })],
    ['30 windows each, all of them different', 30, (i: number, key: number) => slidingWindow({ capacity: 5 + key * 30 + i, per: '1h' })],
    ['a rule of each day', 20, (i: number, key: number) => fixedWindow({ capacity: 5 + key * 20 + i, per: 'day', timeZone: 'Asia/Seoul' })],
  ] as const)('%s', async (_, count, rule) => {
    const limiter = createLimiter<number>({ store, limits: limitsOf(count, rule) })
    const events: LimiterEvent[] = []
    limiter.observe((event) => (event.type === 'outage' || event.type === 'fault') && events.push(event))
    const decided = (await Promise.all(Array.from({ length: 200 }, (__, key) => limiter.consume(key)))) as Decision[]
    expect(events).toEqual([])
    expect(new Set(decided.map(({ decidedBy }) => decidedBy))).toEqual(new Set(['store']))
    for (const { limits } of decided) expect(limits.every(({ capacity, remaining }) => remaining === capacity - 1)).toBe(true)
    await limiter.close()
  })
})

describe('a call that is too large by itself is an error, and no outage', () => {
  const rule = tokenBucket({ capacity: 10, per: '1m' })

  test('when the limiter is made or changed, where the limits alone are too many', async () => {
    const tooMany = { code: 'SLUICE_LIMITS_MANY', facts: { count: 167, most: 166 } }
    expect(() => createLimiter<number>({ store, limits: limitsOf(167, () => rule) })).toThrow(expect.objectContaining(tooMany))
    const limiter = createLimiter<number>({ store, limits: limitsOf(166, () => rule) })
    await expect(limiter.consume(1)).resolves.toMatchObject({ decidedBy: 'store' })
    expect(() => limiter.update(limitsOf(167, () => rule))).toThrow(expect.objectContaining(tooMany))
    await limiter.close()
  })

  test.each(['consume', 'peek', 'reserve', 'refund'] as const)('when it is asked, where its rules take longer: %s', async (verb) => {
    const limits = limitsOf(100, () => fixedWindow({ capacity: 10, per: 'day', timeZone: 'Asia/Seoul' }))
    const limiter = createLimiter<number>({ store, limits })
    const events: LimiterEvent[] = []
    limiter.observe((event) => event.type === 'outage' && events.push(event))
    const calls = await Promise.allSettled(Array.from({ length: 5 }, async () => limiter[verb](1)))
    const tooMany = { code: 'SLUICE_LIMITS_MANY', facts: { count: 100, most: 83 } }
    for (const one of calls) expect(one).toMatchObject({ status: 'rejected', reason: tooMany })
    expect(events).toEqual([])
    await limiter.close()
  })
})

test('a refused stage gives back earlier ones that are too large for the same script', async () => {
  const first = createLimiter<number>({ store, limits: limitsOf(120, () => tokenBucket({ capacity: 50, per: '366d' })) })
  const second = createLimiter<number>({
    store,
    limits: [
      { name: 'last', by: String, rule: tokenBucket({ capacity: 1, per: '366d' }) },
      ...limitsOf(120, () => tokenBucket({ capacity: 50, per: '366d' })),
    ],
  })
  const held = await first.reserve(7, { cost: 5 })
  const refused = await second.reserve(7, { cost: 6, extend: [held] })
  expect(refused.decision.allowed).toBe(false)
  expect((await first.peek(7, { cost: 0 })).limits.map(({ remaining }) => remaining)).toEqual(Array(120).fill(50))
  await Promise.all([first.close(), second.close()])
})
