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
  const rowOf = (scenario: string, contender: string): Row | undefined =>
    rows.find((row) => row.scenario === scenario && row.contender === contender)
  const onRedisTo = (count: number): number =>
    rowOf(`Redis, ${concurrency} at once, limits a request`, `${count} limits`)?.ratio ?? Number.NaN
  const perExtra = [2, 4, 8].map((count) => 1 + (onRedisTo(count) - 1) / (count - 1))
  // A limit that is alone takes a way of its own in memory, and says nothing of how cost grows.
  const eachOf = (count: number): number => (rowOf('memory, limits a request', `${count} limits`)?.median ?? Number.NaN) / count
  return [
    { says: 'Redis: each extra limit to one limit, at worst', measured: rounded(Math.max(...perExtra), 2), atMost: 1.15 },
    { says: 'memory: each of eight limits to each of two', measured: rounded(eachOf(8) / eachOf(2), 2), atMost: 1.25 },
  ]
}
