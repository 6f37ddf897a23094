import {
  burstMax,
  concurrency,
  createLimiter,
  fixedWindow,
  type Limit,
  type Rule,
  shareOf,
  slidingWindow,
  surviveOutages,
  tokenBucket,
} from '@sluice/core'
import { expect, test } from 'vitest'
import { redisOfFile } from '../../test/redis-of-file.ts'

const { stores } = await redisOfFile()

const rules: Readonly<Record<string, Rule>> = {
  'a greedy bucket': tokenBucket({ capacity: 10, per: '1m' }),
  'an interval bucket': tokenBucket({ capacity: 4, per: '1s', mode: 'interval' }),
  'a burst': burstMax({ refill: 3, per: '10s' }),
  'a window from the first charge': fixedWindow({ capacity: 6, per: '1m', align: 'first' }),
  'a day of the calendar': fixedWindow({ capacity: 6, per: 'day', timeZone: 'Asia/Seoul' }),
  'an estimate': slidingWindow({ capacity: 5, per: '1m' }),
  'a log': slidingWindow({ capacity: 5, per: '1m', exact: true }),
  slots: concurrency({ capacity: 2 }),
}

const limitsOf = (rule: Rule): Limit[] => [
  { name: 'all', by: () => 'k', rule },
  { name: 'part', by: () => 'k', rule: shareOf('all', 0.5) },
]

test.each(Object.entries(rules))('inspect says of %s what peek says, after an update to any other rule', async (_, from) => {
  for (const to of Object.values(rules)) {
    const { store, setNowUs } = stores.empty()
    setNowUs(Date.UTC(2026, 0, 1) * 1000 + 300_000)
    const limiter = createLimiter({ store: surviveOutages(store, { processes: 1, timeout: '10s' }), limits: limitsOf(from) })
    await limiter.reserve(undefined, { cost: 1 })
    await limiter.update(limitsOf(to))
    for (const status of (await limiter.peek()).limits) {
      const inspected = await limiter.inspect(status.name, 'k')
      if (inspected === null) expect(status.remaining).toBe(status.capacity)
      else expect(inspected).toEqual(status)
    }
  }
})
