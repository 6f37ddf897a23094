/** What the store leaves in Redis: compact, for as long as it matters, and mended where somebody else wrote. */
import { createLimiter, type Limiter, tokenBucket } from '@sluice/core'
import { ask, startRedis } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { everyKind } from '../test/every-kind.ts'
import { redisStore } from './redis-store.ts'

const redis = await startRedis()
const client = new Redis(redis.socket)
const store = redisStore(client, { processes: 1, timeout: '10s' })
const rule = tokenBucket({ capacity: 10, per: '1m' })
const limiter: Limiter<string> = createLimiter<string>({ limits: [{ name: 'ip', by: (key) => key, rule }], store })
afterAll(async () => {
  await store.close()
  client.disconnect()
  await redis.stop()
})
beforeEach(async () => {
  await client.flushall()
})

const bucket = '{sluice}:ip:10.0.0.1'

test('a bucket takes at most 185 bytes, its rule and its expiry included', { timeout: 60_000 }, async () => {
  const used = async (): Promise<number> => Number(/used_memory:(\d+)/.exec(await ask(redis, 'INFO', 'memory'))![1])
  const buckets = 100_000
  // Keys of 25 bytes, as {sluice}:ip:1.2.3.4 and its like have.
  const keys = Array.from({ length: buckets }, (_, i) => String(i).padStart(13, '0'))
  await limiter.consume('warm up')
  await client.flushall()
  const before = await used()
  for (let i = 0; i < buckets; i += 500) await Promise.all(keys.slice(i, i + 500).map((key) => limiter.consume(key, { cost: 10 })))
  expect(await client.dbsize()).toBe(buckets)
  expect((await client.randomkey())!.length).toBe(25)
  // A table that has just doubled holds its old half yet: the memory of the keys themselves is what is asked for.
  await expect.poll(async () => ((await used()) - before) / buckets).toBeLessThanOrEqual(185)
})

test('a bucket expires when it is full, and not a millisecond before', async () => {
  await limiter.consume('10.0.0.1', { cost: 4 })
  const { resetAfterMs } = (await limiter.inspect('ip', '10.0.0.1'))!
  const ttl = await client.pttl(bucket)
  expect(ttl).toBeLessThanOrEqual(24_000 + 1)
  expect(ttl).toBeGreaterThan(23_000)
  expect(Math.abs(ttl - resetAfterMs)).toBeLessThan(1000)
})

test.each(everyKind.map((make) => make(rule)))(
  'a bucket of any kind expires when it is full, and not a second before: $kind',
  async (ruleOfKind) => {
    const own = createLimiter<string>({ limits: [{ name: 'kind', by: (key) => key, rule: ruleOfKind }], store })
    await own.consume('ann', { cost: 2 })
    const status = (await own.inspect('kind', 'ann'))!
    // The status of a quota that never returns names no wait. It is kept for 400 days.
    const resetAfterMs = 'per' in ruleOfKind ? 34_560_000_000 : status.resetAfterMs
    const ttl = await client.pttl('{sluice}:kind:ann')
    // What is kept longer is a record of when something was charged.
    expect(ttl).toBeGreaterThan(resetAfterMs - 1000)
    expect(ttl).toBeLessThanOrEqual(resetAfterMs + 1000)
    await own.resetAll('kind')
    await own.close()
  },
)

test('what a change has forgiven is kept beside the bucket until it has come back, and no longer', async () => {
  const changing = createLimiter<string>({ limits: [{ name: 'plan', by: (key) => key, rule }], store })
  const plan = '{sluice}:plan:10.0.0.1'
  await changing.consume('10.0.0.1', { cost: 8 })
  const [plain, expiry] = [await client.strlen(plan), await client.pexpiretime(plan)]
  await changing.update([{ name: 'plan', by: (key) => key, rule: tokenBucket({ capacity: 5, per: '30s' }) }], { migrate: 'keepRemaining' })
  expect((await changing.consume('10.0.0.1')).limits[0]!.remaining).toBe(1)
  // One unit more, and all of them come back at the same rate.
  expect((await client.pexpiretime(plan)) - expiry).toBeGreaterThanOrEqual(5999)
  expect(await client.strlen(plan)).toBeLessThanOrEqual(2 * (plain + 3) + 11)
  // That nothing returns of what was charged before the change is known for as long as the bucket would have been kept without it.
  await changing.refund('10.0.0.1', { cost: 9 })
  expect(Math.abs((await client.pexpiretime(plan)) - expiry)).toBeLessThanOrEqual(1)
  await changing.close()
})

