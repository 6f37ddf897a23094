/** What the layers of a platform cost: fifty applications with twenty sellers each, beside a single limit, in memory and on Redis. */
import { createLimiter, type Limit, memoryStore } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { type Contender, interleave, rounded } from '../interleave.ts'
import { startServer } from '../redis/server.ts'
import type { Claim, Result, Row } from '../result.ts'
import { versionsOf } from '../versions.ts'
import { type Call, calls, scenarios } from './policies.ts'

const rounds = 15
/** Decisions a turn. */
const [turnInMemory, turnOnRedis] = [100_000, 4000]
/** Requests at once, as far as the other side can have several. */
const concurrency = 16

type Limits = readonly Limit<Call, 'sync'>[]

/** Runs every scenario on both stores. */
export async function benchPlatform(): Promise<Result> {
  const rows: Row[] = []
  for (const [name, policies] of Object.entries(scenarios)) {
    const contenders = Object.entries(policies).map(([what, list]) => inMemory(what, list))
    rows.push(...(await interleave(`memory, ${name}`, contenders, rounds)))
  }
  const server = await startServer()
  const client = new Redis(server.port)
  for (const [name, policies] of Object.entries(scenarios)) {
    const contenders = await Promise.all(Object.entries(policies).map(([what, list]) => onRedis(client, what, list)))
    rows.push(...(await interleave(`Redis, ${concurrency} at once, ${name}`, contenders, rounds)))
  }
  client.disconnect()
  server.stop()
  return {
    unit: 'nanoseconds a decision',
    rounds,
    versions: versionsOf('@sluice/core', '@sluice/redis', 'ioredis'),
    rows,
    claims: claimsOf(rows),
  }
}

function inMemory(name: string, limits: Limits): Contender {
  const limiter = createLimiter<Call>({ limits, store: memoryStore() })
  for (const call of calls) limiter.consume(call)
  return {
    name,
    measure() {
      const start = performance.now()
      let admitted = 0
      for (let at = 0; at < turnInMemory; at++) if (limiter.consume(calls[at % calls.length]!).allowed) admitted++
      const tookMs = performance.now() - start
      if (admitted !== turnInMemory) throw new Error(`${admitted} of ${turnInMemory} were admitted`)
      return (tookMs * 1e6) / turnInMemory
    },
  }
}

async function onRedis(client: Redis, name: string, limits: Limits): Promise<Contender> {
  const store = redisStore(client, { prefix: name.replaceAll(' ', '-'), processes: 1, timeout: '10s' })
  const limiter = createLimiter<Call>({ limits, store })
  for (const call of calls) await limiter.consume(call)
  return {
    name,
    async measure() {
      let left = turnOnRedis
      let admitted = 0
      const ask = async (): Promise<void> => {
        while (left-- > 0) if ((await limiter.consume(calls[left % calls.length]!)).decidedBy === 'store') admitted++
      }
      const start = performance.now()
      await Promise.all(Array.from({ length: concurrency }, ask))
      const tookMs = performance.now() - start
      if (admitted !== turnOnRedis) throw new Error(`${admitted} of ${turnOnRedis} were decided by Redis`)
      return (tookMs * 1e6) / turnOnRedis
    },
  }
}

function claimsOf(rows: readonly Row[]): Claim[] {
  const ratio = (scenario: string, contender: string): number =>
    rows.find((row) => row.scenario === scenario && row.contender === contender)?.ratio ?? Number.NaN
  const onRedisTo = (count: number): number => ratio(`Redis, ${concurrency} at once, limits a request`, `${count} limits`)
  const perExtra = [2, 4, 8].map((count) => 1 + (onRedisTo(count) - 1) / (count - 1))
  const perLimit = [2, 4, 8].map((count) => ratio('memory, limits a request', `${count} limits`) / count)
  return [
    { says: 'Redis: each extra limit to one limit, at worst', measured: rounded(Math.max(...perExtra), 2), atMost: 1.15 },
    { says: 'Redis: three layers to one limit', measured: ratio(`Redis, ${concurrency} at once, layers`, 'three layers'), atMost: 1.3 },
    { says: 'memory: each of several limits to one alone, at worst', measured: rounded(Math.max(...perLimit), 2), atMost: 1 },
    { says: 'memory: three layers to one limit', measured: ratio('memory, layers', 'three layers'), atMost: 3 },
  ]
}
