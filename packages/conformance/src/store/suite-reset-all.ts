/** Suites: resetting every key of a limit at once. */
import { type Ban, concurrency, type Hold, tokenBucket } from '@sluice/core'
import { banTerms } from '@sluice/core/internal'
import { ask, foreverMs, type Suite } from './scene.ts'

const { limit, key, terms } = ask()

export const resetsAllKeys: Suite = (play, expect) => {
  play('forgets all buckets of one limit together with their blocks, and no other limit', async ({ store, consume, left }) => {
    for (const who of ['ann', 'bob', 'cid']) {
      await consume({ key: who, cost: 10 })
      await consume({ limit: 'app', key: who, cost: 4 })
    }
    await store.block(limit, 'bob', 60_000)
    await store.block(limit, 'dan', foreverMs)
    await store.resetAll(limit)
    for (const who of ['ann', 'bob', 'cid', 'dan']) {
      expect(await store.inspect(limit, who, terms)).toBe(null)
      expect((await consume({ key: who, cost: 4 })).limits[0]).toMatchObject({ allowed: true, remaining: 6 })
    }
    expect(await store.blocked(limit, 5)).toEqual([])
    expect([await left({ limit: 'app' }), await left({ limit: 'app', key: 'cid' })]).toEqual([6, 6])
  })

  play('forgets all strikes and bans of a limit', async ({ store }) => {
    const banning = { ...limit, ban: banTerms({ after: 2, within: '1h', for: '1m' }, limit.name) }
    const strike = async (): Promise<Ban | null> => store.strike(banning, key)
    expect([await strike(), await strike()]).toEqual([null, { level: 1, durationMs: 60_000 }])
    await store.resetAll(banning)
    expect([await strike(), await strike()]).toEqual([null, { level: 1, durationMs: 60_000 }])
    await store.resetAll(banning)
    expect([await strike(), await store.resetAll(banning), await strike()]).toEqual([null, undefined, null])
  })

  play('counts, blocks and settles afresh after each of several resets', async ({ store, consume, hold, settle, left, wait }) => {
    for (let i = 1; i <= 4; i++) {
      const held = await hold({ cost: 3 })
      await store.resetAll(limit)
      await settle(held, 0)
      const other = await hold({ cost: 2 })
      await settle(other, 1)
      expect(await left()).toBe(9)
      await store.block(limit, key, 100)
      expect((await consume()).limits[0]).toMatchObject({ allowed: false, blockedForMs: 100 })
      await wait(150)
    }
    const owing = await hold({ cost: 2 })
    await store.resetAll(limit)
    await settle(owing, 6)
    expect(await left()).toBe(6)
    await wait(400)
    expect(await store.inspect(limit, key, terms)).toBe(null)
  })

  play(
    'open reservations add nothing across resets, and later ones return what they did not use',
    async ({ store, hold, settle, consume, left }) => {
      const slow = { rule: tokenBucket({ capacity: 100, per: '1h' }) }
      const open: Hold[] = []
      for (let i = 0; i < 5; i++) {
        open.push(await hold({ ...slow, cost: 100 }))
        await store.resetAll(limit)
      }
      let taken = 0
      for (const held of open) {
        const units = await left(slow)
        if ((await consume({ ...slow, cost: units })).allowed) taken += units
        await settle(held, 0)
      }
      expect([taken, await left(slow)]).toEqual([100, 0])
      await store.resetAll(limit)
      await settle(await hold({ ...slow, cost: 40 }), 10)
      expect(await left(slow)).toBe(90)
    },
  )
}

export const freesAllSlots: Suite = (play, expect) => {
  play('frees all slots of a limit, and an older holder neither renews nor frees one that was taken since', async (scene) => {
    const { store, hold, settle, call } = scene
    const slots = { limit: 'slots', rule: concurrency({ capacity: 1 }) }
    const [ann] = [await hold({ ...slots, key: 'ann' }), await hold({ ...slots, key: 'bob' })]
    await store.resetAll(ask(slots).limit)
    expect(await store.inspect(ask(slots).limit, 'bob', ask(slots).terms)).toBe(null)
    expect(await store.renew(ann)).toBe(false)
    for (const who of ['ann', 'bob']) await hold({ ...slots, key: who })
    await settle(ann, 0)
    expect(await store.inspect(ask(slots).limit, 'ann', null)).toMatchObject({ remaining: 0, capacity: 1 })
    expect((await call('reserve', [{ ...slots, key: 'ann' }])).allowed).toBe(false)
  })
}
