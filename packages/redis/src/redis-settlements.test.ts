/** What settlements leave in Redis: a fraction of a byte each, for as long as a reservation lives, and safe to send again. */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  concurrency,
  createLimiter,
  type Hold,
  type Limit,
  type Limiter,
  type LimiterEvent,
  type LimiterOptions,
  type Store,
  surviveOutages,
  tokenBucket,
} from '@sluice/core'
import { ask, startRedis } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { type RedisStoreOptions, redisStore } from './redis-store.ts'

const redis = await startRedis()
const client = new Redis(redis.socket).setMaxListeners(0)
const stores: Store[] = []
afterAll(async () => {
  for (const store of stores) await store.close()
  client.disconnect()
  await redis.stop()
})
beforeEach(async () => {
  await client.flushall()
})

const tokens: Limit<string> = { name: 'tokens', by: (key) => key, rule: tokenBucket({ capacity: 1_000_000, per: '366d' }) }
const jobs: Limit<string> = { name: 'jobs', by: (key) => key, rule: concurrency({ capacity: 2, lease: '10s' }) }

function storeWith(options: RedisStoreOptions = {}): Store {
  const store = redisStore(client, { processes: 1, timeout: '20s', ...options })
  stores.push(store)
  return store
}

function limiterOn(store: Store, limits: LimiterOptions<string>['limits'] = [tokens]): Limiter<string> {
  return createLimiter<string>({ limits, store })
}

/** A store whose reservations come with their holds, and that can be asked twice as after a lost answer. */
async function holdOf(store: Store): Promise<Hold> {
  let seen: Hold | null = null
  const watched: Store = {
    ...store,
    decide: async (call) => {
      const verdict = await store.decide(call)
      seen = verdict.hold
      return verdict
    },
  }
  await limiterOn(surviveOutages(watched, { processes: 1 })).reserve('ann', { cost: 100 })
  return seen!
}

/** Keys that are no buckets, and what they take. */
async function pages(): Promise<{ readonly keys: number; readonly bytes: number }> {
  const keys = await client.keys('*::*')
  const sizes = await Promise.all(keys.map((key) => client.memory('USAGE', key)))
  return { keys: keys.length, bytes: sizes.reduce<number>((sum, size) => sum + Number(size), 0) }
}

async function usedMemory(): Promise<number> {
  return Number(/used_memory:(\d+)/.exec(await ask<string>(redis, 'INFO', 'memory'))![1])
}

describe('the memory of settlements', { timeout: 120_000 }, () => {
  test.each([
    ['one after the other', 1, 10_000],
    ['where one in eight reservations is settled', 8, 5000],
  ])('is at most 4 bytes each: %s', async (_, reserved, settlements) => {
    const limiter = limiterOn(storeWith())
    await (await limiter.reserve('warm up')).cancel()
    const before = await usedMemory()
    for (let done = 0; done < settlements; done += 500) {
      const held = await Promise.all(Array.from({ length: 500 * reserved }, () => limiter.reserve('warm up', { cost: 2 })))
      await Promise.all(held.filter((__, i) => i % reserved === 0).map((one) => one.settle(2)))
    }
    const { keys, bytes } = await pages()
    expect(keys).toBe(Math.ceil((settlements * reserved + 1) / 1024))
    expect(await client.dbsize()).toBe(keys + 1)
    expect(bytes / settlements).toBeLessThanOrEqual(4)
    await expect.poll(async () => ((await usedMemory()) - before) / settlements).toBeLessThanOrEqual(4)
  })

  test('does not depend on refusals, however many come between', async () => {
    const limiter = limiterOn(storeWith())
    for (let i = 0; i < 20; i++) {
      const held = await limiter.reserve('ann')
      await Promise.all(Array.from({ length: 200 }, () => limiter.reserve('bob', { cost: 1_000_001 })))
      await held.settle(1)
    }
    expect((await pages()).keys).toBe(1)
  })

  test('is at most 350 bytes for a process that settles now and then', async () => {
    const limiter = limiterOn(storeWith())
    for (let i = 0; i < 1023; i++) await limiter.reserve('ann')
    await (await limiter.reserve('ann')).settle(1)
    const { keys, bytes } = await pages()
    expect(keys).toBe(1)
    expect(bytes).toBeLessThanOrEqual(350)
  })

  test('is shared by the buckets of a slot where buckets are spread', async () => {
    const limiter = limiterOn(storeWith({ colocate: 'tokens' }))
    for (let i = 0; i < 50; i++) await (await limiter.reserve('ann')).settle(1)
    expect((await pages()).keys).toBe(1)
  })
})

