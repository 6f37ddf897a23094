/** The order of calls that one process issues together: that in which they were issued, whatever groups they go in. */
import { createLimiter, type Decision, fixedWindow, type Limiter, tokenBucket } from '@sluice/core'
import { startRedis } from '@sluice/test/servers'
import { Redis } from 'ioredis'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { redisStore } from './redis-store.ts'

let redis = await startRedis()
const client = new Redis(redis.port)
client.on('error', () => {})
const store = redisStore(client, { processes: 1, timeout: '10s' })
const calls = 600
const rule = tokenBucket({ capacity: 100_000, per: '30d' })
const limiter: Limiter<string> = createLimiter<string>({ limits: [{ name: 'all', by: (key) => key, rule }], store })
afterAll(async () => {
  await store.close()
  client.disconnect()
  await redis.stop()
})
beforeEach(async () => {
  await client.flushall()
})

const remainingOf = ({ limits: [status] }: Decision): number => status!.remaining
/** What is left after each of so many calls, one after the other. */
const counted = (count: number): number[] => Array.from({ length: count }, (_, i) => rule.capacity - 1 - i)
const inOneScript = (count: number, consume: (i: number) => unknown): unknown[] => Array.from({ length: count }, (_, i) => consume(i))

async function remainingInOneScript(count: number, before: (i: number) => unknown = () => {}): Promise<number[]> {
  const decided = inOneScript(count, (i) => {
    before(i)
    return limiter.consume('a')
  })
  return ((await Promise.all(decided)) as Decision[]).map(remainingOf)
}

test('hundreds of calls on one bucket are decided as they were issued', async () => {
  expect(await remainingInOneScript(calls)).toEqual(counted(calls))
})

test('so are calls that come while others are in flight', async () => {
  const waves = Array.from({ length: 40 }, async (_, i) => {
    await new Promise((resolve) => setTimeout(resolve, i / 4))
    return Promise.all(inOneScript(1 + (i % 17), async () => order.push(remainingOf(await limiter.consume('a')))))
  })
  const order: number[] = []
  await Promise.all(waves)
  expect(order).toEqual(counted(order.length))
})

test('so are calls to a server that does not know the script', async () => {
  await client.script('FLUSH')
  expect(await remainingInOneScript(calls)).toEqual(counted(calls))
})

test('so are calls while the script is forgotten again and again', async () => {
  const remaining: number[] = []
  for (let round = 0; round < 20; round++) {
    const flushing = client.script('FLUSH')
    remaining.push(...(await remainingInOneScript(50, (i) => i % 10 === 0 && void client.script('FLUSH'))))
    await flushing
  }
  expect(remaining).toEqual(counted(1000))
})

test('so are calls before and after the server was restarted', async () => {
  const order: number[] = []
  let stopped = false
  const asking = async (): Promise<void> => {
    for (let i = 0; !stopped && i < 10_000; i++) {
      await Promise.all(
        inOneScript(40, async () => {
          const decision = await limiter.consume('a')
          if (decision.decidedBy === 'store') order.push(remainingOf(decision))
        }),
      )
    }
  }
  const question = asking()
  await expect.poll(() => order.length).toBeGreaterThan(200)
  const { port } = redis
  await redis.stop()
  const before = order.length
  redis = await startRedis({ port })
  await expect.poll(() => order.length).toBeGreaterThan(before + 200)
  stopped = true
  await question
  // The new server begins anew; answers of the old one may still have come after its end.
  const anew = order.findIndex((left, i) => i > 0 && left > order[i - 1]!)
  const [first, second] = [order.slice(0, anew), order.slice(anew)]
  expect(first).toEqual(counted(anew))
  // The first call to the new server may be one whose answer came too late to count.
  expect(second).toEqual(Array.from(second, (_, i) => second[0]! - i))
})

test('calls by a calendar, and those on a bucket that was under one, keep their order too', async () => {
  const byDay = createLimiter<string>({
    limits: [{ name: 'all', by: (key) => key, rule: fixedWindow({ capacity: rule.capacity, per: 'day', timeZone: 'Asia/Seoul' }) }],
    store: redisStore(client, { processes: 1, timeout: '10s' }),
  })
  const decided = inOneScript(100, () => byDay.consume('a'))
  expect(((await Promise.all(decided)) as Decision[]).map(remainingOf)).toEqual(counted(100))
  expect(await remainingInOneScript(100)).toEqual(counted(200).slice(100))
  await byDay.close()
})

test('a call that gives earlier stages back comes after those that were issued before it, and so does a reset', async () => {
  const held = await limiter.reserve('b')
  const before = inOneScript(30, () => limiter.consume('a'))
  const extending = limiter.reserve('a', { cost: 7, extend: [held] })
  const after = inOneScript(30, () => limiter.consume('a'))
  const resetting = limiter.reset('all', 'a')
  const anew = limiter.consume('a')
  expect(((await Promise.all(before)) as Decision[]).map(remainingOf)).toEqual(counted(30))
  expect(remainingOf((await extending).decision)).toBe(rule.capacity - 37)
  expect(((await Promise.all(after)) as Decision[]).map(remainingOf)).toEqual(counted(67).slice(37))
  await resetting
  expect(remainingOf(await anew)).toBe(rule.capacity - 1)
})
