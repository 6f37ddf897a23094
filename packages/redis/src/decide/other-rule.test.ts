/** Services that share a prefix, and disagree about the rule of a limit. Each is a copy of the modules, as in a process of its own. */
import { startRedis } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'

const redis = await startRedis()
const client = new Redis(redis.socket).setMaxListeners(0)
afterAll(async () => {
  client.disconnect()
  await redis.stop()
})

let printed: string[]
beforeEach(() => {
  printed = []
  vi.spyOn(process, 'emitWarning').mockImplementation((message, options) => {
    printed.push(`${(options as unknown as { code: string }).code}: ${message}`)
  })
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** A service with modules of its own, and a prefix for each test. */
async function service(prefix: string) {
  vi.resetModules()
  const core = await import('@sluice/core')
  const { redisStore } = await import('../redis-store.ts')
  return { ...core, store: redisStore(client, { processes: 1, timeout: '10s', prefix }) }
}
type Service = Awaited<ReturnType<typeof service>>

/** A limiter of a service with one limit of this capacity by minute. */
function limiterOf({ createLimiter, tokenBucket, store }: Service, capacity: number, version?: string) {
  const limits = [{ name: 'ip', by: (ip: string) => ip, rule: tokenBucket({ capacity, per: '1m' }) }]
  return createLimiter({ store, limits, ...(version !== undefined && { version }) })
}

test('a service that finds buckets under another rule says so, once for the limit', async () => {
  const first = limiterOf(await service('two'), 100)
  for (const ip of ['a', 'b', 'c']) await first.consume(ip, { cost: 60 })
  expect(printed).toEqual([])
  const second = limiterOf(await service('two'), 5)
  for (const ip of ['a', 'b', 'c', 'a']) await second.consume(ip)
  expect(printed).toEqual([
    expect.stringMatching(
      /^SLUICE_RULES_DIFFER: The limit ip found .+ two: token-bucket of 100 per 60 s, not token-bucket of 5 per 60 s\. .+`prefix`/,
    ),
  ])
  for (const ip of ['a', 'b', 'c']) await first.consume(ip)
  expect(printed).toHaveLength(2)
})

test('a service that finds slots under another rule says so', async () => {
  const limiter = ({ createLimiter, concurrency, store }: Service, capacity: number) =>
    createLimiter({ store, limits: [{ name: 'jobs', by: (who: string) => who, rule: concurrency({ capacity }) }] })
  await limiter(await service('slots'), 5).reserve('ann')
  await limiter(await service('slots'), 3).peek('ann')
  expect(printed).toEqual([expect.stringMatching(/^SLUICE_RULES_DIFFER: .+concurrency of 5, not concurrency of 3/)])
})

test('nothing is said of a rule with another version, of the same rule, or of one that the process has used itself', async () => {
  await limiterOf(await service('versions'), 100, '1').consume('a', { cost: 60 })
  const newer = limiterOf(await service('versions'), 100, '2')
  await newer.consume('a')
  await limiterOf(await service('versions'), 7, '1').consume('a')
  const own = await service('own')
  const changing = limiterOf(own, 100)
  await changing.consume('a', { cost: 60 })
  await changing.update([{ name: 'ip', by: (ip) => ip, rule: own.tokenBucket({ capacity: 5, per: '1m' }) }])
  await changing.consume('a')
  expect(printed).toEqual([])
})

test('nothing is said of rules that depend on the call', async () => {
  const byPlan = ({ createLimiter, tokenBucket, store }: Service) =>
    createLimiter<{ readonly who: string; readonly plan: number }>({
      store,
      limits: [{ name: 'user', by: ({ who }) => who, rule: ({ plan }) => tokenBucket({ capacity: plan, per: '1m' }) }],
    })
  await byPlan(await service('plans')).consume({ who: 'ann', plan: 100 }, { cost: 60 })
  await byPlan(await service('plans')).consume({ who: 'ann', plan: 5 })
  expect(printed).toEqual([])
})