test('a reservation that is never settled writes what a consumption writes', async () => {
  const written = async (verb: 'consume' | 'reserve'): Promise<unknown> => {
    await client.flushall()
    await limiterOn(storeWith())[verb]('ann', { cost: 5 })
    const keys = await client.keys('*')
    return Promise.all(keys.map(async (key) => [key, await client.strlen(key)]))
  }
  expect(await written('reserve')).toEqual(await written('consume'))
})

test('a settlement that is sent again changes nothing, from whichever process', async () => {
  const store = storeWith()
  const hold = await holdOf(store)
  expect(await store.settle(hold, [40])).toEqual({ first: true, excess: [0] })
  const elsewhere = storeWith()
  const again = JSON.parse(JSON.stringify(hold)) as Hold
  for (const one of [store, elsewhere]) expect(await one.settle(again, [0])).toEqual({ first: false, excess: [0] })
  expect((await limiterOn(store).peek('ann')).limits[0]!.remaining).toBe(999_960)
  expect(await store.renew(hold)).toBe(false)
})

test('a page lives for one lifetime after the latest settlement in it', async () => {
  const store = storeWith({ handleLifetime: '1m' })
  await store.settle(await holdOf(store), [0])
  const [page] = await client.keys('*::*')
  await client.pexpire(page!, 5)
  await store.settle(await holdOf(store), [0])
  expect(await client.pttl(page!)).toBeGreaterThan(59_000)
})

test('a settlement after the lifetime changes nothing and is reported once, with the limits that keep the estimate', async () => {
  const limiter = limiterOn(storeWith({ handleLifetime: '20ms' }), [jobs, tokens])
  const events: LimiterEvent[] = []
  limiter.observe((event) => event.type === 'fault' && events.push(event))
  const held = await limiter.reserve('ann', { cost: { tokens: 900 } })
  await sleep(60)
  await held.settle({ tokens: 10 })
  expect((await limiter.peek('ann', { cost: { tokens: 0 } })).limits.map(({ remaining }) => remaining)).toEqual([2, 999_100])
  expect(events.map((event) => event.type === 'fault' && [event.error.code, event.limit, event.error.facts['limits']])).toEqual([
    ['SLUICE_SETTLED_LATE', 'tokens', 'tokens'],
  ])
  expect((await pages()).keys).toBe(0)
})

test('renewing a reservation prolongs the time in which it can be settled', async () => {
  const limiter = limiterOn(storeWith({ handleLifetime: '400ms' }), [jobs, tokens])
  const events: LimiterEvent[] = []
  limiter.observe((event) => event.type === 'fault' && events.push(event))
  const held = await limiter.reserve('ann', { cost: { tokens: 900 } })
  for (let i = 0; i < 4; i++) {
    await sleep(150)
    expect(await held.renew()).toBe(true)
  }
  await held.settle({ tokens: 10 })
  expect((await limiter.peek('ann', { cost: { tokens: 0 } })).limits.map(({ remaining }) => remaining)).toEqual([2, 999_990])
  expect(events).toEqual([])
})

test('a reservation that is too old cannot be renewed', async () => {
  const limiter = limiterOn(storeWith({ handleLifetime: '20ms' }))
  const held = await limiter.reserve('ann')
  await sleep(60)
  expect(await held.renew()).toBe(false)
})
