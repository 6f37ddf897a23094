/** Events add up: the units that they name are those that the buckets have lost, and a request counts once for each limit. */
import { createLimiter, type Limit, type Limiter, memoryStore, type Reservation, type Store, tokenBucket } from '@sluice/core'
import { deciders, outcomes, watchedLimiters } from '@sluice/core/internal'
import { manualClock } from '@sluice/core/testing'
import { redisStore } from '@sluice/redis'
import fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, expect, test } from 'vitest'
import { startRedis } from '../servers/index.ts'

const server = await startRedis()
const redis = new Redis(server.port, '127.0.0.1')
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

/** One unit an hour, so that the time of a test returns none. */
const hourMs = 3_600_000
const rule = tokenBucket({ capacity: 12, per: 12 * hourMs })
const limits: readonly Limit<string>[] = [
  { name: 'before', by: (id) => id, rule },
  { name: 'after', by: (id) => [id, 'after'], rule, debit: 'after' },
  { name: 'shadow', by: (id) => id, rule: tokenBucket({ capacity: 4, per: 4 * hourMs }), shadow: true },
  { name: 'own', by: () => 'all', rule: tokenBucket({ capacity: 30, per: 30 * hourMs }), cost: 2 },
]
const keys = ['ann', 'bob'] as const

const key = fc.constantFrom(...keys)
const cost = fc.integer({ min: 0, max: 13 })
const of = fc.nat(9)
const step = fc.oneof(
  fc.record({ verb: fc.constant('consume' as const), key, cost }),
  fc.record({ verb: fc.constant('consumeUpTo' as const), key, cost: fc.integer({ min: 1, max: 13 }) }),
  fc.record({ verb: fc.constant('reserve' as const), key, cost }),
  fc.record({ verb: fc.constant('extend' as const), of, cost }),
  fc.record({ verb: fc.constant('settle' as const), of, cost: fc.integer({ min: 0, max: 40 }) }),
  fc.record({ verb: fc.constant('cancel' as const), of }),
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

/** A request: its stages, and the limits that its events have counted. */
interface Request {
  readonly key: string
  readonly stages: Reservation[]
  readonly counted: string[]
  readonly named: Set<string>
}

/** A limiter whose events are added up. */
function summing(store: Store) {
  const limiter: Limiter<string> = createLimiter<string>({ store, limits })
  const units = new Map<string, number>()
  const counts = watchedLimiters([limiter], [])[0]!.counts
  /** The same as `counts`, by the events. */
  const published = { limits: new Map<string, number[]>(), deciders: deciders.map(() => 0) }
  let current: Request | undefined
  const add = (limit: string, counted: unknown, charged: number): void => {
    const bucket = JSON.stringify([limit, counted])
    units.set(bucket, (units.get(bucket) ?? 0) + charged)
  }
  limiter.observe((event) => {
    if (event.type === 'settled') add(event.limit, event.key, event.actual - event.excess - event.estimated)
    if (event.type !== 'decision') return
    published.deciders[deciders.indexOf(event.decision.decidedBy)]! += 1
    for (const { limit, key: counted, charged, again, outcome } of event.limits) {
      add(limit, counted, charged)
      const row = published.limits.get(limit) ?? outcomes.map(() => 0)
      published.limits.set(limit, row)
      if (!again) row[outcomes.indexOf(outcome)]! += 1
      current?.named.add(limit)
      if (!again) current?.counted.push(limit)
    }
  })
  const checkCounts = (): void => {
    expect([...counts.deciders]).toEqual(published.deciders)
    for (const [limit, row] of published.limits) expect([limit, ...counts.limits.get(limit)!]).toEqual([limit, ...row])
  }
  return { limiter, units, checkCounts, decideFor: (request: Request | undefined) => (current = request) }
}

async function holds(store: Store, prefix: string, steps: readonly Step[]): Promise<void> {
  const { limiter, units, checkCounts, decideFor } = summing(store)
  const requests: Request[] = []
  const reserve = async (request: Request, estimate: number): Promise<void> => {
    decideFor(request)
    request.stages.push(await limiter.reserve(prefix + request.key, { cost: estimate, extend: request.stages }))
    decideFor(undefined)
  }
  const end = async ({ stages }: Request, actual: number | undefined): Promise<void> => {
    for (const stage of stages) await (actual === undefined ? stage.cancel() : stage.settle(actual))
  }
  for (const one of steps) {
    const request = requests.length > 0 && 'of' in one ? requests[one.of % requests.length] : undefined
    if (one.verb === 'consume') await limiter.consume(prefix + one.key, { cost: one.cost })
    else if (one.verb === 'consumeUpTo') await limiter.consumeUpTo(prefix + one.key, { atMost: one.cost })
    else if (one.verb === 'reserve') {
      requests.push({ key: one.key, stages: [], counted: [], named: new Set() })
      await reserve(requests.at(-1)!, one.cost)
    } else if (request !== undefined)
      await (one.verb === 'extend' ? reserve(request, one.cost) : end(request, one.verb === 'settle' ? one.cost : undefined))
  }
  const lost = new Map<string, number>()
  for (const bucket of units.keys()) {
    const [limit, counted] = JSON.parse(bucket) as [string, string]
    lost.set(bucket, Math.round(((await limiter.inspect(limit, counted))?.resetAfterMs ?? 0) / hourMs))
  }
  expect(lost).toEqual(units)
  checkCounts()
  for (const { counted, named } of requests) expect(counted.toSorted()).toEqual([...named].toSorted())
  await limiter.close()
}

test('in memory, over random histories', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => holds(memoryStore({ clock: manualClock() }), '', steps)),
    { numRuns: 1000 },
  )
})

test('in Redis, over a few', async () => {
  const store = redisStore(redis, { processes: 1, timeout: '5s' })
  await store.ready()
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 20 }), async (steps) => {
      // Nothing of an earlier history counts.
      await redis.flushall()
      await holds(store, `${run++}`, steps)
    }),
    { numRuns: 25 },
  )
  await store.close()
})
