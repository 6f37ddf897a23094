/** Suite: calls that can do with less take what there is, in one decision. */
import { tokenBucket } from '@sluice/core'
import type { Suite } from './scene.ts'

export const takesWhatThereIs: Suite = (play, expect) => {
  play('takes upTo where that remains, and otherwise the rest', async ({ consume, left }) => {
    expect((await consume({ upTo: 7 })).limits[0]).toMatchObject({ allowed: true, cost: 7, remaining: 3 })
    expect((await consume({ upTo: 7 })).limits[0]).toMatchObject({ allowed: true, cost: 3, remaining: 0 })
    expect(await left()).toBe(0)
  })

  play('takes no more than the limit that holds the least can pay', async ({ consume, left }) => {
    await consume({ limit: 'seller', cost: 6 })
    const { limits } = await consume({ limit: 'app', upTo: 9 }, { limit: 'seller', upTo: 9 })
    expect(limits.map(({ cost, remaining }) => [cost, remaining])).toEqual([
      [4, 6],
      [4, 0],
    ])
    expect([await left({ limit: 'app' }), await left({ limit: 'seller' })]).toEqual([6, 0])
  })

  play('a charge that says nothing of it pays its cost, whatever the others take', async ({ consume }) => {
    const { limits } = await consume({ limit: 'requests' }, { limit: 'tokens', upTo: 50 })
    expect(limits.map(({ cost, remaining }) => [cost, remaining])).toEqual([
      [1, 9],
      [10, 0],
    ])
  })

  play('is refused as the least would be where less than that is there, and changes nothing', async ({ consume, left, wait }) => {
    const charges = [
      { limit: 'app', cost: 3, upTo: 9 },
      { limit: 'seller', cost: 3, upTo: 9 },
    ] as const
    await consume({ limit: 'seller', cost: 8 })
    const refused = await consume(...charges)
    expect(refused).toEqual(await consume(...charges.map(({ limit, cost }) => ({ limit, cost }))))
    expect(refused.limits.map(({ allowed, cost, retryAfterMs }) => [allowed, cost, retryAfterMs])).toEqual([
      [true, 3, 0],
      [false, 3, 100],
    ])
    expect(await left({ limit: 'app' })).toBe(10)
    await wait(100)
    expect((await consume(...charges)).limits[1]).toMatchObject({ allowed: true, cost: 3, remaining: 0 })
  })

  play('is refused as the least would be by a limit that pays its cost', async ({ consume, left }) => {
    await consume({ limit: 'requests', cost: 10 })
    const { allowed, limits } = await consume({ limit: 'requests' }, { limit: 'tokens', cost: 2, upTo: 50 })
    expect([allowed, ...limits.map(({ cost }) => cost)]).toEqual([false, 1, 2])
    expect(await left({ limit: 'tokens' })).toBe(10)
  })

  play('takes no less for a shadow limit, which pays only in full', async ({ consume, left }) => {
    const trial = { limit: 'trial', shadow: true, rule: tokenBucket({ capacity: 4, per: '1m' }) }
    expect((await consume({ limit: 'app', upTo: 6 }, { ...trial, upTo: 6 })).limits).toMatchObject([
      { cost: 6, allowed: true },
      { cost: 6, allowed: false },
    ])
    expect(await left(trial)).toBe(4)
    expect((await consume({ ...trial, upTo: 6 })).limits[0]).toMatchObject({ cost: 6, allowed: false })
  })

  play('takes nothing of a blocked key, and of one in debt', async ({ consume, hold, settle, store }) => {
    await settle(await hold({ key: 'bob', cost: 10 }), 15)
    expect((await consume({ key: 'bob', upTo: 5 })).limits[0]).toMatchObject({ allowed: false, cost: 1, retryAfterMs: 600 })
    const { limit } = (await hold({ cost: 0 })).entries[0]!
    await store.block(limit, 'ann', 2000)
    expect((await consume({ upTo: 5 })).limits[0]).toMatchObject({ allowed: false, cost: 1, retryAfterMs: 2000 })
  })

  play('takes what a bucket starts with, and what is left after the rule changed', async ({ consume }) => {
    expect((await consume({ initial: 3, upTo: 8 })).limits[0]).toMatchObject({ cost: 3, remaining: 0 })
    await consume({ key: 'bob', cost: 4 })
    const wider = tokenBucket({ capacity: 20, per: '1s' })
    expect((await consume({ key: 'bob', rule: wider, upTo: 30 })).limits[0]).toMatchObject({ cost: 16, remaining: 0 })
  })

  play('many at once take together what is there', async ({ call }) => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => call('consume', [{ upTo: 4 }])))
    expect(answers.map(({ allowed, limits }) => (allowed ? limits[0]!.cost : 0)).sort()).toEqual([0, 0, 0, 0, 0, 2, 4, 4])
  })
}
