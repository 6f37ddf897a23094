/** The store on node-redis: the suite of every store, and histories whose answers are those of memory. */
import { describeStore, runHistory, same } from '@sluice/conformance/store'
import { histories } from '@sluice/conformance/store/histories'
import { memoryStore } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { startRedis } from '@sluice/test/servers'
import fc from 'fast-check'
import { createClient } from 'redis'
import { afterAll, describe, expect, test } from 'vitest'
import { timedStores } from '../test/timed-store.ts'

const redis = await startRedis()
const client = createClient({ socket: { host: '127.0.0.1', port: redis.port } })
const stores = timedStores(client)

describeStore({ describe, expect, test }, 'node-redis', () => ({ ...stores.empty(), dispose: () => {} }))

test('answers every field of every call as the memory store does', async () => {
  await fc.assert(
    fc.asyncProperty(histories(), async (history) => {
      const clock = manualClock()
      const inMemory = await runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, history)
      const inRedis = await runHistory(stores.empty(), history)
      // `toEqual` takes longer than a history in Redis, so it only describes a difference.
      if (!same(inRedis, inMemory)) expect(inRedis).toEqual(inMemory)
    }),
    { numRuns: 50 },
  )
})

afterAll(async () => {
  await stores.close()
  await redis.stop()
})
