/** Suite: all limits of a call pay, or none does. */
import { tokenBucket } from '@sluice/core'
import type { Suite } from './scene.ts'

const two = tokenBucket({ capacity: 2, per: '1m' })

export const decidesAtomically: Suite = (play, expect) => {
  for (const [place, order] of [
    ['first', [0, 1, 2]],
    ['in the middle', [1, 0, 2]],
    ['last', [1, 2, 0]],
  ] as const) {
    play(`charges no limit when the one that refuses stands ${place}`, async ({ consume, peek, wait }) => {
      const all = [{ limit: 'narrow', rule: two, cost: 3 - 1 }, { limit: 'app' }, { limit: 'seller', cost: 2 }]
      const charges = order.map((at) => all[at]!)
      expect((await consume(...charges)).allowed).toBe(true)
      const before = await peek(...charges)
      const refused = await consume(...charges)
      expect(refused.allowed).toBe(false)
      expect(refused.limits.map(({ name, allowed }) => [name, allowed])).toEqual(charges.map(({ limit }) => [limit, limit !== 'narrow']))
      expect(await peek(...charges)).toEqual(before)
      await wait(60_000)
      expect((await consume(...charges)).allowed).toBe(true)
    })
  }

  play('reports every limit as it stands, with the wait of each', async ({ consume }) => {
    await consume({ limit: 'app', cost: 9 }, { limit: 'narrow', rule: two, cost: 2 })
    const { limits } = await consume({ limit: 'app', cost: 5 }, { limit: 'narrow', rule: two })
    expect(limits.map(({ allowed, remaining, retryAfterMs }) => [allowed, remaining, retryAfterMs])).toEqual([
      [false, 1, 400],
      [false, 0, 30_000],
    ])
  })

  play('a cost of its own for each limit', async ({ consume }) => {
    const { limits } = await consume({ limit: 'requests', cost: 1 }, { limit: 'tokens', cost: 7 }, { limit: 'free', cost: 0 })
    expect(limits.map(({ remaining }) => remaining)).toEqual([9, 3, 10])
  })

  play('an impossible cost in one limit charges no other', async ({ consume, left }) => {
    expect((await consume({ limit: 'app' }, { limit: 'tokens', cost: 11 })).allowed).toBe(false)
    expect(await left({ limit: 'app' })).toBe(10)
  })

  play('admits no more than the capacity to many at once', async ({ call, left }) => {
    const both = [{ limit: 'app' }, { limit: 'seller', rule: tokenBucket({ capacity: 7, per: '1h' }) }]
    const answers = await Promise.all(Array.from({ length: 40 }, () => call('consume', both)))
    expect(answers.filter(({ allowed }) => allowed).length).toBe(7)
    expect(await left({ limit: 'app' })).toBe(3)
  })

  play('a shadow limit is measured and never refuses', async ({ consume }) => {
    const shadowed = [{ limit: 'app' }, { limit: 'trial', rule: two, shadow: true }]
    const seen: unknown[] = []
    for (let i = 0; i < 3; i++) {
      const { allowed, limits } = await consume(...shadowed)
      seen.push([allowed, limits[1]!.allowed, limits[1]!.remaining])
    }
    expect(seen).toEqual([
      [true, true, 1],
      [true, true, 0],
      [true, false, 0],
    ])
  })

  play('a shadow limit alone never refuses either', async ({ consume }) => {
    const alone = { rule: two, shadow: true, cost: 2 }
    await consume(alone)
    const { allowed, limits } = await consume(alone)
    expect([allowed, limits[0]!.allowed, limits[0]!.retryAfterMs]).toEqual([true, false, 60_000])
  })

  play('a shadow limit pays only if the call is admitted, and only in full', async ({ consume, left }) => {
    const trial = { limit: 'trial', shadow: true }
    await consume({ limit: 'app', cost: 10 })
    await consume({ limit: 'app' }, trial)
    expect(await left(trial)).toBe(10)
    await consume({ ...trial, cost: 7 })
    expect((await consume({ ...trial, cost: 4 })).allowed).toBe(true)
    expect(await left(trial)).toBe(3)
  })

  play('a shadow limit that refuses is not part of what is reserved', async ({ consume, call, settle, left }) => {
    const trial = { limit: 'trial', shadow: true, cost: 6 }
    await consume(trial)
    const { hold } = await call('reserve', [{ limit: 'app' }, trial])
    expect(hold!.entries.map(({ limit, units }) => [limit.name, units])).toEqual([['app', 1]])
    await settle(hold!, 0)
    expect(await left(trial)).toBe(4)
  })
}