test('a refusal, a peek and a cost of 0 write nothing', async () => {
  await limiter.consume('10.0.0.1', { cost: 10 })
  const value = await client.getBuffer(bucket)
  const expiry = await client.pexpiretime(bucket)
  await limiter.consume('10.0.0.1', { cost: 10 })
  await limiter.peek('10.0.0.1')
  await limiter.consume('10.0.0.1', { cost: 0 })
  expect([await client.getBuffer(bucket), await client.pexpiretime(bucket)]).toEqual([value, expiry])
})

test('every key has an expiry: buckets, settlements, blocks and their list', async () => {
  await limiter.consume('10.0.0.1')
  expect(await client.dbsize()).toBe(1)
  const held = await limiter.reserve('10.0.0.2', { cost: 3 })
  await held.settle(1)
  await limiter.block('ip', '10.0.0.3', '1m')
  const keys = await client.keys('*')
  expect(keys).toHaveLength(5)
  for (const key of keys) expect(await client.pttl(key)).toBeGreaterThan(0)
})

test('a reset leaves 26 bytes for as long as the bucket would have been kept, and lifting a block nothing of it', async () => {
  await limiter.consume('10.0.0.1')
  const expiry = await client.pexpiretime(bucket)
  await limiter.block('ip', '10.0.0.1', '1h')
  await limiter.reset('ip', '10.0.0.1')
  expect(await client.strlen(bucket)).toBe(26)
  expect(Math.abs((await client.pexpiretime(bucket)) - expiry)).toBeLessThanOrEqual(1)
  await client.flushall()
  await limiter.block('ip', '10.0.0.1', '1h')
  await limiter.reset('ip', '10.0.0.1')
  await limiter.block('ip', '10.0.0.2', '1m')
  await limiter.block('ip', '10.0.0.2', 0)
  expect(await client.dbsize()).toBe(0)
})

test('a bucket that lost its expiry gets one again', async () => {
  await limiter.consume('10.0.0.1')
  await client.persist(bucket)
  await limiter.consume('10.0.0.1')
  expect(await client.pttl(bucket)).toBeGreaterThan(0)
})

test.each<[string, () => Promise<unknown>]>([
  ['a number', () => client.set(bucket, '12')],
  ['a text', () => client.set(bucket, 'the quick brown fox jumps over the lazy dog')],
  ['a text that seems to have two states', () => client.set(bucket, 'the quick fox + the brown dog jump over the lazy fence')],
  ['a list', () => client.rpush(bucket, 'a', 'b')],
  ['a hash', () => client.hset(bucket, 'a', 'b')],
])('%s in the place of a bucket counts for nothing, and is written over', async (_, write) => {
  await write()
  await expect(limiter.consume('10.0.0.1', { cost: 4 })).resolves.toMatchObject({ decidedBy: 'store', limits: [{ remaining: 6 }] })
  expect(await client.type(bucket)).toBe('string')
  expect(await client.pttl(bucket)).toBeGreaterThan(0)
})

test('applications whose clocks differ share one truth', async () => {
  const now = Date.now
  Date.now = () => now() + 3_600_000
  try {
    await limiter.consume('10.0.0.1', { cost: 10 })
  } finally {
    Date.now = now
  }
  expect((await limiter.consume('10.0.0.1')).allowed).toBe(false)
})

test('a key prefix of the client stands before that of the store', async () => {
  const prefixed = new Redis(redis.port, { keyPrefix: 'app:' })
  const own = redisStore(prefixed, { prefix: 'quota', processes: 1, timeout: '10s' })
  await createLimiter({ limits: [{ name: 'a:b', by: () => 'c', rule }], store: own }).consume()
  expect(await client.keys('*')).toEqual(['app:{quota}:a%3ab:c'])
  await own.close()
  prefixed.disconnect()
})

test('a hold that is older than its lifetime is settled no more', async () => {
  const own = redisStore(client, { prefix: 'brief', processes: 1, timeout: '10s', handleLifetime: '1ms' })
  const brief = createLimiter<string>({ limits: [{ name: 'ip', by: (key) => key, rule }], store: own })
  const held = await brief.reserve('10.0.0.1', { cost: 5 })
  await new Promise((resolve) => setTimeout(resolve, 20))
  await held.cancel()
  expect((await brief.peek('10.0.0.1')).limits[0]!.remaining).toBe(5)
  await own.close()
})
