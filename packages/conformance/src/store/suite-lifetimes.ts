/** Suite: a hold with units can be settled for its lifetime, from its charge or its latest renewal. */
import { concurrency, tokenBucket } from '@sluice/core'
import type { PartialCharge, Suite } from './scene.ts'

/** Nothing comes back by time while a test runs. */
const slow: PartialCharge = { rule: tokenBucket({ capacity: 10, per: '366d' }) }
const slot: PartialCharge = { limit: 'slots', rule: concurrency({ capacity: 1, lease: '24h' }) }
const microsecond = 0.001

export const endsLifetimes: Suite = (play, expect) => {
  play('settles a hold until its lifetime ends', async ({ hold, settle, wait, left, handleLifetimeMs }) => {
    const held = await hold({ ...slow, cost: 6 })
    await wait(handleLifetimeMs)
    expect(await settle(held, 1)).toEqual({ first: true, excess: [0] })
    expect(await left(slow)).toBe(9)
  })

  for (const used of [0, 6, 9]) {
    play(`leaves 6 units as they are when ${used} are settled too late, and says so`, async (scene) => {
      const { hold, settle, wait, left, handleLifetimeMs } = scene
      const held = await hold({ ...slow, cost: 6 })
      await wait(handleLifetimeMs + microsecond)
      for (let again = 0; again < 2; again++) expect(await settle(held, used)).toEqual({ first: false, excess: [0], late: true })
      expect(await left(slow)).toBe(4)
    })
  }

  play('says of a second settlement in time that it is the second, and not that it is late', async ({ hold, settle, wait }) => {
    const held = await hold({ ...slow, cost: 6 })
    await settle(held, 1)
    await wait(1)
    expect(await settle(held, 0)).toEqual({ first: false, excess: [0] })
  })

  play('counts the lifetime from the latest renewal', async ({ hold, settle, store, wait, left, handleLifetimeMs }) => {
    const held = await hold({ ...slow, cost: 6 })
    for (let renewals = 0; renewals < 3; renewals++) {
      await wait(handleLifetimeMs)
      expect(await store.renew(held)).toBe(true)
    }
    await wait(handleLifetimeMs)
    expect((await settle(held, 1)).first).toBe(true)
    expect(await left(slow)).toBe(9)
  })

  play('renews no hold whose lifetime is over', async ({ hold, store, wait, handleLifetimeMs }) => {
    const held = await hold({ ...slow, cost: 6 })
    await wait(handleLifetimeMs + microsecond)
    expect(await store.renew(held)).toBe(false)
  })

  play('returns nothing of an earlier stage whose lifetime is over', async ({ hold, call, wait, left, handleLifetimeMs }) => {
    const [over, open] = [await hold({ ...slow, cost: 3 }), await hold({ ...slow, cost: 2 })]
    await wait(handleLifetimeMs)
    const renewed = await hold({ ...slow, cost: 1 })
    await wait(microsecond)
    const refused = await call('reserve', [{ ...slow, cost: 10 }], { undo: [over, open, renewed] })
    expect([refused.allowed, refused.undone.map(({ cost }) => cost)]).toEqual([false, [1]])
    expect(refused.limits).toMatchObject([{ cost: 11, remaining: 5 }])
    expect(await left(slow)).toBe(5)
  })
}

export const endsLifetimesBesideSlots: Suite = (play, expect) => {
  play('frees the slot of a hold that is settled too late', async ({ hold, settle, store, wait, left, handleLifetimeMs }) => {
    const held = await hold({ ...slow, cost: 6 }, slot)
    await wait(handleLifetimeMs + microsecond)
    expect([await left(slot), await store.renew(held)]).toEqual([0, false])
    expect(await settle(held, 1, 1)).toEqual({ first: false, excess: [0, 0], late: true })
    expect([await left(slow), await left(slot)]).toEqual([4, 1])
  })

  play('gives a hold of slots alone no lifetime, because its leases end', async ({ hold, settle, store, wait, left, handleLifetimeMs }) => {
    const held = await hold(slot)
    await wait(3 * handleLifetimeMs)
    expect(await store.renew(held)).toBe(true)
    await wait(3 * handleLifetimeMs)
    expect(await settle(held, 1)).toEqual({ first: true, excess: [0] })
    expect(await left(slot)).toBe(1)
  })

  play('settles a hold of nothing once, and never too late', async ({ call, settle, wait, handleLifetimeMs }) => {
    const { hold } = await call('reserve', [{ ...slot, cost: 0 }])
    await wait(2 * handleLifetimeMs)
    expect(await settle(hold!)).toEqual({ first: true, excess: [] })
    expect(await settle(hold!)).toEqual({ first: false, excess: [] })
  })
}
