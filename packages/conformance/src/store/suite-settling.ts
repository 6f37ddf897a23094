/** Suite: reservations are charged at once and settled once, by what was used. */
import { burstMax, type CountingRule, fixedWindow, tokenBucket } from '@sluice/core'
import type { Suite } from './scene.ts'

/** Rules of ten units, of several kinds. */
const ofTen: Readonly<Record<string, CountingRule>> = {
  'a token bucket': tokenBucket({ capacity: 10, per: '1h' }),
  'a token bucket by interval': tokenBucket({ capacity: 10, per: '1h', mode: 'interval' }),
  'burst max': burstMax({ refill: 10, per: '1h', capacity: 10 }),
  'a fixed window': fixedWindow({ capacity: 10, per: '1h' }),
  'a window from the first call': fixedWindow({ capacity: 10, per: '1h', align: 'first' }),
}

export const settlesOnce: Suite = (play, expect) => {
  play('charges a reservation as a consumption, and keeps it charged where it is not settled', async ({ hold, left }) => {
    const held = await hold({ cost: 4 })
    expect(held.entries.map(({ limit, key, units }) => [limit.name, key, units])).toEqual([['user', 'ann', 4]])
    expect(await left()).toBe(6)
  })

  play('holds nothing where it was refused', async ({ call, left }) => {
    const { allowed, hold } = await call('reserve', [{ cost: 11 }])
    expect([allowed, hold]).toEqual([false, null])
    expect(await left()).toBe(10)
  })

  for (const [used, remaining] of [
    [0, 10],
    [1, 9],
    [4, 6],
    [6, 4],
    [10, 0],
    [25, 0],
  ] as const) {
    play(`replaces 4 units by the ${used} that were used`, async ({ hold, settle, left }) => {
      const { first } = await settle(await hold({ cost: 4 }), used)
      expect(first).toBe(true)
      expect(await left()).toBe(remaining)
    })
  }

  for (const [name, rule] of Object.entries(ofTen)) {
    play(
      `gives back no more than was used, by a refund and a settlement together: ${name}`,
      async ({ hold, refund, settle, consume, left }) => {
        const held = await hold({ rule, cost: 6 })
        await consume({ rule, cost: 2 })
        await refund({ rule, cost: 6 })
        await settle(held, 0)
        expect(await left({ rule })).toBe(10)
        expect((await consume({ rule, cost: 10 })).allowed).toBe(true)
        expect((await consume({ rule })).allowed).toBe(false)
      },
    )
  }

  play('settles each limit by its own truth', async ({ hold, settle, left }) => {
    const held = await hold({ limit: 'requests', cost: 1 }, { limit: 'tokens', cost: 8 })
    await settle(held, 1, 3)
    expect([await left({ limit: 'requests' }), await left({ limit: 'tokens' })]).toEqual([9, 7])
  })

  play('counts the first settlement alone, and says so of later ones', async ({ hold, settle, left }) => {
    const held = await hold({ cost: 6 })
    const other = await hold({ cost: 4 })
    expect((await settle(held, 2)).first).toBe(true)
    expect(await settle(held, 0)).toEqual({ first: false, excess: [0] })
    expect((await settle(other, 4)).first).toBe(true)
    expect((await settle(other, 0)).first).toBe(false)
    expect(await left()).toBe(4)
  })

  play('gives back what time has not given back already', async ({ hold, consume, settle, wait, left }) => {
    const held = await hold({ cost: 6 })
    await wait(250)
    await consume({ cost: 5 })
    await settle(held, 0)
    // 6 - 2.5 came back by time, 3.5 now.
    expect(await left()).toBe(5)
    await wait(50)
    expect(await left()).toBe(5)
    await wait(100)
    expect(await left()).toBe(6)
  })

  play('gives nothing back of what time has repaid', async ({ hold, consume, settle, wait, left }) => {
    const held = await hold({ cost: 5 })
    await wait(500)
    await consume({ cost: 10 })
    await settle(held, 0)
    expect(await left()).toBe(0)
  })

  play('gives back an interval until the period ends', async ({ hold, consume, settle, wait, left }) => {
    const rule = tokenBucket({ capacity: 5, per: '1s', mode: 'interval' })
    const [early, late] = [await hold({ rule, cost: 2 }), await hold({ rule, cost: 3 })]
    await wait(999)
    await settle(early, 0)
    expect(await left({ rule })).toBe(2)
    await wait(1)
    await consume({ rule, cost: 5 })
    await settle(late, 0)
    expect(await left({ rule })).toBe(0)
  })

  play('gives nothing back to a bucket that is not there', async ({ hold, settle, store, wait, left }) => {
    const held = await hold({ cost: 5 })
    await store.reset(held.entries[0]!.limit, 'ann')
    expect((await settle(held, 0)).first).toBe(true)
    expect(await left()).toBe(10)
    const late = await hold({ cost: 5 })
    await wait(60_000)
    await settle(late, 0)
    expect(await left()).toBe(10)
  })

  play('owes at most the capacity again, and reports what it could not charge', async ({ hold, settle, consume, wait }) => {
    const held = await hold({ cost: 10 })
    expect(await settle(held, 26)).toEqual({ first: true, excess: [6] })
    expect((await consume()).limits[0]).toMatchObject({ allowed: false, remaining: 0, retryAfterMs: 1100, resetAfterMs: 2000 })
    await wait(1099)
    expect((await consume()).allowed).toBe(false)
    await wait(1)
    expect((await consume()).allowed).toBe(true)
  })

  play('charges a debt where the bucket was forgotten', async ({ hold, settle, wait, left }) => {
    const held = await hold({ cost: 1 })
    await wait(60_000)
    await settle(held, 4)
    expect(await left()).toBe(7)
  })

  play('with debit after, checks at once and charges what is settled', async ({ hold, settle, left, call }) => {
    const after = { debit: 'after', cost: 6 } as const
    const held = [await hold(after), await hold(after)]
    expect(await left()).toBe(10)
    expect(held[0]!.entries[0]!.units).toBe(0)
    await settle(held[0]!, 6)
    expect(await left()).toBe(4)
    expect((await call('reserve', [after])).allowed).toBe(false)
    expect(await settle(held[1]!, 6)).toEqual({ first: true, excess: [0] })
    expect(await left()).toBe(0)
  })

  play('gives everything back when the clock stepped back since', async ({ hold, settle, wait, left }) => {
    await wait(10_000)
    const held = await hold({ cost: 6 })
    await wait(-500)
    await settle(held, 0)
    expect(await left()).toBe(10)
  })

  play(
    'counts what time has given back by the time of the bucket, which a step back leaves ahead',
    async ({ hold, consume, settle, wait, left }) => {
      const held = await hold({ cost: 6 })
      await wait(400)
      await consume({ cost: 8 })
      await wait(-300)
      await settle(held, 0)
      expect(await left()).toBe(2)
    },
  )

  play(
    'gives nothing back once the clock went back further than the bucket takes to fill',
    async ({ hold, consume, settle, wait, left }) => {
      await wait(3_600_000)
      const held = await hold({ cost: 10 })
      await wait(-3_600_000)
      await consume()
      await wait(1000)
      await consume({ cost: 10 })
      await settle(held, 0)
      expect(await left()).toBe(0)
    },
  )
}
