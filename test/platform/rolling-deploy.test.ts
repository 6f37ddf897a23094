/** Processes that follow one policy in Redis, and one that is behind. */
import { createLimiter, everyone, type Limiter, type Rule, tokenBucket } from '@sluice/core'
import { followPolicy, type PolicyFollowing, type PolicySource } from '@sluice/policy'
import { redisPolicy, redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll, afterEach, expect, test } from 'vitest'
import { startProxy, startRedis } from '../servers/index.ts'

const redis = await startRedis()
const operator = new Redis(redis.port)
afterAll(async () => {
  operator.disconnect()
  await redis.stop()
})
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

const hourly = (capacity: number): Rule => tokenBucket({ capacity, per: '1h' })

function publish(key: string, version: number, capacity: number): Promise<unknown> {
  return operator.set(
    key,
    JSON.stringify({ version: String(version), limits: { api: { rule: { tokenBucket: { capacity, per: '1h' } } } } }),
  )
}

interface Process {
  readonly limiter: Limiter
  readonly following: PolicyFollowing
}

/** A limiter with connections of its own, as a process has them. */
async function start(key: string, policyPort: number = redis.port): Promise<Process> {
  const [client, policyClient] = [new Redis(redis.port), new Redis(policyPort, { retryStrategy: () => 50 })]
  policyClient.on('error', () => {})
  const store = redisStore(client, { prefix: key, processes: 3, timeout: '10s' })
  const limits = [{ name: 'api', by: everyone, rule: hourly(1) }]
  const limiter = createLimiter({ limits, store })
  const source = redisPolicy(policyClient, key)
  const following = await followPolicy({ limiter, limits, source: source satisfies PolicySource })
  ends.push(async () => {
    following.stop()
    await Promise.all([source.close(), store.close()])
    for (const one of [client, policyClient]) one.disconnect()
  })
  return { limiter, following }
}

test('a changed key reaches every process within a second, and a bad one changes none', { timeout: 30_000 }, async () => {
  await publish('reach', 1, 100)
  const processes = await Promise.all([start('reach'), start('reach'), start('reach')])
  const took: number[] = []
  for (const version of [2, 3, 4]) {
    await publish('reach', version, 50)
    const changedAt = performance.now()
    await expect.poll(() => processes.map(({ following }) => following.version), { interval: 5 }).toEqual(Array(3).fill(String(version)))
    took.push(performance.now() - changedAt)
  }
  // A busy machine holds up one change, but hardly all.
  expect(Math.min(...took)).toBeLessThan(1000)
  await operator.set('reach', '{ "version": "5", "limits": {')
  await expect.poll(() => processes.map(({ following }) => following.refused)).toEqual([1, 1, 1])
  for (const { limiter } of processes) expect(await limiter.peek()).toMatchObject({ policyVersion: '4', limits: [{ capacity: 50 }] })
})

test('a process that is cut off decides by the newer rule that the others have left, and catches up by itself', {
  timeout: 30_000,
}, async () => {
  const proxy = await startProxy(redis)
  ends.push(() => proxy.stop())
  await publish('cut', 1, 100)
  const [ahead, behind] = [await start('cut'), await start('cut', proxy.port)]
  proxy.refuse()
  proxy.resetAll()
  await ahead.limiter.consume(undefined, { cost: 80 })
  await publish('cut', 2, 90)
  await expect.poll(() => ahead.following.version).toBe('2')
  const left: number[] = []
  for (let turn = 0; turn < 3; turn++) {
    for (const { limiter } of [ahead, behind]) {
      const [status] = (await limiter.consume()).limits
      expect(status!.capacity).toBe(90)
      left.push(status!.remaining)
    }
  }
  expect(left).toEqual([9, 8, 7, 6, 5, 4])
  expect(behind.following.version).toBe('1')
  await proxy.heal()
  await expect.poll(() => behind.following.version).toBe('2')
})
