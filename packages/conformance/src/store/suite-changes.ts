/** Suite: a bucket lives on when its rule changes, and does not flap between versions of a policy. */
import { type Migrate, tokenBucket } from '@sluice/core'
import { ask, type Suite } from './scene.ts'

const hundred = tokenBucket({ capacity: 100, per: '100s' })
const fifty = tokenBucket({ capacity: 50, per: '100s' })
const fast = tokenBucket({ capacity: 100, per: '1s' })

export const changesRules: Suite = (play, expect) => {
  for (const [migrate, used, left, wait] of [
    ['keepUsed', 30, 20, 0],
    ['keepUsed', 80, 0, 62_000],
    ['keepRemaining', 30, 50, 0],
    ['keepRemaining', 80, 20, 0],
    ['proportional', 30, 35, 0],
    ['proportional', 80, 10, 0],
    ['reset', 80, 50, 0],
  ] as const satisfies readonly [Migrate, number, number, number][]) {
    play(`${migrate}: ${used} used of 100 leave ${left} of 50`, async ({ consume, call }) => {
      await consume({ rule: hundred, cost: used })
      const { limits } = await call('consume', [{ rule: fifty, cost: 0 }], { migrate })
      expect(limits[0]).toMatchObject({ capacity: 50, remaining: left })
      const { limits: next } = await call('peek', [{ rule: fifty }], { migrate })
      expect(next[0]!.retryAfterMs).toBe(wait)
    })
  }

  play('lowering a limit and raising it again mints nothing', async ({ consume, left }) => {
    await consume({ rule: hundred, cost: 80 })
    expect((await consume({ rule: fifty })).limits[0]).toMatchObject({ allowed: false, remaining: 0 })
    expect(await left({ rule: hundred })).toBe(20)
    expect((await consume({ rule: hundred, cost: 21 })).allowed).toBe(false)
  })

  for (const [down, up, left] of [
    ['keepRemaining', 'keepUsed', 20],
    ['keepRemaining', 'keepRemaining', 20],
    ['keepRemaining', 'proportional', 20],
    ['proportional', 'keepUsed', 20],
    ['keepRemaining', 'reset', 100],
  ] as const satisfies readonly [Migrate, Migrate, number][]) {
    play(`${down} to half of 100 and ${up} to all of it leaves ${left} where 80 were used`, async ({ consume, call }) => {
      await consume({ rule: hundred, cost: 80 })
      await call('consume', [{ rule: fifty, cost: 0 }], { migrate: down })
      const { limits } = await call('peek', [{ rule: hundred }], { migrate: up })
      expect(limits[0]!.remaining).toBe(left)
    })
  }

  play('what a change forgave is had once, also by a bucket that was full since, until time has brought it back', async (scene) => {
    const { consume, call, wait, store } = scene
    const all = { rule: hundred, cost: 50 }
    const half = { rule: fifty, cost: 0 }
    await consume(all)
    const { limits } = await call('consume', [half], { migrate: 'keepRemaining' })
    expect(limits[0]).toMatchObject({ remaining: 50, resetAfterMs: 0 })
    const { limit, key, terms } = ask(half)
    expect(await store.inspect(limit, key, terms)).toMatchObject({ capacity: 50, remaining: 50 })
    for (const [ms, left] of [
      [0, 50],
      [40_000, 70],
      [59_999, 99],
      [1, 100],
    ] as const) {
      await wait(ms)
      expect((await call('peek', [all], { migrate: 'keepUsed' })).limits[0]!.remaining).toBe(left)
    }
    expect(await store.inspect(limit, key, terms)).toBe(null)
  })

  play('a key that was reset has been forgiven nothing', async ({ consume, call, left, store }) => {
    await consume({ rule: hundred, cost: 80 })
    await call('consume', [{ rule: fifty, cost: 0 }], { migrate: 'keepRemaining' })
    const { limit, key } = ask()
    await store.reset(limit, key)
    await consume({ rule: fifty, cost: 10 })
    expect(await left({ rule: hundred })).toBe(90)
  })

  play('what is charged, given back and blocked after a change counts beside what it forgave', async (scene) => {
    const { consume, call, hold, settle, refund, store } = scene
    await consume({ rule: hundred, cost: 80 })
    await call('consume', [{ rule: fifty, cost: 0 }], { migrate: 'keepRemaining' })
    await consume({ rule: fifty, cost: 6 })
    await settle(await hold({ rule: fifty, cost: 8 }), 0)
    await settle(await hold({ rule: fifty, cost: 8 }), 9)
    await refund({ rule: fifty, cost: 3 })
    const { limit, key } = ask({ rule: fifty })
    await store.block(limit, key, 1000)
    await store.block(limit, key, 0)
    const leftAs = async (rule: typeof hundred, migrate: Migrate) => (await call('peek', [{ rule }], { migrate })).limits[0]!.remaining
    expect([await leftAs(fifty, 'keepUsed'), await leftAs(hundred, 'keepUsed'), await leftAs(hundred, 'keepRemaining')]).toEqual([8, 8, 8])
    await refund({ rule: fifty, cost: 50 })
    expect([await leftAs(fifty, 'keepUsed'), await leftAs(hundred, 'keepUsed'), await leftAs(hundred, 'keepRemaining')]).toEqual([
      50, 58, 50,
    ])
  })

  play('credits time up to the change at the old rate', async ({ consume, wait, left }) => {
    await consume({ rule: hundred, cost: 100 })
    await wait(10_000)
    expect((await consume({ rule: fast, cost: 11 })).limits[0]).toMatchObject({ allowed: false, remaining: 10, retryAfterMs: 10 })
    await wait(10)
    expect(await left({ rule: fast })).toBe(11)
  })

  play('keeps the wait that a refusal under the new rule named', async ({ consume, wait }) => {
    await consume({ rule: fast, cost: 100 })
    const { limits } = await consume({ rule: fifty, cost: 1 })
    expect(limits[0]).toMatchObject({ allowed: false, retryAfterMs: 102_000 })
    await wait(101_999)
    expect((await consume({ rule: fifty, cost: 1 })).allowed).toBe(false)
    await wait(1)
    expect((await consume({ rule: fifty, cost: 1 })).allowed).toBe(true)
  })

  play('a change between greedy and interval keeps what was used', async ({ consume, wait, left }) => {
    const interval = tokenBucket({ capacity: 10, per: '1s', mode: 'interval' })
    await consume({ cost: 6 })
    await wait(150)
    expect((await consume({ rule: interval, cost: 0 })).limits[0]).toMatchObject({ remaining: 5, replenishAfterMs: 850 })
    await wait(850)
    expect(await left({ rule: interval })).toBe(10)
  })

  play('a peek under another rule changes nothing', async ({ consume, peek, left }) => {
    await consume({ rule: hundred, cost: 80 })
    expect((await peek({ rule: fifty })).limits[0]).toMatchObject({ allowed: false, capacity: 50, remaining: 0 })
    expect(await left({ rule: hundred })).toBe(20)
  })

  play('an older version decides under the rule of the newer', async ({ consume }) => {
    await consume({ rule: fifty, version: 2, cost: 45 })
    const old = { rule: hundred, version: 1 }
    expect((await consume({ ...old, cost: 6 })).limits[0]).toMatchObject({ allowed: false, capacity: 50, remaining: 5, rule: fifty })
    expect((await consume({ ...old, cost: 5 })).limits[0]).toMatchObject({ allowed: true, capacity: 50, remaining: 0 })
    expect((await consume({ rule: fifty, version: 2 })).limits[0]).toMatchObject({ allowed: false, capacity: 50 })
  })

  play('a newer version converts once and for all', async ({ consume }) => {
    await consume({ rule: hundred, version: 1, cost: 30 })
    expect((await consume({ rule: fifty, version: 2 })).limits[0]).toMatchObject({ allowed: true, capacity: 50, remaining: 19 })
    expect((await consume({ rule: hundred, version: 1 })).limits[0]).toMatchObject({ allowed: true, capacity: 50, remaining: 18 })
  })

  play('an older version decides by its own rule where nothing is stored any more', async ({ consume, wait }) => {
    await consume({ rule: fifty, version: 2 })
    await wait(100_000)
    expect((await consume({ rule: hundred, version: 1 })).limits[0]).toMatchObject({ capacity: 100, remaining: 99 })
  })
}
