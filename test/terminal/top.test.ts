/** `sluice top` in a real terminal, beside processes that publish their figures in a real Redis. */
import { createLimiter, tokenBucket } from '@sluice/core'
import { createLiveView } from '@sluice/dashboard'
import { redisLive, redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { startRedis } from '../servers/index.ts'
import { terminalsOfFile } from './terminal.ts'

const terminal = await terminalsOfFile()
const server = await startRedis()
const client = new Redis(server.port)
const store = redisStore(client, { processes: 2, timeout: '5s' })
const limiters = [1, 2].map(() =>
  createLimiter<string>({ store, limits: [{ name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 5, per: '1h' }) }] }),
)
// Each stands for a process.
const views = limiters.map((limiter) => createLiveView({ limiters: [limiter], stores: [store], shared: redisLive(client) }))
afterAll(async () => {
  for (const view of views) view.close()
  await store.close?.()
  client.disconnect()
  await server.stop()
})

test('shows what the processes do together, again each second, and ends at Ctrl-C', async () => {
  const traffic = setInterval(() => void Promise.all(limiters.map((limiter) => limiter.consume('ann'))), 50)
  try {
    const { seen, press } = await terminal('top', `REDIS_URL=redis://127.0.0.1:${server.port} sluice top --plain-keys`)
    const text = await seen(/^ann +user +\d+ +100 %$/m)
    expect(text).toMatch(/^2 processes: [\d.]+ decisions a second, [\d.]+ % refused\.$/m)
    expect(text).toMatch(/^user( +[\d.]+){2} +[\d.]+ % +[\d.]+ % +0$/m)
    expect(text).toMatch(/calls in a round trip/)
    await press('C-c')
    expect(await seen(/ended with 130/)).not.toContain('Error')
  } finally {
    clearInterval(traffic)
  }
})

test('looks once where it is told to, shows keys as hashes, and is no process itself', async () => {
  const { seen } = await terminal('once', `REDIS_URL=redis://127.0.0.1:${server.port} sluice top --once`)
  const text = await seen(/ended with 0/)
  expect(text).toMatch(/^2 processes: /m)
  expect(text).toMatch(/^#[0-9a-f]{10} +user/m)
  expect(text).not.toContain('ann')
})
