import { describe, expect, test } from 'vitest'
import { api, app, platform, withActive } from '../../../test/platform.ts'
import { skip } from '../../key.ts'
import type { Limit } from '../../limit.ts'
import { createLimiter } from '../../limiter/limiter.ts'
import { memoryStore } from '../../memory/memory-store.ts'
import { surviveOutages } from '../../outage/outage.ts'
import { manualClock } from '../../testing/manual-clock.ts'
import { burstMax } from '../burst-max/burst-max.ts'
import { fixedWindow } from '../fixed-window/fixed-window.ts'
import { tokenBucket } from '../token-bucket/token-bucket.ts'
import { guaranteedShareOf } from './guaranteed-share.ts'

describe('a child that is only measured', () => {
  const shadow: Limit<string, 'sync'> = { ...app, shadow: true }

  test('is told as if it were enforced, and keeps nothing from anybody', () => {
    const { clock, ask, limiter } = platform([api, shadow])
    ask('a')
    ask('b')
    clock.advance('1s')
    expect(ask('a', 7)).toBe(7)
    expect(limiter.consume('a')).toMatchObject({ allowed: true, limits: [{}, { allowed: false, retryAfterMs: 1000 }] })
    expect(ask('a', 20)).toBe(2)
  })

  test('does not count among those that are enforced', () => {
    const trial: Limit<string, 'sync'> = { ...app, name: 'trial', shadow: true, by: (name) => `trial of ${name}` }
    const { clock, ask } = platform([api, app, trial])
    ask('a')
    clock.advance('1s')
    expect(ask('a', 20)).toBe(10)
  })
})

describe('the parent', () => {
  test('of a burst lends it to no child above its guarantee, so that the next period has enough for all', () => {
    const bursting: Limit<string, 'sync'> = { ...api, rule: burstMax({ refill: 10, per: '1s' }) }
    const { clock, ask, limiter } = platform([bursting, app])
    for (const name of ['a', 'b']) ask(name)
    for (let i = 0; i < 5; i++) {
      clock.advance('1s')
      expect([ask('a', 50), ask('b', 50)]).toEqual([7, 3])
      expect(limiter.peek('a')).toMatchObject({ refusedBy: ['app'], limits: [{ remaining: 10 }, {}] })
    }
    clock.advance('1s')
    expect(limiter.consume('a', { cost: 11 })).toMatchObject({ outcome: 'impossible', refusedBy: ['app'] })
  })

  test('that saves up lends what it has saved', () => {
    const saving: Limit<string, 'sync'> = { ...api, rule: tokenBucket({ capacity: 30, refill: 10, per: '1s', mode: 'interval' }) }
    const { clock, ask } = platform([saving, app])
    for (const name of ['a', 'b']) ask(name)
    clock.advance('1s')
    expect([ask('a', 50), ask('b', 50)]).toEqual([27, 3])
    clock.advance('1s')
    expect([ask('a', 50), ask('b', 50)]).toEqual([7, 3])
  })

  test('that shrinks takes the guarantees with it, at once for who asks and after a period for all', () => {
    let size = 10
    const { clock, ask } = platform([{ ...api, rule: () => fixedWindow({ capacity: size, per: '1s' }) }, app])
    for (const name of ['a', 'b', 'c']) ask(name)
    clock.advance('1s')
    size = 4
    expect([ask('b', 9), ask('c', 9), ask('a', 9)]).toEqual([1, 1, 2])
    size = 20
    clock.advance('1s')
    expect([ask('a', 99), ask('b', 99), ask('c', 99)]).toEqual([18, 2, 0])
    clock.advance('1s')
    expect([ask('a', 99), ask('b', 99), ask('c', 99)]).toEqual([8, 6, 6])
  })

  test('may change its period, which begins the count anew', () => {
    let per: '1s' | '2s' = '1s'
    const { clock, ask } = platform([{ ...api, rule: () => fixedWindow({ capacity: 10, per }) }, app])
    for (const name of ['a', 'b']) ask(name)
    clock.advance('1s')
    per = '2s'
    expect([ask('b'), ask('a', 20), ask('b', 20)]).toEqual([1, 7, 2])
  })

  test('is divided among processes while the store is away, guarantees and all', async () => {
    const clock = manualClock()
    const dead = { ...memoryStore(), sync: false, decide: () => Promise.reject(new Error('connection refused')) }
    const limiter = createLimiter<string>({
      store: surviveOutages(dead, { processes: 2, clock }),
      limits: [api, { ...app, rule: guaranteedShareOf(api, 0.4) }],
    })
    const ask = async (name: string, count: number): Promise<number> => {
      let admitted = 0
      for (let i = 0; i < count; i++) if ((await limiter.consume(name)).allowed) admitted++
      return admitted
    }
    await ask('a', 1)
    await ask('b', 1)
    clock.advance('1s')
    expect([await ask('a', 9), await ask('b', 9)]).toEqual([3, 2])
  })

  test('may be unenforced while the store is away: then its children are too', async () => {
    const clock = manualClock()
    const dead = { ...memoryStore(), sync: false, decide: () => Promise.reject(new Error('connection refused')) }
    const limiter = createLimiter<string>({
      store: surviveOutages(dead, { processes: 1, clock }),
      limits: [{ ...api, onOutage: 'allow' }, app],
    })
    for (let i = 0; i < 20; i++) expect((await limiter.consume('a')).allowed).toBe(true)
  })
})

