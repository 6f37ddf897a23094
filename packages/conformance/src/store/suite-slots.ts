/** Suite: what happens at the same time: slots that are held until they are given back or their lease expires. */
import { concurrency, tokenBucket } from '@sluice/core'
import { ask, type PartialCharge, type Suite } from './scene.ts'

const two: PartialCharge = { limit: 'slots', rule: concurrency({ capacity: 2, lease: '10s' }) }
const one: PartialCharge = { limit: 'slots', rule: concurrency({ capacity: 1, lease: '10s' }) }
const rate: PartialCharge = { limit: 'rate', rule: tokenBucket({ capacity: 1, per: '1h' }) }
const { limit, terms } = ask(one)

export const holdsSlots: Suite = (play, expect) => {
  play('admits as many at once as there are slots, and the next when one is given back', async ({ hold, call, settle, left }) => {
    const held = [await hold(two), await hold(two)]
    expect((await call('reserve', [two])).allowed).toBe(false)
    expect(await settle(held[0]!, 1)).toEqual({ first: true, excess: [0] })
    expect(await left(two)).toBe(1)
    await settle(held[1]!, 0)
    expect(await left(two)).toBe(2)
  })

  play('counts every key and every limit by itself', async ({ hold, left }) => {
    await hold(one)
    await hold({ ...one, key: 'bob' })
    expect([await left(one), await left({ ...one, limit: 'other' })]).toEqual([0, 1])
  })

  play('takes none for a look, for a consumption, or where the request holds one', async ({ peek, call, left }) => {
    await peek(one)
    await call('consume', [one])
    const { hold } = await call('reserve', [{ ...one, cost: 0 }])
    expect(hold!.entries).toEqual([])
    expect(await left(one)).toBe(1)
  })

  play('guesses when a slot comes free, and says that it is a guess', async ({ hold, peek, wait }) => {
    await hold(one)
    const guess = { allowed: false, estimated: true, near: true, remaining: 0, retryAfterMs: 1000, replenishAfterMs: 1000 }
    expect((await peek(one)).limits[0]).toMatchObject({ ...guess, resetAfterMs: 10_000 })
    await wait(9600)
    expect((await peek(one)).limits[0]).toMatchObject({ ...guess, retryAfterMs: 400, replenishAfterMs: 400, resetAfterMs: 400 })
    await wait(400)
    const free = { allowed: true, near: false, remaining: 1, retryAfterMs: 0, replenishAfterMs: 0, resetAfterMs: 0 }
    expect((await peek(one)).limits[0]).toMatchObject(free)
  })

  play('gives back the slot of who never came, when the lease expires', async ({ hold, wait, left, call }) => {
    await hold(one)
    await wait(9999.999)
    expect((await call('reserve', [one])).allowed).toBe(false)
    await wait(0.001)
    expect(await left(one)).toBe(1)
    await hold(one)
  })

  play('prolongs a lease from now on, as often as it is asked to', async ({ hold, store, wait, left }) => {
    const held = await hold(one)
    for (let i = 0; i < 3; i++) {
      await wait(9000)
      expect(await store.renew(held)).toBe(true)
    }
    await wait(9999)
    expect(await left(one)).toBe(0)
    await wait(1)
    expect([await left(one), await store.renew(held)]).toEqual([1, false])
  })

  play('prolongs nothing of what was settled', async ({ hold, store, settle, left }) => {
    const [slots, both] = [await hold(two), await hold(two, rate)]
    for (const held of [slots, both]) await settle(held, 1, 1)
    expect([await store.renew(slots), await store.renew(both), await left(two)]).toEqual([false, false, 2])
  })

  play('gives no other holder’s slot back, however often and late one is settled', async ({ hold, settle, wait, left }) => {
    const settled = await hold(one)
    await settle(settled, 1)
    const late = await hold(one)
    await settle(settled, 1)
    expect(await left(one)).toBe(0)
    await wait(10_000)
    await hold(one)
    await settle(late, 1)
    expect(await left(one)).toBe(0)
  })

  play('makes no lease longer than it is when the clock steps back', async ({ hold, wait, left }) => {
    await wait(3_600_000)
    await hold(two)
    await wait(-3_600_000)
    await hold(two)
    expect(await left(two)).toBe(0)
    await wait(10_000)
    expect(await left(two)).toBe(2)
  })

  play('takes a slot and units together, or neither', async ({ hold, call, settle, left }) => {
    const held = await hold(rate, one)
    await settle(held, 0, 0)
    const other = await hold(one)
    expect((await call('reserve', [rate, one])).allowed).toBe(false)
    expect(await left(rate)).toBe(1)
    await settle(other, 1)
    await hold(rate)
    expect((await call('reserve', [one, rate])).allowed).toBe(false)
    expect(await left(one)).toBe(1)
  })

  play('settles the units of a hold and frees its slot, in any order of them', async ({ hold, settle, left }) => {
    const dear: PartialCharge = { limit: 'dear', cost: 6 }
    expect(await settle(await hold(dear, one), 2, 1)).toEqual({ first: true, excess: [0, 0] })
    expect(await settle(await hold(one, dear), 1, 30)).toEqual({ first: true, excess: [0, 12] })
    expect([await left(one), await left({ limit: 'dear' })]).toEqual([1, 0])
  })

  play('gives the slot of an earlier stage back where a later one refuses', async ({ hold, call, settle, left }) => {
    await hold(rate)
    const first = await hold(one)
    const second = await call('reserve', [{ ...one, cost: 0 }, rate], { undo: [first] })
    expect([second.allowed, second.hold]).toEqual([false, null])
    expect(second.limits).toMatchObject([
      { name: 'slots', cost: 1, allowed: true, remaining: 1 },
      { name: 'rate', allowed: false },
    ])
    expect(second.undone).toMatchObject([{ name: 'slots', allowed: true, cost: 1, remaining: 1 }])
    expect([await left(one), (await settle(first, 1)).first]).toEqual([1, false])
  })

  play('gives an earlier stage of a slot and units back together', async ({ hold, call, left }) => {
    await hold(rate)
    const first = await hold({ limit: 'dear', cost: 6 }, one)
    const second = await call('reserve', [rate], { undo: [first] })
    expect(second.undone.map(({ name, remaining }) => [name, remaining])).toEqual([
      ['dear', 10],
      ['slots', 1],
    ])
    expect([await left(one), await left({ limit: 'dear' })]).toEqual([1, 10])
  })

  play('a shadow refuses no call, and holds a slot only where there is one', async ({ hold, settle, left }) => {
    const shadow = { ...one, shadow: true }
    const [first, second] = [await hold(shadow), await hold(shadow)]
    expect(second.entries).toEqual([])
    await settle(second)
    expect(await left(one)).toBe(0)
    await settle(first, 1)
    expect(await left(one)).toBe(1)
  })

  play('fewer slots end no call and admit none', async ({ hold, call, settle, left }) => {
    const held = [await hold(two), await hold(two)]
    expect(await left(one)).toBe(0)
    await settle(held[0]!, 1)
    expect((await call('reserve', [one])).allowed).toBe(false)
    await settle(held[1]!, 1)
    await hold(one)
  })

  play('who comes with an older policy is decided by that under which slots are held', async ({ hold, peek, settle }) => {
    const held = await hold({ ...one, version: 2 })
    expect((await peek({ ...two, version: 1 })).limits).toMatchObject([{ allowed: false, capacity: 1 }])
    await settle(held, 1)
    expect((await peek({ ...two, version: 1 })).limits).toMatchObject([{ allowed: true, capacity: 2 }])
  })

  play('shows operators what is held, and nothing where nothing is', async ({ hold, store, settle }) => {
    expect([await store.inspect(limit, 'ann', terms), await store.inspect(limit, 'ann', null)]).toEqual([null, null])
    const held = await hold(one)
    const wanted = { name: 'slots', allowed: false, capacity: 1, cost: 1, remaining: 0, resetAfterMs: 10_000, estimated: true }
    expect(await store.inspect(limit, 'ann', terms)).toMatchObject(wanted)
    expect(await store.inspect(limit, 'ann', null)).toMatchObject(wanted)
    await settle(held, 1)
    expect(await store.inspect(limit, 'ann', terms)).toBe(null)
  })

  play('a reset frees all slots of a key, and a refund none', async ({ hold, store, refund, left }) => {
    const held = await hold(one)
    await hold({ ...one, key: 'bob' })
    await refund(one)
    expect(await left(one)).toBe(0)
    await store.reset(limit, 'ann')
    expect([await left(one), await left({ ...one, key: 'bob' }), await store.renew(held)]).toEqual([1, 0, false])
  })

  play('a blocked key gets no slot, whatever is free, and keeps those it has', async ({ hold, store, call, settle, left }) => {
    const held = await hold(two)
    await store.block(limit, 'ann', 60_000)
    expect((await call('reserve', [two])).limits).toMatchObject([{ allowed: false, remaining: 0, retryAfterMs: 60_000 }])
    expect(await store.inspect(limit, 'ann', terms)).toMatchObject({ allowed: false, remaining: 0 })
    await store.block(limit, 'ann', 0)
    expect(await left(two)).toBe(1)
    await settle(held, 1)
    expect(await left(two)).toBe(2)
  })
}
