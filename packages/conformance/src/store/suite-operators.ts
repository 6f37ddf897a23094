/** Suite: what operators do without a subject at hand: refund, inspect, reset, block. */
import { ask, foreverMs, type Suite } from './scene.ts'

const { limit, terms } = ask()

export const obeysOperators: Suite = (play, expect) => {
  for (const [units, remaining] of [
    [0, 3],
    [2, 5],
    [7, 10],
    [8, 10],
    [Number.MAX_SAFE_INTEGER, 10],
  ] as const) {
    play(`a refund of ${units} leaves ${remaining} where 7 of 10 were used`, async ({ consume, refund, left }) => {
      await consume({ cost: 7 })
      await refund({ cost: units })
      expect(await left()).toBe(remaining)
      await consume({ cost: remaining })
      expect((await consume()).allowed).toBe(false)
    })
  }

  play('a refund creates no bucket and saves nothing for later', async ({ refund, store, consume }) => {
    await refund({ cost: 5 })
    expect(await store.inspect(limit, 'ann', terms)).toBe(null)
    expect((await consume({ cost: 11 })).allowed).toBe(false)
    expect((await consume({ cost: 10 })).limits[0]!.remaining).toBe(0)
  })

  play('a refund revives no bucket that has been forgotten', async ({ consume, refund, wait, left }) => {
    const cold = { initial: 2 }
    await consume({ ...cold, cost: 2 })
    await wait(601_000)
    await refund({ ...cold, cost: 8 })
    expect(await left(cold)).toBe(2)
  })

  play('a refund pays a debt off first', async ({ hold, settle, refund, left, consume }) => {
    await settle(await hold({ cost: 10 }), 20)
    await refund({ cost: 12 })
    expect(await left()).toBe(2)
    expect((await consume({ cost: 2 })).allowed).toBe(true)
  })

  play('shows how a bucket stands, and nothing of one that is full', async ({ consume, store, wait }) => {
    expect(await store.inspect(limit, 'ann', terms)).toBe(null)
    await consume({ cost: 10 })
    const wanted = { name: 'user', allowed: false, capacity: 10, cost: 1, remaining: 0, retryAfterMs: 100, resetAfterMs: 1000 }
    expect(await store.inspect(limit, 'ann', terms)).toMatchObject(wanted)
    expect(await store.inspect(limit, 'ann', null)).toMatchObject(wanted)
    await wait(1000)
    expect(await store.inspect(limit, 'ann', terms)).toBe(null)
  })

  play('forgets a bucket together with its block', async ({ consume, store, left }) => {
    await consume({ cost: 10 })
    await store.block(limit, 'ann', 60_000)
    await store.reset(limit, 'ann')
    expect(await left()).toBe(10)
    expect((await consume()).allowed).toBe(true)
  })

  play('forgets one bucket and no other', async ({ consume, store, left }) => {
    await consume({ cost: 4 })
    await consume({ key: 'bob', cost: 4 })
    await consume({ limit: 'app', cost: 4 })
    await store.reset(limit, 'ann')
    expect([await left(), await left({ key: 'bob' }), await left({ limit: 'app' })]).toEqual([10, 6, 6])
  })

  play('refuses a blocked key whatever its bucket says, until the time is over', async ({ consume, store, wait }) => {
    await store.block(limit, 'ann', 5000)
    expect((await consume()).limits[0]).toMatchObject({
      allowed: false,
      remaining: 0,
      retryAfterMs: 5000,
      replenishAfterMs: 5000,
      resetAfterMs: 5000,
    })
    await wait(4999.999)
    expect((await consume()).limits[0]).toMatchObject({ allowed: false, retryAfterMs: 1 })
    await wait(0.001)
    expect((await consume()).limits[0]).toMatchObject({ allowed: true, remaining: 9 })
  })

  play('names the longer of the block and the wait', async ({ consume, store }) => {
    await consume({ cost: 10 })
    await store.block(limit, 'ann', 300)
    expect((await consume()).limits[0]).toMatchObject({ retryAfterMs: 300, resetAfterMs: 1000 })
    expect((await consume({ cost: 7 })).limits[0]!.retryAfterMs).toBe(700)
    expect((await consume({ cost: 11 })).limits[0]!.retryAfterMs).toBe(null)
  })

  play('a block charges no limit, spares a cost of 0, and is seen by a peek', async ({ consume, peek, store, left }) => {
    await store.block(limit, 'ann', 1000)
    expect((await consume({ limit: 'app' }, {})).allowed).toBe(false)
    expect(await left({ limit: 'app' })).toBe(10)
    expect((await consume({ cost: 0 })).allowed).toBe(true)
    expect((await peek()).limits[0]).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 1000 })
  })

  play('a block on a shadow limit refuses no call', async ({ consume, store }) => {
    await store.block({ ...limit, shadow: true }, 'ann', 1000)
    const { allowed, limits } = await consume({ shadow: true })
    expect([allowed, limits[0]!.allowed]).toEqual([true, false])
  })

  play('blocks one key of one limit', async ({ consume, store }) => {
    await store.block(limit, 'ann', 1000)
    expect((await consume({ key: 'bob' }, { limit: 'app' })).allowed).toBe(true)
  })

  play('a block of 0 lifts a block, and a later one replaces it', async ({ consume, store }) => {
    await store.block(limit, 'ann', 5000)
    await store.block(limit, 'ann', 1000)
    expect((await consume()).limits[0]!.retryAfterMs).toBe(1000)
    await store.block(limit, 'ann', 0)
    expect((await consume()).allowed).toBe(true)
  })

  play('a block without an end has no waits, is listed as longest, and is lifted by 0', async ({ consume, store, wait }) => {
    await store.block(limit, 'bob', 31_622_400_000)
    await store.block(limit, 'ann', foreverMs)
    await wait(366 * 86_400_000)
    const blocked = { allowed: false, remaining: 0, retryAfterMs: null, replenishAfterMs: 0, resetAfterMs: 0, blockedForMs: null }
    const { allowed, limits } = await consume({ cost: 10 })
    expect([allowed, limits[0]]).toMatchObject([false, blocked])
    expect(await store.inspect(limit, 'ann', terms)).toMatchObject(blocked)
    expect(await store.inspect(limit, 'ann', null)).toMatchObject(blocked)
    expect((await store.blocked(limit, 5)).map(({ key }) => key)).toEqual(['ann'])
    expect((await consume({ cost: 0 })).allowed).toBe(true)
    await store.block(limit, 'ann', 0)
    expect((await consume({ cost: 10 })).allowed).toBe(true)
  })

  play('shows a block where there is no bucket, and even where the rule is not known', async ({ store, wait }) => {
    await store.block(limit, 'ann', 2500)
    expect(await store.inspect(limit, 'ann', terms)).toMatchObject({ allowed: false, capacity: 10, remaining: 0, retryAfterMs: 2500 })
    expect(await store.inspect(limit, 'ann', null)).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 2500 })
    await wait(2500)
    expect(await store.inspect(limit, 'ann', terms)).toBe(null)
  })
}
