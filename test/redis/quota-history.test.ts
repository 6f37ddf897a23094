/** One history of several processes, in a real Redis. */
import { createLimiter, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { quotaHistory } from '@sluice/http'
import { redisHistory } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { startRedis } from '../servers/index.ts'

const redis = await startRedis()
const client = new Redis(redis.port)
afterAll(async () => {
  client.disconnect()
  await redis.stop()
})
beforeEach(() => client.flushall())

const minute = 60_000

function processOf(clock = manualClock()) {
  const limiter = createLimiter<string>({
    limits: [{ name: 'user', by: (user) => user, rule: tokenBucket({ capacity: 10, per: '1d' }) }],
  })
  return { limiter, history: quotaHistory(limiter, { clock, shared: redisHistory(client) }) }
}

test('two processes know the hour of both, and a third that has just started does too', async () => {
  const clock = manualClock()
  const [one, other] = [processOf(clock), processOf(clock)]
  for (let at = 0; at < 70; at++) {
    one.limiter.consume('ada')
    other.limiter.consume('ada')
    clock.advance(minute)
  }
  await Promise.all([one.history.close(), other.history.close()])
  const third = processOf(clock)
  const minutes = await third.history.minutesOf('user', 'ada')
  expect(minutes?.length).toBe(60)
  // Each has ten units, and its refusals after that. The current minute has nothing yet.
  expect(minutes?.at(-1)).toEqual({ used: 0, refused: 0, near: false })
  expect(minutes?.at(-2)).toEqual({ used: 0, refused: 2, near: true })
  expect(await third.history.minutesOf('user', 'bob')).toBe(undefined)
})

test('a history that is written again is counted once', async () => {
  const shared = redisHistory(client)
  const written = { name: 'user\nada', writer: 'a.1', at: 1000, used: 3, refused: 1, near: false }
  await shared.write([written])
  await shared.write([{ ...written, used: 4 }])
  await shared.write([{ ...written, writer: 'b.1', used: 5 }])
  const { since, minutes } = (await shared.read('user\nada', 1000))!
  expect(since).toBe(1000)
  expect(minutes.map(({ used }) => used).toSorted()).toEqual([4, 5])
})

test('every key ends by itself', async () => {
  const { limiter, history } = processOf()
  limiter.consume('ada')
  await history.close()
  const keys = await client.keys('sluice:history:*')
  expect(keys.length).toBe(2)
  for (const key of keys) {
    const seconds = await client.ttl(key)
    expect(seconds).toBeGreaterThan(3600)
    expect(seconds).toBeLessThanOrEqual(9600)
  }
})

test('where Redis is away there is no history, and requests go on', async () => {
  const away = new Redis({ port: 1, lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null })
  away.on('error', () => undefined)
  const limiter = createLimiter<string>({ limits: [{ name: 'user', by: (user) => user, rule: tokenBucket({ capacity: 10, per: '1d' }) }] })
  const history = quotaHistory(limiter, { shared: redisHistory(away) })
  expect(limiter.consume('ada').allowed).toBe(true)
  expect(await history.minutesOf('user', 'ada')).toBe(undefined)
  await history.close()
  away.disconnect()
})

test.each([
  [3, {}, 'client'],
  [new Redis({ lazyConnect: true }), { prefix: 3 }, 'prefix'],
])('a wrong argument (%o, %o) is an error that names it', (wrong, options, option) => {
  expect(() => redisHistory(wrong as never, options as never)).toThrow(
    expect.objectContaining({ code: 'SLUICE_OPTION_TYPE', facts: expect.objectContaining({ option }) }),
  )
})
