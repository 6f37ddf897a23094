/** Windows with a long log: the log is in many keys, decides as in memory, and costs a refusal as little as a short one. */
import {
  createLimiter,
  type Limit,
  type Limiter,
  type LimitStatus,
  memoryStore,
  type Reservation,
  type Store,
  slidingWindow,
  surviveOutages,
  tokenBucket,
} from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { redisOfFile } from '../test/redis-of-file.ts'
import type { TimedRedisStore } from '../test/timed-store.ts'

const { client, stores } = await redisOfFile()

const second = 1_000_000
const startUs = Date.UTC(2026, 0, 1) * 1000

const exact = (capacity: number, per: `${number}s`) => slidingWindow({ capacity, per, exact: true })
const rules = [exact(300, '60s'), exact(500, '60s'), exact(150, '20s'), tokenBucket({ capacity: 400, per: '60s' })] as const
const limitOf = (rule: Limit<string>['rule']): readonly Limit<string>[] => [{ name: 'window', by: (key) => key, rule }]

const guarded = (store: Store): Store => surviveOutages(store, { processes: 1, onOutage: 'deny', timeout: '20s' })

type Step =
  | { readonly do: 'consume' | 'peek' | 'reserve' | 'refund'; readonly cost: number }
  | { readonly do: 'settle'; readonly which: number; readonly share: number }
  | { readonly do: 'wait'; readonly us: number }
  | { readonly do: 'update'; readonly rule: number; readonly keepRemaining: boolean }
  | { readonly do: 'fill'; readonly count: number; readonly gapUs: number }

const cost = fc.oneof(fc.constantFrom(1, 2), fc.integer({ min: 0, max: 400 }))
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constantFrom('consume', 'peek', 'reserve'), cost }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('refund'), cost: fc.integer({ min: 1, max: 90 }) }) },
    { weight: 5, arbitrary: fc.record({ do: fc.constant('settle'), which: fc.nat(400), share: fc.constantFrom(0, 0, 0.5, 1, 2) }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('fill'), count: fc.integer({ min: 1, max: 200 }), gapUs: fc.nat(200_000) }) },
    {
      weight: 4,
      arbitrary: fc.record({ do: fc.constant('wait'), us: fc.oneof(fc.nat(second), fc.nat(70 * second), fc.constant(-second)) }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('wait'), us: fc.constantFrom(-61 * second, -200 * second) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('update'), rule: fc.nat(3), keepRemaining: fc.boolean() }) },
  ) as fc.Arbitrary<Step>,
  { minLength: 10, maxLength: 40 },
)

/** Every status that a limiter gives for the steps. */
async function run(limiter: Limiter<string>, setNowUs: (now: number) => void, history: readonly Step[]): Promise<unknown[]> {
  const seen: unknown[] = []
  const held: Reservation[] = []
  let now = startUs
  setNowUs(now)
  const statusOf = ({ limits }: { readonly limits: readonly LimitStatus[] }): unknown => limits
  const reserve = async (units: number): Promise<void> => {
    const reservation = await limiter.reserve('ann', { cost: units })
    seen.push(statusOf(reservation.decision))
    if (reservation.decision.allowed) held.push(reservation)
  }
  const wait = (us: number): void => {
    now += us
    setNowUs(now)
  }
  for (const step of history) {
    if (step.do === 'wait') wait(step.us)
    else if (step.do === 'reserve') await reserve(step.cost)
    else if (step.do === 'refund') await limiter.refund('ann', { cost: step.cost })
    else if (step.do === 'update')
      await limiter.update(limitOf(rules[step.rule]!), { migrate: step.keepRemaining ? 'keepRemaining' : 'keepUsed' })
    else if (step.do === 'fill') {
      for (let i = 0; i < step.count; i++) {
        wait(step.gapUs)
        await reserve(1)
      }
    } else if (step.do === 'settle') {
      const [reservation] = held.splice(step.which % Math.max(1, held.length), 1)
      if (reservation === undefined) continue
      seen.push(await reservation.settle(Math.floor(reservation.decision.limits[0]!.cost * step.share)))
    } else seen.push(statusOf(await limiter[step.do]('ann', { cost: step.cost })))
    seen.push(await limiter.inspect('window', 'ann'))
  }
  return seen
}

test('a long log decides as in memory: charges, settlements in the middle, refunds, changes of the rule, and steps of the clock', {
  timeout: 300_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(2), async (history, rule) => {
      const clock = manualClock()
      const { store, setNowUs } = stores.empty()
      const inMemory = createLimiter<string>({ store: memoryStore({ clock }), limits: limitOf(rules[rule]!) })
      const inRedis = createLimiter<string>({ store: guarded(store), limits: limitOf(rules[rule]!) })
      const wanted = await run(inMemory as Limiter<string>, clock.setUs, history)
      expect(await run(inRedis, setNowUs, history)).toEqual(wanted)
    }),
    { numRuns: 60 },
  )
})

