import { describeStore } from '@sluice/core/testing'
import { startRedis } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, test } from 'vitest'
import { timedStores } from '../test/timed-store.ts'

const redis = await startRedis()
const client = new Redis(redis.port)
const stores = timedStores(client)
afterAll(async () => {
  await stores.close()
  client.disconnect()
  await redis.stop()
})

describeStore({ describe, expect, test }, 'the Redis store', () => ({ ...stores.empty(), dispose: () => {} }))
