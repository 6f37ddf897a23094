import { describe, expect, test } from 'vitest'
import { api, app, platform, ten, withActive } from '../../../test/platform.ts'
import { skip } from '../../key.ts'
import type { Limit } from '../../limit.ts'
import { createLimiter } from '../../limiter/limiter.ts'
import { tokenBucket } from '../token-bucket/token-bucket.ts'

describe('a guaranteed share', () => {
  test('is had at any time, whichever key was there first', () => {
    const { ask } = withActive('a', 'b')
    expect([ask('a', 20), ask('b', 20)]).toEqual([7, 3])
  })

  test('is kept from the moment that somebody asks, even in vain', () => {
    const { ask, clock } = platform()
    expect([ask('a', 20), ask('b')]).toEqual([10, 0])
    clock.advance('1s')
    expect([ask('a', 20), ask('b', 20)]).toEqual([7, 3])
  })

  test('is kept for the next period, and not for the one after it', () => {
    const { ask, clock } = withActive('a', 'b')
    clock.advance('1s')
    expect(ask('a', 20)).toBe(10)
  })

  test('makes room for a third as soon as it is there', () => {
    const { ask, clock } = withActive('a', 'b')
    expect([ask('c'), ask('a', 20), ask('b', 20), ask('c', 20)]).toEqual([1, 4, 3, 2])
    clock.advance('1s')
    expect([ask('a', 20), ask('b', 20), ask('c', 20)]).toEqual([4, 3, 3])
  })

  test('shows the guarantee and what is left of it, and nothing of the parent', () => {
    const { ask, limiter } = withActive('a', 'b')
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
    const { limiter } = platform([{ ...api, by: (name) => (name === 'internal' ? skip : 'search') }, app])
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
    const { clock, limiter, ask } = withActive('a', 'b')
    clock.advance('300ms')
    ask('a', 7)
    expect(limiter.consume('a')).toMatchObject({ refusedBy: ['app'], retryAfterMs: 700 })
    clock.advance('699ms')
    expect(limiter.peek('a').allowed).toBe(false)
    clock.advance('1ms')
    expect(limiter.peek('a').allowed).toBe(true)
  })

  test('for more than that waits until the others have not asked for a period', () => {
    const { clock, limiter, ask } = withActive('a', 'b')
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
    const { limiter } = withActive('a', 'b')
    expect(limiter.consume('a', { cost: 11 })).toMatchObject({ outcome: 'impossible', refusedBy: ['api', 'app'] })
  })

  test('that is blocked waits for the block', () => {
    const { limiter } = withActive('a', 'b')
    limiter.block('app', 'a', '5s')
    expect(limiter.consume('a')).toMatchObject({ refusedBy: ['app'], retryAfterMs: 5000, limits: [{}, { remaining: 0 }] })
  })
})

describe('units that come back', () => {
  test('within their period are kept again for who did not use them', () => {
    const { ask, limiter } = withActive('a', 'b')
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
    const { ask, clock, limiter } = withActive('a', 'b')
    const held = limiter.reserve('b', { cost: 3 })
    clock.advance('1s')
    expect(ask('b', 3)).toBe(3)
    held.cancel()
    expect(limiter.peek('b').limits[1]).toMatchObject({ remaining: 0 })
    expect(ask('a', 20)).toBe(7)
  })

  test('may be refunded, and owed', () => {
    const { ask, limiter } = withActive('a', 'b')
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
