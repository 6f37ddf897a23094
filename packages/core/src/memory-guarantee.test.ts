import { describe, expect, test } from 'vitest'
import { burstMax } from './burst-max-rule.ts'
import { fixedWindow } from './fixed-window-rule.ts'
import type { Limit } from './limit.ts'
import { createLimiter } from './limiter.ts'
import type { SyncLimiter } from './limiter-contract.ts'
import { type MemoryStore, memoryStore } from './memory-store.ts'
import { surviveOutages } from './outage.ts'
import { shareOf } from './share.ts'
import { type ManualClock, manualClock } from './testing/manual-clock.ts'
import { tokenBucket } from './token-bucket-rule.ts'

const ten = fixedWindow({ capacity: 10, per: '1s' })
const api: Limit<string, 'sync'> = { name: 'api', by: () => 'search', rule: ten }
const app: Limit<string, 'sync'> = { name: 'app', by: (name) => name, rule: shareOf(api, 0.3, { guaranteed: true }) }

interface Platform {
  readonly clock: ManualClock
  readonly store: MemoryStore
  readonly limiter: SyncLimiter<string>
  /** Whether each of so many calls of an application is admitted. */
  ask(name: string, count?: number): number
}

function platform(limits: readonly Limit<string, 'sync'>[] = [api, app], maxBuckets?: number): Platform {
  const clock = manualClock()
  const store = memoryStore({ clock, maxBuckets })
  const limiter = createLimiter<string>({ store, limits })
  const ask = (name: string, count = 1): number => Array.from({ length: count }, () => limiter.consume(name).allowed).filter(Boolean).length
  return { clock, store, limiter, ask }
}

/** Ten a second of which three are guaranteed to each application; so many have just asked. */
function present(...names: string[]): Platform {
  const made = platform()
  for (const name of names) made.ask(name)
  made.clock.advance('1s')
  return made
}

describe('a guaranteed share', () => {
  test('is had at any time, whoever was there first', () => {
    const { ask } = present('a', 'b')
    expect([ask('a', 20), ask('b', 20)]).toEqual([7, 3])
  })

  test('is kept from the moment that somebody asks, even in vain', () => {
    const { ask, clock } = platform()
    expect([ask('a', 20), ask('b')]).toEqual([10, 0])
    clock.advance('1s')
    expect([ask('a', 20), ask('b', 20)]).toEqual([7, 3])
  })

  test('is kept for the next period, and not for the one after it', () => {
    const { ask, clock } = present('a', 'b')
    clock.advance('1s')
    expect(ask('a', 20)).toBe(10)
  })

  test('makes room for a third as soon as it is there', () => {
    const { ask, clock } = present('a', 'b')
    expect([ask('c'), ask('a', 20), ask('b', 20), ask('c', 20)]).toEqual([1, 4, 3, 2])
    clock.advance('1s')
    expect([ask('a', 20), ask('b', 20), ask('c', 20)]).toEqual([4, 3, 3])
  })

  test('shows the guarantee and what is left of it, and nothing of the parent', () => {
    const { ask, limiter } = present('a', 'b')
    expect(limiter.peek('a').limits[1]).toMatchObject({ capacity: 3, remaining: 3, near: false, resetAfterMs: 0, parent: 'api' })
    ask('a', 2)
    expect(limiter.peek('a').limits[1]).toMatchObject({ remaining: 1, near: false, replenishAfterMs: 1000, resetAfterMs: 1000 })
    ask('a', 4)
    expect(limiter.peek('a').limits[1]).toMatchObject({ allowed: true, remaining: 0, near: true })
    expect(limiter.inspect('app', 'a')).toMatchObject({ allowed: false, remaining: 0, capacity: 3, retryAfterMs: 1000 })
    expect(limiter.inspect('app', 'nobody')).toBeNull()
  })

  test('costs what its parent costs', () => {
    const { limiter } = platform([{ ...api, cost: 4 }, app])
    expect(limiter.consume('a', { cost: 9 }).limits.map(({ cost, remaining }) => [cost, remaining])).toEqual([
      [4, 6],
      [4, 0],
    ])
  })

  test('limits nothing where its parent does not apply', () => {
    const { limiter } = platform([{ ...api, by: (name) => (name === 'internal' ? null : 'search') }, app])
    for (let i = 0; i < 20; i++) expect(limiter.consume('internal')).toMatchObject({ allowed: true, limits: [] })
  })

  test('leaves peeks, refusals of others and costs of 0 without a trace', () => {
    const blocked: Limit<string, 'sync'> = { name: 'blocked', by: (name) => name, rule: ten }
    const { ask, limiter } = platform([api, app, blocked])
    limiter.peek('b')
    limiter.consume('b', { cost: 0 })
    limiter.block('app', 'b', '5s')
    limiter.consume('b')
    expect(ask('a', 20)).toBe(10)
  })

  test('is no reason to refuse what its parent refuses anyway', () => {
    const { limiter, ask } = platform()
    ask('a', 10)
    expect(limiter.consume('b')).toMatchObject({ refusedBy: ['api'], retryAfterMs: 1000, limits: [{ allowed: false }, { allowed: true }] })
  })
})