describe('two limits that are guaranteed shares of one parent', () => {
  const gold: Limit<string, 'sync'> = {
    name: 'gold',
    by: (name) => (name.startsWith('gold') ? name : skip),
    rule: guaranteedShareOf(api, 0.5),
  }
  const free: Limit<string, 'sync'> = {
    name: 'free',
    by: (name) => (name.startsWith('gold') ? skip : name),
    rule: guaranteedShareOf(api, 0.1),
  }

  test('keep their parts from each other', () => {
    const { clock, ask } = platform([api, gold, free])
    for (const name of ['gold', 'free']) ask(name)
    clock.advance('1s')
    expect([ask('free', 20), ask('gold', 20)]).toEqual([5, 5])
  })

  test('both must admit a call that both apply to', () => {
    const partner: Limit<string, 'sync'> = { name: 'partner', by: () => 'p', rule: guaranteedShareOf(api, 0.2) }
    const { clock, limiter, ask } = platform([api, { ...free, by: (name) => name }, partner])
    ask('a')
    clock.advance('1s')
    ask('a')
    expect(limiter.consume('a')).toMatchObject({ allowed: true, limits: [{ remaining: 8 }, { remaining: 0 }, { remaining: 0 }] })
  })
})

describe('a store', () => {
  test('forgets who has not asked for two periods, and parents without children', () => {
    const { clock, ask, limiter } = platform(undefined, 8)
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) ask(name)
    clock.advance('2s')
    for (let i = 0; i < 20; i++) limiter.peek('x')
    for (const name of ['p', 'q', 'r', 's', 't']) expect(ask(name)).toBe(1)
    expect(limiter.inspect('app', 't')).toMatchObject({ remaining: 2 })
  })

  test('that is full lets strangers share one guarantee', () => {
    const { ask, limiter } = platform(undefined, 3)
    ask('a')
    expect([ask('x', 2), ask('y', 1)]).toEqual([2, 1])
    expect(limiter.peek('z').limits[1]).toMatchObject({ remaining: 0 })
    expect(limiter.peek('a').limits[1]).toMatchObject({ remaining: 2 })
  })

  test('that is made to forget a child keeps too much for it, for two periods and never beyond the capacity', () => {
    const { clock, ask, limiter } = withActive('a', 'b')
    ask('b')
    limiter.reset('app', 'b')
    expect([ask('b'), ask('a', 20), ask('b', 20)]).toEqual([1, 4, 2])
    clock.advance('1s')
    expect([ask('a', 20), ask('b', 20)]).toEqual([4, 3])
    clock.advance('1s')
    expect([ask('a', 20), ask('b', 20)]).toEqual([7, 3])
  })
})
