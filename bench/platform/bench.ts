/** What the layers of a platform cost: fifty applications with twenty sellers each, beside a single limit, in memory and on Redis. */
import { createLimiter, type Limit, memoryStore } from '@sluice/core'
import { redisStore } from '@sluice/redis'
import { Redis } from 'ioredis'
import { type Contender, interleave, rounded } from '../interleave.ts'
import { startServer } from '../redis/server.ts'
import type { Claim, Result, Row } from '../result.ts'
import { versionsOf } from '../versions.ts'
import { type Call, calls, limitCounts, limitsNamed, scenarios } from './policies.ts'

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
  const floors = await Promise.all(limitCounts.map((count) => floorOnRedis(client, count)))
  rows.push(...(await interleave(floorScenario, floors, rounds)))
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
      let admitted = 0
      const nanos = await askOnRedis(async (call) => {
        if ((await limiter.consume(call)).decidedBy === 'store') admitted++
      })
      if (admitted !== turnOnRedis) throw new Error(`${admitted} of ${turnOnRedis} were decided by Redis`)
      return nanos
    },
  }
}

const floorScenario = `Redis, ${concurrency} at once, TIME and as many GETs and SETs`

/** What any script costs that reads the clock, and reads and writes a key for each limit: each in a request of its own. */
async function floorOnRedis(client: Redis, count: number): Promise<Contender> {
  const source = `local time = redis.call('TIME')
for i = 1, #KEYS do
  redis.call('GET', KEYS[i])
  redis.call('SET', KEYS[i], ARGV[1], 'PX', 3600000)
end
return time[1] * 1000000 + time[2]`
  const sha1 = (await client.script('LOAD', source)) as string
  const value = 'x'.repeat(32)
  const decide = ({ api, application, seller }: Call): Promise<unknown> => {
    const keys = Array.from({ length: count }, (_, at) => `floor:limit-${at}:${api}:${application}:${seller}`)
    return client.evalsha(sha1, count, ...keys, value)
  }
  return { name: limitsNamed(count), measure: () => askOnRedis(decide) }
}

/** Nanoseconds a decision of a turn, so many at once. */
async function askOnRedis(decide: (call: Call) => Promise<unknown>): Promise<number> {
  let left = turnOnRedis
  const ask = async (): Promise<void> => {
    while (left-- > 0) await decide(calls[left % calls.length]!)
  }
  const start = performance.now()
  await Promise.all(Array.from({ length: concurrency }, ask))
  return ((performance.now() - start) * 1e6) / turnOnRedis
}

function claimsOf(rows: readonly Row[]): Claim[] {
  const rowOf = (scenario: string, contender: string): Row | undefined =>
    rows.find((row) => row.scenario === scenario && row.contender === contender)
  const perExtra = (scenario: string): number =>
    Math.max(...[2, 4, 8].map((count) => 1 + ((rowOf(scenario, limitsNamed(count))?.ratio ?? Number.NaN) - 1) / (count - 1)))
  // A limit that is alone takes a way of its own in memory, and says nothing of how cost grows.
  const eachOf = (count: number): number => (rowOf('memory, limits a request', `${count} limits`)?.median ?? Number.NaN) / count
  return [
    {
      text: 'Redis: each extra limit to one limit, at worst',
      measured: rounded(perExtra(`Redis, ${concurrency} at once, limits a request`), 2),
      atMost: 1.15,
    },
    { text: 'memory: each of eight limits to each of two', measured: rounded(eachOf(8) / eachOf(2), 2), atMost: 1.25 },
  ]
}
