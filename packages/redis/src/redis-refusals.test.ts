/** Remembered refusals on a real Redis: what callers and observers see of them, and what makes a process forget. */
import { createLimiter, type Decision, type Limiter, type LimiterEvent, type LimiterOptions, tokenBucket } from '@sluice/core'
import { watchedLimiters } from '@sluice/core/internal'
import { startProxy, startRedis, until } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { redisStore } from './redis-store.ts'

const redis = await startRedis()
const client = new Redis(redis.port)
const store = redisStore(client, { processes: 1, timeout: '10s' })
const others = redisStore(new Redis(redis.port, { lazyConnect: true }), { processes: 1, timeout: '10s' })
const rule = tokenBucket({ capacity: 10, per: '1h' })
const limits = [{ name: 'user', by: (key: string) => key, rule }]
const limiter: Limiter<string> = createLimiter<string>({ store, limits })
afterAll(async () => {
  await Promise.all([store.close(), others.close()])
  client.disconnect()
  await redis.stop()
})

let count = 0
let ann = ''
beforeEach(() => {
  ann = `ann ${count++}`
})

/** Decisions that Redis has made since it started, of all processes. */
async function scriptsRun(): Promise<number> {
  return Number(/cmdstat_evalsha:calls=(\d+)/.exec(await client.info('commandstats'))?.[1] ?? 0)
}

async function refused(own: Limiter<string> = limiter): Promise<Decision> {
  await own.consume(ann, { cost: 10 })
  return own.consume(ann)
}

/** Asks until the process answers from its memory. That takes one call, unless the machine stood still for 250 ms. */
async function remembered(): Promise<void> {
  await until(async () => (await limiter.consume(ann)).decidedBy === 'cache', { what: 'a remembered refusal', everyMs: 0 })
}

test('a remembered refusal says what the first one said, and asks nothing of Redis', async () => {
  const first = await refused()
  expect(first).toMatchObject({ allowed: false, decidedBy: 'store' })
  const before = await scriptsRun()
  const again = (await limiter.consume(ann)) as Decision & { readonly retryAfterMs: number }
  expect(again).toMatchObject({ ...first, decidedBy: 'cache', retryAfterMs: expect.any(Number), limits: [{ remaining: 0, capacity: 10 }] })
  expect(first.retryAfterMs! - again.retryAfterMs).toBeGreaterThanOrEqual(0)
  expect(first.retryAfterMs! - again.retryAfterMs).toBeLessThan(250)
  const held = await limiter.reserve(ann)
  expect(held.decision).toMatchObject({ allowed: false, decidedBy: 'cache' })
  await held.settle(1)
  expect(await limiter.consumeUpTo(ann, { atMost: 4 })).toMatchObject({ allowed: false, granted: 0, decidedBy: 'cache' })
  expect(await scriptsRun()).toBe(before)
  expect(await limiter.peek(ann)).toMatchObject({ allowed: false, decidedBy: 'store' })
})

test('an observer gets its decision and no call of the store, and counts name its decider', async () => {
  const own = createLimiter<string>({ store, limits })
  const events: LimiterEvent[] = []
  const stop = own.observe((event) => events.push(event))
  const counts = watchedLimiters([own], [])[0]!.counts
  await refused(own)
  await own.consume(ann)
  stop()
  expect(events.map(({ type }) => type)).toEqual(['store', 'decision', 'store', 'decision', 'decision'])
  expect(events.at(-1)).toMatchObject({
    limits: [{ limit: 'user', key: ann, outcome: 'limited', charged: 0 }],
    decision: { decidedBy: 'cache' },
  })
  expect([...counts.deciders]).toEqual([2, 1, 0, 0])
  await own.close()
})

test('limits of which nothing is known are in no count, no event and no status', async () => {
  const layered: LimiterOptions<string>['limits'] = [
    { name: 'api', by: () => ann, rule },
    { name: 'app', by: (key) => key, rule: tokenBucket({ capacity: 20, per: '1h' }) },
  ]
  const own = createLimiter<string>({ store, limits: layered })
  await own.consume('one', { cost: 10 })
  const first = await own.consume('two')
  expect(first.limits.map(({ name }) => name)).toEqual(['api', 'app'])
  const known = await own.consume('two')
  expect(known).toMatchObject({ decidedBy: 'cache', limits: [{ name: 'api' }, { name: 'app', allowed: true, remaining: 20 }] })
  const again = await own.consume('three')
  expect(again).toMatchObject({ decidedBy: 'cache', refusedBy: ['api'], limits: [{ name: 'api' }] })
  expect(again.limits).toHaveLength(1)
  await own.close()
})

test.each<[string, () => Promise<unknown>]>([
  ['a refund', async () => limiter.refund(ann, { cost: 2 })],
  ['a reset', async () => limiter.reset('user', ann)],
  ['a reset of all keys', async () => limiter.resetAll('user')],
])('%s in this process counts at once', async (_, give) => {
  await refused()
  await remembered()
  await give()
  expect(await limiter.consume(ann)).toMatchObject({ allowed: true, decidedBy: 'store' })
})

test('a cancelled reservation, and one that is settled for less, count at once', async () => {
  for (const end of [0, 7]) {
    await limiter.reset('user', ann)
    const held = await limiter.reserve(ann, { cost: 10 })
    await limiter.consume(ann)
    await remembered()
    await held.settle(end)
    expect((await limiter.consume(ann)).allowed).toBe(true)
  }
})

