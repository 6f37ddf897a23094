import type { LimitFacts } from '@sluice/core'
import { ruleOf } from '@sluice/core/internal'
import { startRedis } from '@sluice/test/servers'
import { Cluster, Redis } from 'ioredis'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { redisStore } from './redis-store.ts'

const redis = await startRedis()
const client = new Redis(redis.port, { lazyConnect: true })
afterAll(async () => {
  client.disconnect()
  await redis.stop()
})

describe('refuses at the start', () => {
  test.each([
    ['no client', undefined, {}, 'SLUICE_OPTION_TYPE'],
    ['something else than a client', {}, {}, 'SLUICE_OPTION_TYPE'],
    ['an unknown option', client, { ttl: 5 }, 'SLUICE_OPTION_UNKNOWN'],
    ['an empty prefix', client, { prefix: '' }, 'SLUICE_PREFIX'],
    ['a prefix with braces', client, { prefix: '{a}' }, 'SLUICE_PREFIX'],
    ['a prefix of many letters', client, { prefix: 'a'.repeat(65) }, 'SLUICE_PREFIX'],
    ['a timeout that is none', client, { timeout: 'soon' }, 'SLUICE_DURATION'],
    ['an outage of another kind', client, { onOutage: 'open' }, 'SLUICE_CHOICE'],
    ['half a process', client, { processes: 1.5 }, 'SLUICE_WHOLE_NUMBER'],
    ['a lifetime of nothing', client, { handleLifetime: 0 }, 'SLUICE_DURATION'],
    ['a place that is no name', client, { colocate: 3 }, 'SLUICE_OPTION_TYPE'],
  ])('%s', (_, given, options, code) => {
    expect(() => redisStore(given as never, options as never)).toThrow(expect.objectContaining({ code }))
  })
})

test('warns that a Cluster is used by one slot of it, once for a prefix, and not where buckets are placed by a limit', async () => {
  const emitWarning = vi.spyOn(process, 'emitWarning').mockReturnValue()
  const shards = new Cluster([{ port: redis.port }], { lazyConnect: true })
  const stores = [{}, { colocate: 'api' }, {}].map((options) => redisStore(shards, { prefix: 'slot', processes: 1, ...options }))
  expect(emitWarning).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('slot'), { type: 'SluiceWarning', code: 'SLUICE_ONE_SLOT' })
  emitWarning.mockRestore()
  await Promise.all(stores.map((store) => store.close()))
  shards.disconnect()
})

test('a rule that the scripts do not know fails by the name of its limit, and is no outage', async () => {
  const store = redisStore(client, { processes: 1, timeout: '10s' })
  const limit: LimitFacts = { name: 'all', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null }
  const rule = ruleOf({ name: 'made up', part: (whole) => whole }, { capacity: 1, scale: 1 })
  const charges = [{ limit, key: 'a', terms: { rule, initial: 1, version: 0 }, cost: 1 }]
  for (let i = 0; i < 5; i++) {
    const decided = async (): Promise<unknown> => store.decide({ action: 'consume', charges, undo: [], migrate: 'keepUsed' })
    await expect(decided).rejects.toMatchObject({ code: 'SLUICE_RULE', facts: { name: 'all' } })
  }
  await store.close()
})

test('a store that is closed says so, and closing it again does nothing', async () => {
  const store = redisStore(client, { processes: 1, timeout: '10s' })
  await store.close()
  await store.close()
  await expect(store.inspect({ name: 'a' } as never, 'b', null)).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
})

test('its connection ends with the client that it was made of', async () => {
  const caller = new Redis(redis.port)
  const store = redisStore(caller, { processes: 1, timeout: '10s' })
  await store.reset({ name: 'a' } as never, 'b')
  const connections = async (): Promise<number> => String(await client.client('LIST')).split('\n').length
  const before = await connections()
  await caller.quit()
  await expect.poll(connections).toBe(before - 2)
  await store.close()
})
