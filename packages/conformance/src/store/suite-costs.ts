/** Suite: one limit, one cost after the other. */
import { burstMax, type CountingRule, concurrency, fixedWindow, slidingWindow, tokenBucket } from '@sluice/core'
import { type Suite, tenASecond } from './scene.ts'

export const decidesCosts: Suite = (play, expect) => {
  play('admits a burst up to the capacity, then one unit for each that comes back', async ({ consume, wait }) => {
    for (let left = 9; left >= 0; left--) expect((await consume()).limits[0]).toMatchObject({ allowed: true, remaining: left })
    expect((await consume()).allowed).toBe(false)
    await wait(100)
    expect((await consume()).allowed).toBe(true)
    expect((await consume()).allowed).toBe(false)
  })

  play('brings an interval back all at once, at whole periods since the epoch', async ({ consume, wait, left }) => {
    const rule = tokenBucket({ capacity: 10, refill: 4, per: '1s', mode: 'interval' })
    await wait(700)
    await consume({ rule, cost: 10 })
    await wait(299)
    expect(await left({ rule })).toBe(0)
    await wait(1)
    expect(await left({ rule })).toBe(4)
    await wait(1000)
    expect(await left({ rule })).toBe(8)
    await wait(1000)
    expect(await left({ rule })).toBe(10)
  })

  play('tells everything about a limit', async ({ consume }) => {
    const { limits, ...rest } = await consume({ limit: 'app', cost: 8, disclose: false, parent: 'api' })
    expect(rest).toEqual({ allowed: true, undone: [], hold: null, decidedBy: 'store' })
    const status = { name: 'app', shadow: false, capacity: 10, rule: tenASecond, disclose: false, parent: 'api' }
    expect(limits).toEqual([
      { ...status, allowed: true, near: true, cost: 8, remaining: 2, retryAfterMs: 0, replenishAfterMs: 100, resetAfterMs: 800 },
    ])
    const refused = await consume({ limit: 'app', cost: 5, disclose: false, parent: 'api' })
    expect(refused.limits).toEqual([
      { ...status, allowed: false, near: true, cost: 5, remaining: 2, retryAfterMs: 300, replenishAfterMs: 100, resetAfterMs: 800 },
    ])
  })

  play('reports nearness from the share that the limit names', async ({ consume }) => {
    const near = async (cost: number): Promise<boolean> => (await consume({ cost, nearAt: 0.5 })).limits[0]!.near
    expect(await near(4)).toBe(false)
    expect(await near(1)).toBe(true)
  })

  play('a refusal charges nothing and prolongs no wait', async ({ consume, wait, left }) => {
    await consume({ cost: 7 })
    for (let i = 0; i < 20; i++) expect((await consume({ cost: 5 })).limits[0]).toMatchObject({ allowed: false, retryAfterMs: 200 })
    expect(await left()).toBe(3)
    await wait(199)
    expect((await consume({ cost: 5 })).limits[0]).toMatchObject({ allowed: false, retryAfterMs: 1 })
    await wait(1)
    expect((await consume({ cost: 5 })).allowed).toBe(true)
  })

  play('leaves what a refused cost cannot use to a smaller one', async ({ consume }) => {
    await consume({ cost: 7 })
    expect((await consume({ cost: 5 })).allowed).toBe(false)
    expect((await consume({ cost: 3 })).allowed).toBe(true)
  })

  for (const cost of [11, 1000, Number.MAX_SAFE_INTEGER]) {
    play(`a cost of ${cost} is impossible at a capacity of 10 and leaves the bucket as it was`, async ({ consume, left }) => {
      await consume({ cost: 4 })
      expect((await consume({ cost })).limits[0]).toMatchObject({ allowed: false, retryAfterMs: null, remaining: 6 })
      expect(await left()).toBe(6)
    })
  }

  play('a cost of 0 is always admitted and changes nothing', async ({ consume, wait, store }) => {
    expect((await consume({ cost: 0, key: 'never seen' })).limits[0]).toMatchObject({ allowed: true, remaining: 10, resetAfterMs: 0 })
    expect(await store.inspect({ ...limitFacts }, 'never seen', null)).toBe(null)
    await consume({ cost: 10 })
    await wait(50)
    expect((await consume({ cost: 0 })).limits[0]).toMatchObject({ allowed: true, remaining: 0, retryAfterMs: 0, replenishAfterMs: 50 })
  })

  play('a peek decides as the next call would and changes nothing', async ({ consume, peek, wait }) => {
    await consume({ cost: 8 })
    await wait(37)
    const before = await peek({ cost: 3 })
    expect(before.limits[0]).toMatchObject({ allowed: false, cost: 3, remaining: 2, retryAfterMs: 63 })
    expect(before.hold).toBe(null)
    expect((await peek({ cost: 2 })).limits[0]).toMatchObject({ allowed: true, remaining: 2 })
    expect(await peek({ cost: 3 })).toEqual(before)
  })

  play('hands out snapshots that nothing changes afterwards', async ({ call, consume }) => {
    const rule = tokenBucket({ capacity: 3, per: '1m' })
    const answers = await Promise.all(Array.from({ length: 8 }, () => call('consume', [{ rule }])))
    const summary = (): unknown => answers.map(({ allowed, limits }) => [allowed, limits[0]!.remaining])
    const wanted = [[true, 2], [true, 1], [true, 0], ...Array.from({ length: 5 }, () => [false, 0])]
    expect(summary()).toEqual(wanted)
    await consume({ rule, key: 'bob', cost: 2 })
    expect(summary()).toEqual(wanted)
  })

  play('starts a bucket with its initial units at the first call that asks for any', async ({ consume, peek, wait }) => {
    const cold = { initial: 0 }
    await peek(cold)
    await consume({ ...cold, cost: 0 })
    await wait(1000)
    expect((await consume({ ...cold, cost: 3 })).limits[0]).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 300 })
    await wait(299)
    expect((await consume({ ...cold, cost: 3 })).limits[0]).toMatchObject({ allowed: false, remaining: 2, retryAfterMs: 1 })
    await wait(1)
    expect((await consume({ ...cold, cost: 3 })).allowed).toBe(true)
  })

  for (const [what, rule, ms] of [
    ['ten minutes', tokenBucket({ capacity: 10, per: '1s' }), 601_000],
    ['as long as it takes to fill', tokenBucket({ capacity: 10, per: '1h' }), 7_200_000],
  ] as const) {
    play(`starts a bucket again once it has been full for ${what}`, async ({ consume, wait, left }) => {
      const cold = { rule, initial: 4 }
      await consume({ ...cold, cost: 4 })
      await wait(ms - 0.001)
      expect(await left(cold)).toBe(10)
      await wait(0.001)
      expect(await left(cold)).toBe(4)
    })
  }

  play('admits a client that waits for longer than it was told to, where a bucket starts empty', async ({ consume, wait }) => {
    const cold = { initial: 0 }
    for (let i = 0; i < 5; i++) {
      expect((await consume({ ...cold, cost: 3 })).allowed).toBe(i > 0)
      await wait(60_000)
    }
  })
}

