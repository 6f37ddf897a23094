import { burstMax, fixedWindow, memoryStore, slidingWindow, type TokenBucketRule } from '@sluice/core'
import { disagreement, type History, manualClock, runHistory } from '@sluice/core/testing'
import { histories } from '@sluice/core/testing/histories'
import { startRedis } from '@sluice/test/servers'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { timedStores } from '../test/timed-store.ts'

const redis = await startRedis()
const client = new Redis(redis.port)
const stores = timedStores(client)
afterAll(async () => {
  await stores.close()
  client.disconnect()
  await redis.stop()
})

/** Both stores are given the same history; every field of every answer must be the same. */
async function agrees(history: History): Promise<void> {
  const clock = manualClock()
  const inMemory = await runHistory({ store: memoryStore({ clock }), setNowUs: clock.setUs }, history)
  expect(await runHistory(stores.empty(), history)).toEqual(inMemory)
}

test('answers every field of every call as the memory store does', { timeout: 120_000 }, async () => {
  await fc.assert(fc.asyncProperty(histories(), agrees), { numRuns: 1500 })
})

test('answers as the exact model does when the clock steps back and forth', { timeout: 120_000 }, async () => {
  const agreesWithModel = async (history: History): Promise<void> => {
    expect(await disagreement(stores.empty(), history)).toBeUndefined()
  }
  await fc.assert(fc.asyncProperty(histories({ backwards: true }), agreesWithModel), { numRuns: 1000 })
})

const otherKinds = [
  ({ refill, perMs }: TokenBucketRule) => burstMax({ refill, per: `${perMs}ms` }),
  ({ capacity, perMs }: TokenBucketRule) => fixedWindow({ capacity, per: `${perMs}ms`, align: 'first' }),
  ({ capacity, perMs }: TokenBucketRule) => slidingWindow({ capacity, per: `${perMs}ms` }),
  ({ capacity, perMs }: TokenBucketRule) => slidingWindow({ capacity, per: `${perMs}ms`, exact: true }),
  ({ capacity }: TokenBucketRule) => fixedWindow({ capacity, per: 'day', timeZone: 'America/Argentina/Buenos_Aires' }),
  (rule: TokenBucketRule) => rule,
] as const

test('decides every kind of rule as the memory store does, and changes from each to each', { timeout: 120_000 }, async () => {
  const ofKinds = fc
    .tuple(histories(), fc.array(fc.constantFrom(...otherKinds), { minLength: 3, maxLength: 3 }))
    .map(([history, kinds]) => {
      const rules = history.rules.map((rule, i) => kinds[i]!(rule as TokenBucketRule))
      // A bucket that starts with less is forgotten by its expiry, which is true to the calendar and here waits for the server's own clock.
      const byCalendar = rules.some(({ kind }) => kind === 'calendar-window')
      return { ...history, rules, limits: history.limits.map((limit) => (byCalendar ? { ...limit, startsBelow: 0 } : limit)) }
    })
  await fc.assert(fc.asyncProperty(ofKinds, agrees), { numRuns: 1000 })
})