interface Filled {
  readonly limiter: Limiter<string>
  readonly timed: TimedRedisStore
}

/** A limiter whose window has as many admissions as it can, at different times but for those that `first` makes. */
async function filled(capacity: number, first = async (_: Limiter<string>): Promise<void> => {}): Promise<Filled> {
  const timed = stores.empty()
  const limiter = createLimiter<string>({ store: guarded(timed.store), limits: limitOf(exact(capacity, '3600s')) })
  timed.setNowUs(startUs)
  await first(limiter)
  for (let i = capacity - (await limiter.peek('ann')).limits[0]!.remaining; i < capacity; i++) {
    timed.setNowUs(startUs + i * 1000)
    await limiter.consume('ann')
  }
  timed.setNowUs(startUs + 500 * second)
  expect((await limiter.peek('ann')).limits[0]!.remaining).toBe(0)
  return { limiter, timed }
}

interface Work {
  readonly replyBytes: number
  readonly commands: number
}

/** What the server does for a refusal: the bytes that it sends, and the commands in the script. */
async function workOf({ limiter }: Filled, cost: number): Promise<Work> {
  const rounds = 100
  await client.config('RESETSTAT')
  for (let i = 0; i < rounds; i++) expect((await limiter.consume('ann', { cost })).allowed).toBe(false)
  const stats = await client.info('commandstats')
  const calls = [...stats.matchAll(/cmdstat_(?!evalsha|info|config|slowlog)[^:]+:calls=(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0)
  const sent = Number(/total_net_output_bytes:(\d+)/.exec(await client.info('stats'))![1]) - Buffer.byteLength(stats)
  return { replyBytes: Math.floor(sent / rounds), commands: calls / rounds }
}

describe('with 10,000 admissions', { timeout: 120_000 }, () => {
  let small: Filled
  let large: Filled
  /** Reservations among the first admissions of the large window. */
  const early: Reservation[] = []

  beforeAll(async () => {
    small = await filled(10)
    large = await filled(10_000, async (limiter) => {
      for (let i = 0; i < 10; i++) early.push(await limiter.reserve('ann'))
    })
  })

  test.each([
    ['one unit', 1, 1],
    ['half the capacity', 5, 5000],
  ])('a refusal of %s costs what it costs with 10', async (_, ofTen, ofMany) => {
    const least = await workOf(small, ofTen)
    const most = await workOf(large, ofMany)
    // Numbers have more digits, and an entry of the middle may stand between the first and the last.
    expect(most.replyBytes).toBeLessThanOrEqual(least.replyBytes + 16)
    expect(most.commands).toBeLessThanOrEqual(least.commands + 2)
    // What it takes is measured by `pnpm bench redis`, and by `pnpm check bounds`: no script takes a millisecond.
  })

  test('a settlement of any admission takes less than a millisecond', async () => {
    await client.config('SET', 'slowlog-log-slower-than', '0')
    await client.slowlog('RESET')
    for (const reservation of early) await reservation.settle(0)
    const log = (await client.slowlog('GET', 1000)) as readonly (readonly [number, number, number, readonly string[]])[]
    expect(Math.min(...log.filter(([, , , [name]]) => /^eval/i.test(name!)).map(([, , us]) => us))).toBeLessThan(1000)
    expect((await large.limiter.peek('ann')).limits[0]!.remaining).toBe(10)
  })
})

describe('with 1000 admissions', () => {
  test('each key has an expiry, and a reset leaves none of them', async () => {
    await client.flushall()
    const { limiter } = await filled(1000)
    const keys = await client.keys('*')
    expect(keys.length).toBe(1 + Math.floor(999 / 64))
    for (const key of keys) expect(await client.pttl(key)).toBeGreaterThan(0)
    await limiter.reset('window', 'ann')
    expect(await client.keys('*{t*}=*')).toEqual([])
  })

  test('a block of the log that Redis has evicted counts in full, until its last admission would count no more', async () => {
    const { limiter, timed } = await filled(1000)
    await client.del(await client.keys('*}=*'))
    expect((await limiter.consume('ann')).retryAfterMs).toBe(3_600_000 - 500_000 + 64)
    timed.setNowUs(startUs + 3600 * second + 64_000)
    expect((await limiter.consume('ann')).limits[0]!.remaining).toBe(63)
  })
})