/** Every kind of rule, with a capacity of 0. */
const withoutCapacity: Readonly<Record<string, CountingRule>> = {
  'a greedy bucket': tokenBucket({ capacity: 0, per: '1s' }),
  'an interval bucket': tokenBucket({ capacity: 0, refill: 5, per: '1s', mode: 'interval' }),
  'a burst': burstMax({ refill: 5, capacity: 0, per: '1s' }),
  'a window from the first charge': fixedWindow({ capacity: 0, per: '1s', align: 'first' }),
  'a day': fixedWindow({ capacity: 0, per: 'day', timeZone: 'UTC' }),
  'an estimate': slidingWindow({ capacity: 0, per: '1s' }),
  'a log': slidingWindow({ capacity: 0, per: '1s', exact: true }),
  'a window of slots': slidingWindow({ capacity: 0, per: '1s', slots: 4 }),
  concurrency: concurrency({ capacity: 0 }),
}

export const refusesWithoutCapacity: Suite = (play, expect) => {
  for (const [what, rule] of Object.entries(withoutCapacity)) {
    const never = { allowed: false, capacity: 0, remaining: 0, retryAfterMs: null, replenishAfterMs: 0, resetAfterMs: 0 }
    play(`a capacity of 0 admits nothing ever: ${what}`, async ({ call, wait }) => {
      for (const cost of [1, 7, Number.MAX_SAFE_INTEGER]) expect((await call('reserve', [{ rule, cost }])).limits[0]).toMatchObject(never)
      await wait(3_600_000)
      const beside = await call('reserve', [{ limit: 'app' }, { rule }])
      expect([beside.allowed, beside.limits[0], beside.limits[1]]).toMatchObject([false, { remaining: 10 }, never])
      expect((await call('reserve', [{ rule, cost: 0 }])).allowed).toBe(true)
    })

    if (rule.kind === 'concurrency') continue
    play(`a capacity that becomes 0 and grows again returns nothing that was used: ${what}`, async ({ call, left }) => {
      for (const migrate of ['keepUsed', 'keepRemaining', 'proportional'] as const) {
        const slow = { key: migrate, rule: tokenBucket({ capacity: 10, per: '1h' }) }
        await call('consume', [{ ...slow, cost: 8 }])
        expect((await call('consume', [{ key: migrate, rule }], { migrate })).limits[0]).toMatchObject(never)
        await call('consume', [{ ...slow, cost: 0 }], { migrate })
        expect((await left(slow)) <= 2).toBe(true)
      }
    })
  }
}

const limitFacts = { name: 'user', shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const
