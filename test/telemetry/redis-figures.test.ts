/** What is counted of a real Redis store: in how many round trips it decided, and what it remembers. */
import { createLimiter, memoryStore, tokenBucket } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { createTelemetry } from '@sluice/telemetry'
import { Redis } from 'ioredis'
import { Registry } from 'prom-client'
import { afterAll, expect, test } from 'vitest'
import { startRedis } from '../servers/index.ts'

const server = await startRedis()
const client = new Redis(server.port)
const store = redisStore(client, { processes: 1, timeout: '5s' })
afterAll(async () => {
  await store.close?.()
  client.disconnect()
  await server.stop()
})

test('calls are counted with the scripts that decided them, and remembered refusals are those of now', async () => {
  await store.ready()
  const limiter = createLimiter<string>({
    store,
    limits: [{ name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 2, per: '1h' }) }],
  })
  const registry = new Registry()
  createTelemetry({ limiters: [limiter], stores: [store, memoryStore()] }).prometheus(registry)
  await Promise.all(Array.from({ length: 40 }, (_, i) => limiter.consume(`user ${i}`)))
  const { scripts, calls, remembered } = store.usage()
  expect([calls, remembered]).toEqual([40, 0])
  expect(scripts).toBeGreaterThan(0)
  expect(scripts).toBeLessThan(10)
  for (let i = 0; i < 3; i++) await limiter.consume('ann')
  const text = await registry.metrics()
  const figureOf = (name: string): number => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1])
  expect(figureOf('sluice_redis_script_calls_total')).toBe(43)
  expect(figureOf('sluice_redis_scripts_total')).toBe(scripts + 3)
  expect(figureOf('sluice_redis_remembered_refusals')).toBe(1)
  expect(figureOf('sluice_memory_buckets')).toBe(0)
})
