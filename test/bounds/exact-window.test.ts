/** A refusal by an exact window costs the server about the same, however many admissions the window remembers. */
import { createLimiter, type Limiter, slidingWindow } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { startRedis } from '../servers/index.ts'

const server = await startRedis()
const client = new Redis(server.port)
const store = redisStore(client, { processes: 1, timeout: '5s', rememberRefusals: false })
afterAll(async () => {
  await store.close()
  client.disconnect()
  await server.stop()
})

/** A limiter whose window is full of admissions of one unit each, at times of their own. */
async function full(capacity: number): Promise<Limiter<string>> {
  const rule = slidingWindow({ capacity, per: '1d', exact: true })
  const limiter = createLimiter<string>({ store, limits: [{ name: `full-${capacity}`, by: (key) => key, rule }] })
  // One after the other: calls of one script would have one time.
  for (let i = 0; i < capacity; i++) await limiter.consume('ann')
  return limiter
}

const small = await full(10)
const large = await full(10_000)

/** The least microseconds that the script of a refusal took. */
async function refusalUs(limiter: Limiter<string>, cost: number): Promise<number> {
  await client.config('SET', 'slowlog-log-slower-than', '0')
  await client.config('SET', 'slowlog-max-len', '1000')
  await client.slowlog('RESET')
  for (let i = 0; i < 100; i++) expect((await limiter.consume('ann', { cost })).allowed).toBe(false)
  const log = (await client.slowlog('GET', 1000)) as readonly (readonly [number, number, number, readonly string[]])[]
  return Math.min(...log.filter(([, , , [name]]) => /^eval/i.test(name!)).map(([, , us]) => us))
}

test.each([
  ['one unit', 1, 1],
  ['half the capacity', 5, 5000],
])(
  'a refusal of %s takes at most twice the time with 10,000 admissions that it takes with 10',
  { timeout: 120_000 },
  async (_, ofTen, ofMany) => {
    const us = { small: Number.POSITIVE_INFINITY, large: Number.POSITIVE_INFINITY }
    // In turns: a machine that is slow for a while must not be slow for one of the two alone.
    for (let i = 0; i < 20 && (i < 4 || us.large > 2 * us.small); i++) {
      us.small = Math.min(us.small, await refusalUs(small, ofTen))
      us.large = Math.min(us.large, await refusalUs(large, ofMany))
    }
    expect(us.large).toBeLessThanOrEqual(2 * us.small)
  },
)
