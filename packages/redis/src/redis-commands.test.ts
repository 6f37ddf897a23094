/** What the store sends to a server, as the server counts it. */
import { ban, concurrency, createLimiter, guaranteedShareOf, type Key, type Limit, shareOf, tokenBucket } from '@sluice/core'
import { ask, startRedis } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { redisStore } from './redis-store.ts'
import { scripts } from './wire/scripts.generated.ts'

const redis = await startRedis()
const client = new Redis(redis.port)
const store = redisStore(client, { processes: 1, timeout: '10s' })
afterAll(async () => {
  await store.close()
  client.disconnect()
  await redis.stop()
})

const perMinute = tokenBucket({ capacity: 10, per: '1m', mode: 'interval' })
const banned = ban({ after: 1, within: '1m', for: '1m' })
const limits: Limit<Key>[] = [
  { name: 'user', by: (key) => key, rule: perMinute, ban: banned },
  { name: 'part', by: (key) => [key, 'part'].flat(), rule: shareOf('user', 0.5) },
  { name: 'sure', by: (key) => [key, 'sure'].flat(), rule: guaranteedShareOf('user', 0.5) },
]
const slots: Limit<Key> = { name: 'slots', by: (key) => key, rule: concurrency({ capacity: 2 }) }

/** Everything that a store can be asked for a key, with whatever that key is made of. */
async function askEverything(key: Key): Promise<void> {
  const limiter = createLimiter<Key>({ limits, store })
  const slotted = createLimiter<Key>({ limits: [slots], store })
  await limiter.consume(key)
  await limiter.consumeUpTo(key, { atMost: 2 })
  await limiter.peek(key)
  const held = await limiter.reserve(key)
  const slot = await slotted.reserve(key, { extend: [held] })
  await Promise.all([held.settle(0), slot.cancel()])
  await limiter.refund(key)
  for (let i = 0; i < 3; i++) await limiter.consume(key, { cost: 10 })
  await limiter.bans('user')
  await limiter.inspect('user', key)
  await limiter.block('user', key, '1m')
  await slotted.inspect('slots', key)
  await limiter.reset('user', key)
}

/** The commands that the server has carried out, those of scripts included. */
async function commands(): Promise<string[]> {
  const stats = await ask<string>(redis, 'INFO', 'commandstats')
  return [...stats.matchAll(/^cmdstat_([^:]+):/gm)].map(([, command]) => command!).sort()
}

test('no key is looked for, and nothing is written into a script but its arguments', async () => {
  await askEverything('10.0.0.1')
  const known = await commands()
  for (const key of ["a' .. redis['call']('FLUSHALL') .. '", ']]=]--', '{x}', 'a\r\nFLUSHALL\r\n', '%s%d\0', ['*', '?', '[a-z]']])
    await askEverything(key)
  expect(await commands()).toEqual(known)
  expect(known.filter((command) => /^(?:keys|scan|randomkey|flush|function|script|monitor)/.test(command))).toEqual([])
  const cached = /number_of_cached_scripts:(\d+)/.exec(await ask<string>(redis, 'INFO', 'memory'))
  expect(Number(cached![1])).toBeLessThanOrEqual(Object.keys(scripts).length)
  expect(Number(cached![1])).toBeGreaterThan(8)
})
