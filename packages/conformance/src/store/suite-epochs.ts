/** Suite: a reservation returns units only while the rule of its bucket stays the same and it is not reset. */

import { type Hold, type Migrate, tokenBucket } from '@sluice/core'
import { guaranteedKind, ruleOf } from '@sluice/core/internal'
import { ask, type Scene, type Suite } from './scene.ts'

const slow = tokenBucket({ capacity: 100, per: '1h' })
const fast = tokenBucket({ capacity: 100, per: '1s' })
const half = tokenBucket({ capacity: 50, per: '1h' })
const { limit, key } = ask()

/** What may happen to a bucket under `slow` while a reservation is open, so that the bucket is under `slow` again. */
const changes: Readonly<Record<string, (scene: Scene) => Promise<unknown>>> = {
  'the rule changed and changed back': async ({ consume }) => {
    await consume({ rule: fast, cost: 0 })
    await consume({ rule: slow, cost: 0 })
  },
  'another rule filled the bucket, and was forgotten': async ({ consume, wait }) => {
    await consume({ rule: fast, cost: 1 })
    await wait(1020)
    await consume({ rule: slow, cost: 0 })
  },
  'the bucket was reset': async ({ store }) => store.reset(limit, key),
  'the bucket was reset twice, and blocked in between': async ({ store, consume, wait }) => {
    await store.reset(limit, key)
    await consume({ rule: slow, cost: 2 })
    await wait(1)
    await store.block(limit, key, 5000)
    await store.reset(limit, key)
  },
  'a change of the rule kept nothing': async ({ call, consume }) => {
    await call('consume', [{ rule: half, cost: 0 }], { migrate: 'reset' })
    await consume({ rule: slow, cost: 0 })
  },
  'a newer policy came with the same numbers after another rule': async ({ consume }) => {
    await consume({ rule: half, version: 1, cost: 0 })
    await consume({ rule: slow, version: 2, cost: 0 })
  },
}

