/** Suite: what time brings back, to the microsecond, over long periods, and with clocks that step back. */
import { tokenBucket } from '@sluice/core'
import type { Suite } from './scene.ts'

const waits = [
  ['a unit every 100 ms', tokenBucket({ capacity: 10, per: '1s' }), 3, 300],
  ['a third of a unit in a millisecond', tokenBucket({ capacity: 5, refill: 1, per: '3ms' }), 4, 12],
  ['many units in a millisecond', tokenBucket({ capacity: 5, refill: 5, per: '1ms' }), 2, 0.4],
  ['a unit in less than a microsecond', tokenBucket({ capacity: 9000, refill: 3000, per: '1ms' }), 4000, 1.334],
  ['997 units an hour', tokenBucket({ capacity: 10, refill: 997, per: '1h' }), 1, 3610.833],
  ['a period of 30 days', tokenBucket({ capacity: 3, per: '30d' }), 1, 10 * 86_400_000],
  ['a period of 366 days', tokenBucket({ capacity: 2, refill: 1, per: '366d' }), 2, 732 * 86_400_000],
  ['an interval of a minute', tokenBucket({ capacity: 10, refill: 5, per: '1m', mode: 'interval' }), 6, 120_000],
  ['an interval of two days', tokenBucket({ capacity: 4, refill: 2, per: '2d', mode: 'interval' }), 4, 4 * 86_400_000],
] as const

export const keepsTime: Suite = (play, expect) => {
  for (const [what, rule, cost, ms] of waits) {
    play(`refuses until the wait is over and admits then: ${what}`, async ({ consume, wait }) => {
      await consume({ rule, cost: rule.capacity })
      expect((await consume({ rule, cost })).limits[0]!.retryAfterMs).toBe(Math.ceil(ms))
      await wait(ms - 0.001)
      expect((await consume({ rule, cost })).allowed).toBe(false)
      await wait(0.001)
      expect((await consume({ rule, cost })).allowed).toBe(true)
    })
  }

  play('says when the next unit comes, and when the bucket is full', async ({ consume, wait, peek }) => {
    await consume({ cost: 4 })
    await wait(30)
    expect((await peek({ cost: 1 })).limits[0]).toMatchObject({ remaining: 6, replenishAfterMs: 70, resetAfterMs: 370 })
    await wait(369.999)
    expect((await peek({ cost: 1 })).limits[0]).toMatchObject({ remaining: 9, replenishAfterMs: 1, resetAfterMs: 1 })
    await wait(0.001)
    expect((await peek({ cost: 1 })).limits[0]).toMatchObject({ remaining: 10, replenishAfterMs: 0, resetAfterMs: 0 })
  })

  play('loses no fraction of a unit between calls', async ({ consume, wait }) => {
    const rule = tokenBucket({ capacity: 10, refill: 3, per: '10ms' })
    await consume({ rule, cost: 10 })
    let admitted = 0
    for (let i = 0; i < 100; i++) {
      await wait(1)
      if ((await consume({ rule })).allowed) admitted++
    }
    expect(admitted).toBe(30)
  })

  play('keeps no more than the capacity, however long no call came', async ({ consume, wait, left }) => {
    await consume({ cost: 6 })
    await wait(400 * 86_400_000)
    expect(await left()).toBe(10)
    await consume({ cost: 10 })
    expect(await left()).toBe(0)
  })

  play('a step back of the clock credits nothing', async ({ consume, wait, left }) => {
    await wait(5000)
    await consume({ cost: 10 })
    await wait(-400)
    expect(await left()).toBe(0)
    await wait(400)
    expect(await left()).toBe(0)
    await wait(100)
    expect(await left()).toBe(1)
  })

  play('a step back of the clock blocks no key for longer than the bucket takes to fill', async ({ consume, wait, left }) => {
    await wait(3_600_000)
    await consume({ cost: 5 })
    await wait(-3_600_000)
    expect((await consume({ cost: 6 })).limits[0]).toMatchObject({ allowed: false, remaining: 5, retryAfterMs: 100 })
    await wait(100)
    expect((await consume({ cost: 6 })).allowed).toBe(true)
    expect(await left()).toBe(0)
  })
}
