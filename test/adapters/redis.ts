/** A real Redis for the contract of the adapters, with a clock in the hands of the tests. */
import type { StoreUnderTest } from '@sluice/conformance/adapter'
import { surviveOutages } from '@sluice/core'
import { parseDuration } from '@sluice/core/internal'
import { Redis } from 'ioredis'
import { afterAll } from 'vitest'
import { timedStores } from '../../packages/redis/test/timed-store.ts'
import { startRedis } from '../servers/index.ts'

const redis = await startRedis()
const client = new Redis(redis.port, '127.0.0.1')
const timed = timedStores(client)

afterAll(async () => {
  await timed.close()
  client.disconnect()
  await redis.stop()
})

/** Every site has keys of its own. The suite is about adapters, so that a busy machine must not look like an outage. */
export function redisUnderTest(): StoreUnderTest {
  const { store, setNowUs } = timed.empty()
  let nowMs = Date.UTC(2026, 0, 1)
  const advance: StoreUnderTest['advance'] = (by) => {
    nowMs += parseDuration(by, 'by')
    setNowUs(nowMs * 1000)
  }
  setNowUs(nowMs * 1000)
  // Nothing to close: the connection is that of all stores.
  return { store: surviveOutages(store, { timeout: '10s', processes: 1 }), advance, close: () => undefined }
}
