/** Many processes, one truth. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { createLimiter, everyone, type LimitFacts, tokenBucket } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { compiled, startRedis } from '../servers/index.ts'
import { sceneOn } from './scene.ts'

const redis = await startRedis()
afterAll(() => redis.stop())

/** What a program beside this file prints, as a process of its own. */
async function run(program: string, ...given: (string | number)[]): Promise<unknown> {
  const args = [await compiled(join(import.meta.dirname, program)), String(redis.port), ...given.map(String)]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout)
}

async function hammer(prefix: string, calls: number, capacity: number): Promise<{ passed: number; elsewhere: number }> {
  return (await run('hammer.ts', prefix, calls, capacity)) as { passed: number; elsewhere: number }
}

test('of what four processes ask of one bucket exactly its capacity passes', { timeout: 60_000 }, async () => {
  const tallies = await Promise.all(Array.from({ length: 4 }, () => hammer('hammer', 2000, 777)))
  expect(tallies.map(({ elsewhere }) => elsewhere)).toEqual([0, 0, 0, 0])
  expect(tallies.reduce((sum, { passed }) => sum + passed, 0)).toBe(777)
})

test('a reservation that three processes know, and settle many times at once, is settled once', { timeout: 60_000 }, async () => {
  const client = new Redis(redis.port)
  await using scene = sceneOn(client, { prefix: 'settled', timeout: '10s' })
  const limit: LimitFacts = { name: 'all', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null }
  const terms = { rule: tokenBucket({ capacity: 1000, per: '366d' }), initial: 1000, version: 0 }
  const charges = [{ limit, key: '', terms, cost: 9 }]
  const { hold } = await scene.store.decide({ action: 'reserve', charges, undo: [], migrate: 'keepUsed' })
  const first = await Promise.all([4, 4, 4].map((used) => run('settler.ts', 'settled', JSON.stringify(hold), used)))
  expect(first.sort()).toEqual([0, 0, 1])
  expect(await scene.store.inspect(limit, '', null)).toMatchObject({ remaining: 996 })
})

test('over a run, no interval admits more than the rule allows', async () => {
  const capacity = 20
  const perSecond = 200
  const clients = [new Redis(redis.port), new Redis(redis.port), new Redis(redis.port)]
  const stores = clients.map((client) => redisStore(client, { prefix: 'audit', processes: 1, timeout: '10s' }))
  const rule = tokenBucket({ capacity, refill: perSecond, per: '1s' })
  const limiters = stores.map((store) => createLimiter({ limits: [{ name: 'all', by: everyone, rule }], store }))
  const passes: { readonly sentMs: number; readonly answeredMs: number }[] = []
  const end = performance.now() + 2000
  const send = async (limiter: (typeof limiters)[number]): Promise<void> => {
    while (performance.now() < end) {
      const sentMs = performance.now()
      if ((await limiter.consume()).allowed) passes.push({ sentMs, answeredMs: performance.now() })
    }
  }
  await Promise.all(limiters.flatMap((limiter) => Array.from({ length: 4 }, () => send(limiter))))
  expect(passes.length).toBeGreaterThan(perSecond)
  // Redis admitted a call between its sending and its answer. A call whose both ends lie in an interval was admitted in it.
  passes.sort((a, b) => a.answeredMs - b.answeredMs)
  for (const { sentMs: fromMs } of passes.filter((_, i) => i % 5 === 0)) {
    let admitted = 0
    for (const { sentMs, answeredMs } of passes) {
      if (sentMs < fromMs) continue
      admitted += 1
      expect(admitted).toBeLessThanOrEqual(capacity + (perSecond * (answeredMs - fromMs)) / 1000)
    }
  }
  await Promise.all(stores.map((store) => store.close()))
  for (const client of clients) client.disconnect()
})