test('a refusal of a later stage that gives back an earlier one counts at once', async () => {
  const second = createLimiter<string>({ store, limits: [{ name: 'second', by: (key) => key, rule }] })
  await second.consume(ann, { cost: 10 })
  const held = await limiter.reserve(ann, { cost: 10 })
  await limiter.consume(ann)
  await remembered()
  expect((await second.consume(ann, { extend: [held] })).allowed).toBe(false)
  expect((await limiter.consume(ann)).allowed).toBe(true)
  await second.close()
})

test('a block shows at once, and so does its end', async () => {
  await refused()
  await limiter.block('user', ann, '1m')
  const first = await limiter.consume(ann)
  expect([first.decidedBy, first.limits[0]!.blockedForMs! > 50_000]).toEqual(['store', true])
  const { limits: known, decidedBy } = await limiter.consume(ann)
  expect([decidedBy, known[0]!.blockedForMs! > 50_000]).toEqual(['cache', true])
  await limiter.reset('user', ann)
  await limiter.block('user', ann, '1m')
  await limiter.consume(ann)
  await limiter.block('user', ann, 0)
  expect((await limiter.consume(ann)).allowed).toBe(true)
})

test('a raised rule counts at once', async () => {
  const own = createLimiter<string>({ store, limits: [{ name: 'raised', by: (key) => key, rule }] })
  await refused(own)
  await own.update([{ name: 'raised', by: (key) => key, rule: tokenBucket({ capacity: 20, per: '1h' }) }])
  expect(await own.consume(ann)).toMatchObject({ allowed: true, limits: [{ remaining: 9 }] })
  await own.close()
})

test('what another process gives back is noticed 250 ms later at the latest', async () => {
  const other = createLimiter<string>({ store: others, limits })
  await refused()
  await other.refund(ann, { cost: 1 })
  await until(async () => (await limiter.consume(ann)).allowed, { what: 'the refunded unit', everyMs: 5 })
  await other.close()
})

test('a lost connection, such as in a failover, makes a process forget', async () => {
  await using proxy = await startProxy(redis)
  const own = new Redis(proxy.port)
  own.on('error', () => {})
  const behind = redisStore(own, { processes: 1, timeout: '10s' })
  const limited = createLimiter<string>({ store: behind, limits })
  await refused(limited)
  await client.flushall()
  const before = proxy.accepted()
  proxy.resetAll()
  await until(() => proxy.accepted() > before, { what: 'a new connection' })
  await behind.ready()
  expect(await limited.consume(ann)).toMatchObject({ allowed: true, decidedBy: 'store' })
  await behind.close()
  own.disconnect()
})

test('while Redis is away a remembered refusal is no sign that it answers', async () => {
  await using proxy = await startProxy(redis)
  const own = new Redis(proxy.port)
  own.on('error', () => {})
  const behind = redisStore(own, { processes: 1, timeout: '50ms', onOutage: 'deny' })
  await behind.ready()
  const limited = createLimiter<string>({ store: behind, limits })
  const outages: string[] = []
  limited.observe((event) => void (event.type === 'outage' && outages.push(event.state)))
  await refused(limited)
  proxy.blackHole()
  // Three failures in a row begin an outage, whatever is remembered between them.
  for (let i = 0; i < 3; i++) {
    expect((await limited.consume(ann)).allowed).toBe(false)
    await limited.consume(`${ann} ${i}`)
  }
  expect(outages).toEqual(['began'])
  expect(await limited.consume(ann)).toMatchObject({ outcome: 'unavailable' })
  expect(outages).toEqual(['began'])
  await behind.close()
  own.disconnect()
})

test('calls on a bucket that was refused lately wait for the answer to the first of them', async () => {
  const quick = createLimiter<string>({
    store,
    limits: [{ name: 'quick', by: (key) => key, rule: tokenBucket({ capacity: 2, per: '1m' }) }],
  })
  await quick.consume(ann, { cost: 2 })
  const isOneQuestion = async (): Promise<boolean> => {
    await quick.consume(ann)
    // The bucket stays hot when its refusal is no longer fresh.
    await new Promise((resolve) => setTimeout(resolve, 260))
    const before = await scriptsRun()
    const decisions = await Promise.all(Array.from({ length: 50 }, () => quick.consume(ann)))
    const cached = decisions.filter(({ decidedBy }) => decidedBy === 'cache').length
    return cached === 49 && (await scriptsRun()) - before === 1
  }
  // A machine that stands still for a second makes the process forget that the bucket is hot.
  await until(isOneQuestion, { what: 'one question for fifty calls' })
  await quick.close()
})

test('`rememberRefusals: false` asks Redis for every call', async () => {
  const own = redisStore(client, { processes: 1, timeout: '10s', rememberRefusals: false })
  const asking = createLimiter<string>({ store: own, limits })
  await refused(asking)
  expect((await asking.consume(ann)).decidedBy).toBe('store')
  await asking.close()
  await own.close()
  expect(() => redisStore(client, { rememberRefusals: 1 as never })).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_TYPE' }))
})

test('after close() nothing is remembered', async () => {
  const own = redisStore(client, { processes: 1, timeout: '10s' })
  const limited = createLimiter<string>({ store: own, limits })
  await refused(limited)
  await own.close()
  await expect((async () => limited.consume(ann))()).rejects.toMatchObject({ code: 'SLUICE_CLOSED' })
})
