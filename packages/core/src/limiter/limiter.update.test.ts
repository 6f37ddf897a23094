import { describe, expect, test } from 'vitest'
import { everyone } from '../key.ts'
import type { CountingRule } from '../kind.ts'
import type { Limit } from '../limit.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { fixedWindow } from '../rules/fixed-window/fixed-window.ts'
import { slidingWindow } from '../rules/sliding-window/sliding-window.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { createLimiter } from './limiter.ts'

function limit(capacity: number, name: string = 'all'): Limit<void, 'sync'> {
  return { name, by: everyone, rule: tokenBucket({ capacity, per: '100s' }) }
}

function limiterOf(capacity: number, version: string = '0') {
  const clock = manualClock()
  const store = memoryStore({ clock })
  return { limiter: createLimiter({ limits: [limit(capacity)], store, version }), store, clock }
}

describe('an update', () => {
  test.each([
    [undefined, 0],
    ['keepUsed', 0],
    ['keepRemaining', 20],
    ['proportional', 10],
    ['reset', 50],
  ] as const)('to half the capacity with migrate %s leaves %d of 50 where 80 of 100 were used', (migrate, remaining) => {
    const { limiter } = limiterOf(100)
    limiter.consume(undefined, { cost: 80 })
    void limiter.update([limit(50)], { migrate })
    expect(limiter.peek().limits[0]).toMatchObject({ capacity: 50, remaining })
  })

  test('down and up again mints nothing', () => {
    const { limiter } = limiterOf(100)
    limiter.consume(undefined, { cost: 80 })
    void limiter.update([limit(50)])
    expect(limiter.consume().allowed).toBe(false)
    void limiter.update([limit(100)])
    expect(limiter.consume(undefined, { cost: 21 }).allowed).toBe(false)
    expect(limiter.consume(undefined, { cost: 20 }).allowed).toBe(true)
  })

  test('that forgave part of what was used counts what is charged after it beside that', () => {
    const { limiter } = limiterOf(100)
    limiter.consume(undefined, { cost: 80 })
    void limiter.update([limit(50)], { migrate: 'keepRemaining' })
    for (let turn = 0; turn < 5; turn++) limiter.consume()
    void limiter.reserve()
    expect(limiter.peek().limits[0]!.remaining).toBe(14)
    void limiter.update([limit(100)], { migrate: 'keepUsed' })
    expect(limiter.peek().limits[0]!.remaining).toBe(14)
  })

  test('credits at the old rate what passed before it, and keeps the wait it names after it', () => {
    const { limiter, clock } = limiterOf(100)
    limiter.consume(undefined, { cost: 100 })
    clock.advance('10s')
    void limiter.update([{ ...limit(100), rule: tokenBucket({ capacity: 100, per: '1000s' }) }])
    expect(limiter.consume(undefined, { cost: 12 })).toMatchObject({ allowed: false, retryAfterMs: 20_000 })
    clock.advance(19_999)
    expect(limiter.consume(undefined, { cost: 12 }).allowed).toBe(false)
    clock.advance(1)
    expect(limiter.consume(undefined, { cost: 12 }).allowed).toBe(true)
  })

  test('may add and drop limits, and forgets no bucket', () => {
    const { limiter } = limiterOf(100)
    limiter.consume(undefined, { cost: 30 })
    void limiter.update([limit(5, 'new'), limit(100)])
    expect(limiter.consume().limits.map(({ name, remaining }) => [name, remaining])).toEqual([
      ['new', 4],
      ['all', 69],
    ])
    void limiter.update([limit(5, 'new')])
    expect(() => limiter.inspect('all', [])).toThrow(expect.objectContaining({ code: 'SLUICE_LIMIT_UNKNOWN' }))
  })

  test.each([
    ['limits that are wrong', [{ ...limit(5), cost: -1 }], {}, 'SLUICE_WHOLE_NUMBER'],
    ['no limits', [], {}, 'SLUICE_LIMITS_EMPTY'],
    ['an unknown way to migrate', [limit(5)], { migrate: 'keep' }, 'SLUICE_CHOICE'],
    ['an older version', [limit(5)], { version: '6' }, 'SLUICE_VERSION_LOWER'],
    ['an unknown option', [limit(5)], { vrsion: '8' }, 'SLUICE_OPTION_UNKNOWN'],
  ])('with %s changes nothing', (_, limits, options, code) => {
    const { limiter } = limiterOf(100, '7')
    expect(() => limiter.update(limits, options as never)).toThrow(expect.objectContaining({ code }))
    expect(limiter.consume()).toMatchObject({ policyVersion: '7', limits: [{ capacity: 100, remaining: 99 }] })
  })

  test('that conflicts with another limiter on the store changes nothing', async () => {
    const { limiter, store } = limiterOf(100)
    const other = createLimiter({ limits: [limit(100)], store })
    expect(() => limiter.update([limit(50)])).toThrow(expect.objectContaining({ code: 'SLUICE_LIMIT_CONFLICT' }))
    expect(limiter.consume().limits[0]!.capacity).toBe(100)
    await other.close()
    expect(() => limiter.update([limit(50)])).not.toThrow()
  })

  test('does not change a call that is in flight', async () => {
    const limiter = createLimiter<void>({ limits: [{ ...limit(100), by: async () => 'all' }] })
    const under = limiter.consume()
    void limiter.update([limit(50)], { version: '1' })
    expect(await under).toMatchObject({ policyVersion: '0', limits: [{ capacity: 100 }] })
    expect(await limiter.consume()).toMatchObject({ policyVersion: '1', limits: [{ capacity: 50 }] })
  })
})

test('during a rolling deploy an older process decides by what the newer has stored', () => {
  const store = memoryStore({ clock: manualClock() })
  const deployed = (version: string, capacity: number) =>
    createLimiter({ limits: [{ name: 'all', by: everyone, rule: () => tokenBucket({ capacity, per: '100s' }) }], store, version })
  const [old, young] = [deployed('1', 100), deployed('2', 50)]
  expect(old.consume(undefined, { cost: 10 })).toMatchObject({ policyVersion: '1', limits: [{ capacity: 100, remaining: 90 }] })
  expect(young.consume()).toMatchObject({ policyVersion: '2', limits: [{ capacity: 50, remaining: 39 }] })
  expect(old.consume()).toMatchObject({ policyVersion: '1', limits: [{ capacity: 50, remaining: 38 }] })
})

test.each(['keepUsed', 'keepRemaining', 'proportional', 'reset'] as const)(
  'after an update that keeps by %s, an inspection shows what a peek shows',
  (migrate) => {
    const clock = manualClock()
    const rules = [
      tokenBucket({ capacity: 1, per: '366d' }),
      tokenBucket({ capacity: 10, per: '1s' }),
      slidingWindow({ capacity: 5, per: '1m', exact: true }),
      fixedWindow({ capacity: 3, per: 'day', timeZone: 'UTC' }),
    ]
    for (const from of rules) {
      for (const to of rules) {
        const limits = (rule: CountingRule) => [{ name: 'l', by: () => 'k', rule }]
        const limiter = createLimiter<void>({ store: memoryStore({ clock }), limits: limits(from) })
        void limiter.consume()
        void limiter.update(limits(to), { migrate })
        expect(limiter.inspect('l', 'k')).toEqual(limiter.peek().limits[0])
      }
    }
  },
)
