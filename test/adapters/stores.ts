/** The stores on which every adapter keeps its contract: in memory, and in a real Redis of the test file's own. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Duration, parseDuration } from '@sluice/core'
import { memoryUnderTest, type StoreUnderTest } from '@sluice/http/testing'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll } from 'vitest'
import { startRedis } from '../servers/index.ts'

const redis = await startRedis()
const client = new Redis(redis.port, '127.0.0.1')
let opened = 0

afterAll(async () => {
  client.disconnect()
  await redis.stop()
})

/** Every site has keys of its own. The suite is about adapters, so that a busy machine must not look like an outage. */
function redisUnderTest(): StoreUnderTest {
  const store = redisStore(client, { prefix: `site-${opened++}`, timeout: '10s', processes: 1 })
  // Redis decides by its own clock, which nobody can move.
  return { store, advance: (by: Duration) => sleep(parseDuration(by, 'by')), close: () => store.close() }
}

export const stores = { memory: memoryUnderTest, Redis: redisUnderTest }