describe('a refused call', () => {
  test('may come again with the next period, up to its guarantee', () => {
    const { clock, limiter, ask } = present('a', 'b')
    clock.advance('300ms')
    ask('a', 7)
    expect(limiter.consume('a')).toMatchObject({ refusedBy: ['app'], retryAfterMs: 700 })
    clock.advance('699ms')
    expect(limiter.peek('a').allowed).toBe(false)
    clock.advance('1ms')
    expect(limiter.peek('a').allowed).toBe(true)
  })

  test('for more than that waits until the others have not asked for a period', () => {
    const { clock, limiter, ask } = present('a', 'b')
    ask('b')
    const eight = (): unknown => limiter.peek('a', { cost: 8 }).retryAfterMs
    expect(limiter.consume('a', { cost: 8 })).toMatchObject({ refusedBy: ['app'], retryAfterMs: 2000 })
    clock.advance('1s')
    expect(eight()).toBe(1000)
    clock.advance('999ms')
    expect(eight()).toBe(1)
    clock.advance('1ms')
    expect(eight()).toBe(0)
  })

  test('for more than the parent has is impossible', () => {
    const { limiter } = present('a', 'b')
    expect(limiter.consume('a', { cost: 11 })).toMatchObject({ outcome: 'impossible', refusedBy: ['api', 'app'] })
  })

  test('that is blocked waits for the block', () => {
    const { limiter } = present('a', 'b')
    limiter.block('app', 'a', '5s')
    expect(limiter.consume('a')).toMatchObject({ refusedBy: ['app'], retryAfterMs: 5000, limits: [{}, { remaining: 0 }] })
  })
})

describe('units that come back', () => {
  test('within their period are kept again for who did not use them', () => {
    const { ask, limiter } = present('a', 'b')
    const held = limiter.reserve('b', { cost: 3 })
    expect(ask('a', 6)).toBe(6)
    held.settle(1)
    expect(ask('a', 20)).toBe(1)
    expect(ask('b', 20)).toBe(2)
  })

  test('are as many as the parent gets back', () => {
    const { limiter } = platform([{ ...api, cost: 3 }, app])
    limiter.reserve('a').settle({ api: 1 })
    expect(limiter.peek('a', { cost: 0 }).limits.map(({ remaining }) => remaining)).toEqual([9, 2])
    limiter.reserve('a').settle(7)
    expect(limiter.peek('a', { cost: 0 }).limits.map(({ remaining }) => remaining)).toEqual([6, 0])
  })

  test('in a later period change nothing there', () => {
    const { ask, clock, limiter } = present('a', 'b')
    const held = limiter.reserve('b', { cost: 3 })
    clock.advance('1s')
    expect(ask('b', 3)).toBe(3)
    held.cancel()
    expect(limiter.peek('b').limits[1]).toMatchObject({ remaining: 0 })
    expect(ask('a', 20)).toBe(7)
  })

  test('may be refunded, and owed', () => {
    const { ask, limiter } = present('a', 'b')
    ask('b', 3)
    limiter.refund('b', { cost: 2 })
    expect(limiter.peek('b').limits[1]).toMatchObject({ remaining: 2 })
    limiter.reserve('b').settle(5)
    expect(limiter.peek('b').limits[1]).toMatchObject({ remaining: 0 })
    expect(ask('a', 20)).toBe(4)
  })

  test('of an earlier stage are kept again when a later one is refused', () => {
    const wide: Limit<string, 'sync'> = { name: 'narrow', by: (name) => name, rule: tokenBucket({ capacity: 1, per: '1h' }) }
    const { clock, store, limiter, ask } = platform()
    const later = createLimiter<string>({ store, limits: [api, app, wide] })
    for (const name of ['a', 'b']) ask(name)
    clock.advance('1s')
    const first = limiter.reserve('b', { cost: 2 })
    const second = later.reserve('b', { cost: 3, extend: [first] })
    expect(second.decision).toMatchObject({ refusedBy: ['narrow'], limits: [{ remaining: 10 }, { remaining: 3, cost: 3 }, {}] })
    expect(ask('a', 20)).toBe(7)
  })
})

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
  test('of a burst lends it to nobody above its guarantee, so that the next period has enough for all', () => {
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
      limits: [api, { ...app, rule: shareOf(api, 0.4, { guaranteed: true }) }],
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
    by: (name) => (name.startsWith('gold') ? name : null),
    rule: shareOf(api, 0.5, { guaranteed: true }),
  }
  const free: Limit<string, 'sync'> = {
    name: 'free',
    by: (name) => (name.startsWith('gold') ? null : name),
    rule: shareOf(api, 0.1, { guaranteed: true }),
  }

  test('keep their parts from each other', () => {
    const { clock, ask } = platform([api, gold, free])
    for (const name of ['gold', 'free']) ask(name)
    clock.advance('1s')
    expect([ask('free', 20), ask('gold', 20)]).toEqual([5, 5])
  })

  test('both must admit a call that both apply to', () => {
    const partner: Limit<string, 'sync'> = { name: 'partner', by: () => 'p', rule: shareOf(api, 0.2, { guaranteed: true }) }
    const { clock, limiter, ask } = platform([api, { ...free, by: (name) => name }, partner])
    ask('a')
    clock.advance('1s')
    ask('a')
    expect(limiter.consume('a')).toMatchObject({ allowed: true, limits: [{ remaining: 8 }, { remaining: 0 }, { remaining: 0 }] })
  })
})

describe('a store', () => {
  test('forgets who has not asked for two periods, and the parents of nobody', () => {
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
    const { clock, ask, limiter } = present('a', 'b')
    ask('b')
    limiter.reset('app', 'b')
    expect([ask('b'), ask('a', 20), ask('b', 20)]).toEqual([1, 4, 2])
    clock.advance('1s')
    expect([ask('a', 20), ask('b', 20)]).toEqual([4, 3])
    clock.advance('1s')
    expect([ask('a', 20), ask('b', 20)]).toEqual([7, 3])
  })
})