export const endsEpochs: Suite = (play, expect) => {
  /** Takes all that is left under the rule at the end, as the latest policy version. */
  const drain = async ({ call, left }: Scene): Promise<number> => {
    const charge = { rule: slow, version: 2 }
    const units = await left(charge)
    return (await call('consume', [{ ...charge, cost: units }])).allowed ? units : 0
  }

  for (const [what, change] of Object.entries(changes)) {
    play(`open reservations add nothing where ${what}`, async (scene) => {
      const open: Hold[] = []
      for (let i = 0; i < 5; i++) {
        const rest = await scene.left({ rule: slow })
        if (rest > 0) open.push(await scene.hold({ rule: slow, cost: rest }))
        await change(scene)
      }
      let taken = 0
      for (const held of open) {
        taken += await drain(scene)
        await scene.settle(held, 0)
      }
      expect(taken + (await drain(scene)) <= 100).toBe(true)
    })

    play(`a reservation from after it returns what it did not use where ${what}`, async (scene) => {
      const charge = { rule: slow, version: 2 }
      await scene.hold({ rule: slow, cost: 10 })
      await change(scene)
      const before = await scene.left(charge)
      const held = await scene.hold({ ...charge, cost: 4 })
      await scene.settle(held, 1)
      expect(await scene.left(charge)).toBe(before - 1)
    })
  }

  play('a debt is charged whatever happened since', async ({ store, hold, consume, settle, left }) => {
    const held = await hold({ rule: slow, cost: 10 })
    await consume({ rule: half, cost: 0 })
    await settle(held, 15)
    expect(await left({ rule: half })).toBe(35)
    const other = await hold({ rule: half, cost: 10 })
    await store.reset(limit, key)
    await settle(other, 15)
    expect(await left({ rule: half })).toBe(45)
  })

  for (const migrate of ['keepUsed', 'keepRemaining', 'proportional'] as const satisfies Migrate[]) {
    play(
      `nothing returns after a change by ${migrate}, neither at once nor when the rule comes back`,
      async ({ hold, call, settle, left }) => {
        const [first, second] = [await hold({ rule: slow, cost: 40 }), await hold({ rule: slow, cost: 40 })]
        const { limits } = await call('consume', [{ rule: half, cost: 0 }], { migrate })
        await settle(first, 0)
        expect(await left({ rule: half })).toBe(limits[0]!.remaining)
        await call('consume', [{ rule: slow, cost: 0 }], { migrate })
        const before = await left({ rule: slow })
        await settle(second, 0)
        expect(await left({ rule: slow })).toBe(before)
      },
    )
  }

  play(
    'a block and a new version with the same numbers take nothing from a reservation',
    async ({ store, hold, consume, settle, left }) => {
      const held = await hold({ rule: slow, cost: 40 })
      await store.block(limit, key, 1000)
      await store.block(limit, key, 0)
      await consume({ rule: slow, version: 3, cost: 5 })
      await settle(held, 10)
      expect(await left({ rule: slow, version: 3 })).toBe(85)
    },
  )

  play('a bucket that was reset is as good as never used, also where it starts with less', async ({ store, consume, left, wait }) => {
    const cold = { rule: slow, initial: 20 }
    await consume({ ...cold, cost: 20 })
    await store.reset(limit, key)
    expect(await store.inspect(limit, key, ask(cold).terms)).toBe(null)
    await wait(60_000)
    expect(await left(cold)).toBe(20)
    await consume({ ...cold, cost: 5 })
    expect(await left(cold)).toBe(15)
  })

  play('a later stage under another rule that is refused returns what the earlier one holds', async ({ hold, call, left }) => {
    const held = await hold({ rule: slow, cost: 40 })
    expect((await call('reserve', [{ rule: half, cost: 60 }], { undo: [held] })).allowed).toBe(false)
    expect(await left({ rule: half })).toBe(50)
  })

  play(
    'a refused later stage changes nothing of a bucket that an earlier one holds, and keeps what it changes of others',
    async (scene) => {
      const { store, hold, consume, call, settle, left } = scene
      await consume({ rule: slow, cost: 10 })
      const [held, other] = [await hold({ rule: slow, cost: 40 }), await hold({ rule: slow, cost: 20 })]
      await settle(other, 15)
      const stage = [
        { rule: half, cost: 60 },
        { limit: 'cold', rule: slow, initial: 20 },
      ]
      expect((await call('reserve', stage, { undo: [other] })).allowed).toBe(false)
      expect(await store.inspect(limit, key, null)).toMatchObject({ capacity: 100, remaining: 35 })
      expect((await call('reserve', stage, { undo: [held, other] })).allowed).toBe(false)
      expect(await store.inspect(limit, key, null)).toMatchObject({ capacity: 100, remaining: 75 })
      await scene.wait(36_000)
      expect(await left({ limit: 'cold', rule: slow, initial: 20 })).toBe(21)
    },
  )

  play(
    'a guaranteed share that was reset gets nothing back of what it was charged before',
    async ({ store, hold, consume, settle, peek }) => {
      const whole = tokenBucket({ capacity: 10, per: '1s', mode: 'interval' })
      const share = ruleOf(guaranteedKind, { capacity: 5, refill: 5, perMs: 1000, scale: 1, periodUs: 1_000_000 })
      const both = (cost: number) => [
        { limit: 'app', rule: whole, cost },
        { limit: 'seller', key: 'x', rule: share, parent: 'app', cost },
      ]
      const held = await hold(...(both(3) as [object, object]))
      await store.reset(ask({ limit: 'seller', parent: 'app' }).limit, 'x')
      await consume(...both(4))
      await settle(held, 0, 0)
      expect((await peek(...both(0))).limits.map(({ remaining }) => remaining)).toEqual([6, 1])
    },
  )
}
