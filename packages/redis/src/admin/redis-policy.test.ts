/** A policy in a real Redis, with a real network in between. */
import { setTimeout as sleep } from 'node:timers/promises'
import { startProxy, startRedis } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { type RedisPolicy, type RedisPolicyOptions, redisPolicy } from './redis-policy.ts'

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

interface Tracked {
  readonly source: RedisPolicy
  /** What was read at each change, or the message of why it could not be. */
  readonly seen: string[]
  readonly stop: () => void
}

function follow(client: Redis, key: string, options?: RedisPolicyOptions): Tracked {
  client.on('error', () => {})
  const source = redisPolicy(client, key, options)
  ends.push(() => source.close().then(() => client.disconnect()))
  const seen: string[] = []
  const stop = source.watch(
    () => void source.read().then(...[(text: string) => seen.push(text), (error: Error) => seen.push(error.message)]),
  )
  return { source, seen, stop }
}

describe('a policy in a Redis key', () => {
  test('is read as it stands, and told of once within a second of each change', async () => {
    await operator.set('one', '{"version":"0"}')
    const { source, seen } = follow(new Redis(redis.port), 'one')
    expect(await source.read()).toBe('{"version":"0"}')
    await expect.poll(() => seen).toEqual(['{"version":"0"}'])
    const took: number[] = []
    for (const version of [1, 2, 3]) {
      await operator.set('one', `{"version":"${version}"}`)
      const changedAt = performance.now()
      await expect.poll(() => seen, { interval: 5 }).toHaveLength(1 + version)
      took.push(performance.now() - changedAt)
    }
    // A busy machine holds up one change, but hardly all.
    expect(Math.min(...took)).toBeLessThan(1000)
    expect(seen).toEqual([0, 1, 2, 3].map((version) => `{"version":"${version}"}`))
  })

  test('lies where its client would put it', async () => {
    const client = new Redis(redis.port, { keyPrefix: 'shop:' })
    await client.set('policy', 'here')
    expect(await follow(client, 'policy').source.read()).toBe('here')
  })

  test('that is missing or no text is an error that says so, once it is looked for and when it goes away', async () => {
    await operator.set('going', 'here')
    const { source, seen } = follow(new Redis(redis.port), 'going', { interval: '10ms' })
    await expect.poll(() => seen).toEqual(['here'])
    await operator.del('going')
    await expect.poll(() => seen.at(-1)).toContain('there is no key going in Redis')
    await expect(source.read()).rejects.toMatchObject({ code: 'SLUICE_POLICY_SOURCE' })
    await operator.rpush('going', 'a list')
    await expect.poll(() => seen.at(-1)).toContain('WRONGTYPE')
    await operator.set('going', 'back')
    await expect.poll(() => seen.at(-1)).toBe('back')
  })

  test('is published to each watcher, and to none that has stopped', async () => {
    await operator.set('two', 'a')
    const { source, seen, stop } = follow(new Redis(redis.port), 'two', { interval: '10ms' })
    let others = 0
    source.watch(() => others++)
    await expect.poll(() => [seen.length, others]).toEqual([1, 1])
    stop()
    await operator.set('two', 'b')
    await expect.poll(() => others).toBe(2)
    expect(seen).toEqual(['a'])
  })

  test.each<[name: string, fault: 'blackHole' | 'refuse' | 'cutReplies']>([
    ['goes dark', 'blackHole'],
    ['is gone', 'refuse'],
    ['loses replies', 'cutReplies'],
  ])('is told of after an outage in which the network %s', async (_name, fault) => {
    const proxy = await startProxy(redis)
    ends.push(() => proxy.stop())
    await operator.set('three', 'before')
    const { source, seen } = follow(new Redis(proxy.port, { retryStrategy: () => 50 }), 'three', { interval: '50ms' })
    await expect.poll(() => seen).toEqual(['before'])
    proxy[fault]()
    proxy.resetAll()
    await operator.set('three', 'after')
    await expect(source.read()).rejects.toMatchObject({
      code: 'SLUICE_POLICY_SOURCE',
      facts: { reason: expect.stringMatching(/^three in Redis: /) },
    })
    await sleep(200)
    expect(seen).toEqual(['before'])
    await proxy.heal()
    await expect.poll(() => seen.at(-1)).toBe('after')
  })

  test('that could not be read when it was told of is told of again', async () => {
    const proxy = await startProxy(redis)
    ends.push(() => proxy.stop())
    await operator.set('four', 'a')
    const client = new Redis(proxy.port, { retryStrategy: () => 50 }).on('error', () => {})
    const source = redisPolicy(client, 'four', { interval: '300ms' })
    ends.push(() => source.close().then(() => client.disconnect()))
    let changes = 0
    source.watch(() => changes++)
    await expect.poll(() => changes, { interval: 5 }).toBe(1)
    proxy.cutReplies({ to: /get/i })
    await expect(source.read()).rejects.toThrow()
    await proxy.heal()
    await expect.poll(() => changes).toBeGreaterThan(1)
  })

  test('is left alone once it is closed', async () => {
    await operator.set('five', 'a')
    const { source, seen } = follow(new Redis(redis.port), 'five', { interval: '10ms' })
    await expect.poll(() => seen, { interval: 5 }).toEqual(['a'])
    await source.close()
    await operator.set('five', 'b')
    await sleep(50)
    expect(seen).toEqual(['a'])
    await expect(source.read()).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
  })

  test.each<[what: string, make: () => unknown, code: string]>([
    ['no client', () => redisPolicy({} as never, 'key'), 'SLUICE_OPTION_TYPE'],
    ['no key', () => redisPolicy(operator, ''), 'SLUICE_OPTION_TYPE'],
    ['an unknown option', () => redisPolicy(operator, 'key', { every: 1 } as never), 'SLUICE_OPTION_UNKNOWN'],
    ['an interval above the second that is promised', () => redisPolicy(operator, 'key', { interval: '2s' }), 'SLUICE_WHOLE_NUMBER'],
    ['an interval that would hammer', () => redisPolicy(operator, 'key', { interval: '1ms' }), 'SLUICE_WHOLE_NUMBER'],
  ])('is not made of %s', (_what, make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }))
  })
})
