/** The figures of several processes, in a real Redis. */
import { setTimeout as sleep } from 'node:timers/promises'
import { createLimiter, tokenBucket } from '@sluice/core'
import { createLiveView } from '@sluice/dashboard'
import { operatorsPage } from '@sluice/dashboard/fetch'
import { redisLive } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { startRedis } from '../servers/index.ts'

const redis = await startRedis()
const client = new Redis(redis.port)
afterAll(async () => {
  client.disconnect()
  await redis.stop()
})
beforeEach(() => client.flushall())

test('a page shows two processes together', async () => {
  const shared = redisLive(client)
  const limiters = [1, 2].map(() =>
    createLimiter<string>({ limits: [{ name: 'requests', by: (user) => user, rule: tokenBucket({ capacity: 3, per: '1h' }) }] }),
  )
  const views = limiters.map((limiter) => createLiveView({ limiters: [limiter], keys: 'plain', shared }))
  onTestFinished(() => {
    for (const view of views) view.close()
  })
  for (let i = 0; i < 5; i++) for (const limiter of limiters) limiter.consume('mallory')
  const page = operatorsPage({ view: views[0]!, authorize: () => 'ann' })
  const read = async (): Promise<string> => (await page(new Request('http://localhost/operators'))).text()
  await expect.poll(read).toContain('2 together;')
  expect(await read()).toMatch(/>mallory<\/button><\/th><td>requests<\/td><td [^>]*>4<\/td>/)
})

test('a process that has ended is forgotten, and every key ends by itself', async () => {
  const shared = redisLive(client, { prefix: 'shop' })
  await shared.publish('a', 'one')
  await shared.publish('b', 'two')
  await shared.publish('a', 'three')
  expect((await shared.collect()).toSorted()).toEqual(['three', 'two'])
  const keys = await client.keys('*')
  expect(keys.toSorted()).toEqual(['shop:live:a', 'shop:live:b', 'shop:live:processes'])
  for (const key of keys) expect(await client.ttl(key)).toBeGreaterThan(0)
  // As if its five seconds were over.
  await client.del('shop:live:b')
  expect(await shared.collect()).toEqual(['three'])
  expect(await client.hkeys('shop:live:processes')).toEqual(['a'])
  expect(await redisLive(client).collect()).toEqual([])
})

test('where Redis is away the view says why, and shows this process', async () => {
  const away = new Redis({ port: 1, lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  away.on('error', () => undefined)
  onTestFinished(() => away.disconnect())
  const limiter = createLimiter<string>({
    limits: [{ name: 'requests', by: (user) => user, rule: tokenBucket({ capacity: 3, per: '1h' }) }],
  })
  const view = createLiveView({ limiters: [limiter], shared: redisLive(away) })
  onTestFinished(() => view.close())
  limiter.consume('ann')
  await sleep(1100)
  await expect.poll(() => view.state().alone).toMatch(/./)
  expect(view.state()).toMatchObject({ processes: 1, limits: [{ name: 'requests' }] })
})

test('a wrong option is refused', () => {
  expect(() => redisLive(client, { prefix: 1 as never })).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_TYPE' }))
  expect(() => redisLive(client, { prefx: 'a' } as never)).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_UNKNOWN' }))
})
