/** Suite: a request that is guarded in stages gives its earlier charges back where a later stage refuses. */
import { tokenBucket } from '@sluice/core'
import type { Suite } from './scene.ts'

const two = tokenBucket({ capacity: 2, per: '1m' })

export const givesStagesBack: Suite = (play, expect) => {
  play('keeps the first stage charged where the second is admitted', async ({ hold, call, left }) => {
    const first = await hold({ limit: 'ip' })
    const second = await call('reserve', [{ limit: 'user', rule: two }], { undo: [first] })
    expect([second.allowed, second.undone]).toEqual([true, []])
    expect([await left({ limit: 'ip' }), await left({ limit: 'user', rule: two })]).toEqual([9, 1])
  })

  play('returns the first stage where the second is refused, and reports how it stands then', async ({ hold, consume, call, left }) => {
    await consume({ limit: 'user', rule: two, cost: 2 })
    const first = await hold({ limit: 'ip', cost: 3 })
    const second = await call('reserve', [{ limit: 'user', rule: two }], { undo: [first] })
    expect([second.allowed, second.hold]).toEqual([false, null])
    expect(second.limits).toMatchObject([{ name: 'user', allowed: false, remaining: 0, retryAfterMs: 30_000 }])
    expect(second.undone).toMatchObject([{ name: 'ip', allowed: true, cost: 3, remaining: 10, retryAfterMs: 0 }])
    expect(await left({ limit: 'ip' })).toBe(10)
  })

  play('returns several stages at once, and none of them twice', async ({ hold, consume, call, settle, left }) => {
    await consume({ limit: 'user', rule: two, cost: 2 })
    const stages = [await hold({ limit: 'ip', cost: 3 }), await hold({ limit: 'app', cost: 4 })]
    await settle(stages[0]!, 2)
    const refused = await call('consume', [{ limit: 'user', rule: two }], { undo: stages })
    expect(refused.undone.map(({ name, remaining }) => [name, remaining])).toEqual([['app', 10]])
    expect(await left({ limit: 'ip' })).toBe(8)
    expect((await settle(stages[1]!, 0)).first).toBe(false)
    await consume({ limit: 'app', cost: 5 })
    expect((await settle(stages[1]!, 0)).first).toBe(false)
    expect(await left({ limit: 'app' })).toBe(5)
  })

  play('a dearer stage on the same bucket is measured by the whole cost', async ({ hold, call, left, wait }) => {
    await hold({ cost: 2 })
    const first = await hold({ cost: 5 })
    const second = await call('reserve', [{ cost: 4 }], { undo: [first] })
    expect(second.allowed).toBe(false)
    expect(second.limits).toMatchObject([{ cost: 9, allowed: false, remaining: 8, retryAfterMs: 100 }])
    expect(await left()).toBe(8)
    await wait(100)
    expect((await call('reserve', [{ cost: 9 }])).allowed).toBe(true)
  })

  play('gives back no more of an earlier stage than time has left of it', async ({ hold, consume, call, wait, left }) => {
    const first = await hold({ limit: 'ip', cost: 4 })
    await wait(300)
    await consume({ limit: 'ip', cost: 9 })
    await call('consume', [{ limit: 'user', cost: 11 }], { undo: [first] })
    expect(await left({ limit: 'ip' })).toBe(1)
  })
}
