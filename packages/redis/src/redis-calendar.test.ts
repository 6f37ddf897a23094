/** Windows of the calendar begin by the clock of Redis, whatever the clock of the process says. */
import { type CalendarPeriod, createLimiter, fixedWindow, type Limiter } from '@sluice/core'
import { startRedis } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { redisStore } from './redis-store.ts'

const redis = await startRedis()
const client = new Redis(redis.port)
const store = redisStore(client, { processes: 1, timeout: '10s' })
afterAll(async () => {
  await store.close()
  client.disconnect()
  await redis.stop()
})
afterEach(() => {
  vi.restoreAllMocks()
})

const day = 86_400_000
const trueNow = Date.now

function limiterOf(per: CalendarPeriod): Limiter<string> {
  const rule = fixedWindow({ capacity: 10, per, timeZone: 'UTC' })
  return createLimiter<string>({ store, limits: [{ name: per, by: (who) => who, rule }] })
}

describe.each([-40_000, -400, -40, -5, -3, -1, 1, 3, 5, 40, 400])('with a process clock that is %i days off', (days) => {
  test.each(['day', 'week', 'month', 'year'] as const)('a window of a %s admits its capacity, and waits for its end', async (per) => {
    vi.spyOn(Date, 'now').mockImplementation(() => trueNow() + days * day)
    const limiter = limiterOf(per)
    const who = `${per} ${days}`
    const decisions = await Promise.all(Array.from({ length: 30 }, () => limiter.consume(who)))
    expect(decisions.filter(({ allowed }) => allowed)).toHaveLength(10)
    expect(new Set(decisions.map(({ decidedBy }) => decidedBy))).toEqual(new Set(['store']))
    const now = new Date(trueNow())
    const [year, month, date] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
    const monday = date - ((now.getUTCDay() + 6) % 7)
    const ends = {
      day: Date.UTC(year, month, date + 1),
      week: Date.UTC(year, month, monday + 7),
      month: Date.UTC(year, month + 1),
      year: Date.UTC(year + 1, 0),
    }[per]
    expect(Math.abs(trueNow() + decisions.at(-1)!.retryAfterMs! - ends)).toBeLessThan(5000)
  })
})
