import { describe, expect, test } from 'vitest'
import type { Limit } from '../limit.ts'
import { memoryStore } from '../memory/memory-store.ts'
import { surviveOutages } from '../outage/outage.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { lateStore } from '../testing/late-store.ts'
import { manualClock } from '../testing/manual-clock.ts'
import { createLimiter } from './limiter.ts'
import type { LimiterOptions } from './limiter-contract.ts'

const rule = tokenBucket({ capacity: 10, per: '1s' })
const ip: Limit<string, 'sync'> = { name: 'ip', by: (id) => id, rule }
const user: Limit<string, 'sync'> = { name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 2, per: '1m' }) }

/** A request guarded twice on one store: before authentication by its address, after it by its user. */
function stages() {
  const clock = manualClock()
  const store = memoryStore({ clock })
  const [outer, inner] = [createLimiter<string>({ limits: [ip], store }), createLimiter<string>({ limits: [user], store })]
  return { outer, inner, clock, store }
}

describe('a request guarded in two stages', () => {
  test('is charged in both where both admit', () => {
    const { outer, inner } = stages()
    const first = outer.reserve('ann', { cost: 3 })
    expect(inner.consume('ann', { extend: [first] })).toMatchObject({ allowed: true, limits: [{ name: 'user', remaining: 1 }] })
    expect(outer.inspect('ip', 'ann')!.remaining).toBe(7)
    first.cancel()
    expect(outer.inspect('ip', 'ann')).toBe(null)
  })

  test.each([
    ['is settled', 'settle', 7],
    ['was given back', 'cancel', 7],
  ] as const)('is charged once where the first stage %s before the second asks for the same limit', (_what, end, remaining) => {
    const store = memoryStore({ clock: manualClock() })
    const limiter = createLimiter<string>({ limits: [ip], store })
    const first = limiter.reserve('ann', { cost: 3 })
    if (end === 'settle') first.settle(3)
    else first.cancel()
    limiter.reserve('ann', { cost: 3, extend: [first] })
    expect(limiter.inspect('ip', 'ann')!.remaining).toBe(remaining)
  })

  test('gives the first stage back where the second refuses, and reports both as they stand then', () => {
    const { outer, inner } = stages()
    inner.consume('ann', { cost: 2 })
    const first = outer.reserve('ann', { cost: 3 })
    const second = inner.reserve('ann', { extend: [first] })
    expect(second.decision).toMatchObject({
      outcome: 'limited',
      refusedBy: ['user'],
      retryAfterMs: 30_000,
      limits: [
        { name: 'ip', allowed: true, remaining: 10 },
        { name: 'user', allowed: false, remaining: 0 },
      ],
    })
    expect(outer.inspect('ip', 'ann')).toBe(null)
  })

  test.each([1, 3])('is counted once by a shadow limit that cannot pay, though both stages ask it, the second for %i', (cost) => {
    const shadow: Limit<string, 'sync'> = { ...user, name: 'shadow', shadow: true }
    const store = memoryStore({ clock: manualClock() })
    const both = createLimiter<string>({ limits: [ip, shadow], store })
    both.consume('ann', { cost: 2 })
    const first = both.reserve('ann')
    const second = both.reserve('ann', { cost, extend: [first] })
    expect([first, second].map(({ decision }) => decision.limits.map(({ name, allowed }) => [name, allowed]))).toEqual([
      [
        ['ip', true],
        ['shadow', false],
      ],
      [['ip', true]],
    ])
    second.settle(2)
    expect(both.inspect('shadow', 'ann')).toMatchObject({ remaining: 0, resetAfterMs: 60_000 })
    const alone = createLimiter<string>({ limits: [shadow], store })
    expect(alone.reserve('ann', { extend: [alone.reserve('ann')] }).decision).toMatchObject({ allowed: true, limits: [] })
  })

  test('settles nothing twice: what a refusal gave back is closed', () => {
    const { outer, inner } = stages()
    inner.consume('ann', { cost: 2 })
    const first = outer.reserve('ann', { cost: 3 })
    inner.consume('ann', { extend: [first] })
    outer.consume('ann', { cost: 5 })
    first.settle(9)
    first.cancel()
    expect(outer.inspect('ip', 'ann')!.remaining).toBe(5)
  })

  test('gives back no stage that was settled before', () => {
    const { outer, inner } = stages()
    inner.consume('ann', { cost: 2 })
    const first = outer.reserve('ann', { cost: 3 })
    first.settle(2)
    expect(inner.consume('ann', { extend: [first] }).limits.map(({ name }) => name)).toEqual(['user'])
    expect(outer.inspect('ip', 'ann')!.remaining).toBe(8)
  })

  test('is told before anything is charged that a stage is of another store', () => {
    const { inner } = stages()
    const foreign = stages().outer.reserve('ann')
    expect(() => inner.consume('ann', { extend: [foreign] })).toThrow(expect.objectContaining({ code: 'SLUICE_FOREIGN_RESERVATION' }))
    expect(() => inner.consume('ann', { extend: [{} as never] })).toThrow(expect.objectContaining({ code: 'SLUICE_FOREIGN_RESERVATION' }))
    expect(inner.inspect('user', 'ann')).toBe(null)
  })
})

describe('a later, dearer cost on the same limit', () => {
  test('is charged without what the request already holds', () => {
    const { outer } = stages()
    const first = outer.reserve('ann', { cost: 3 })
    const second = outer.reserve('ann', { cost: 8, extend: [first] })
    expect(second.decision.limits).toMatchObject([{ cost: 5, remaining: 2 }])
    second.cancel()
    expect(outer.inspect('ip', 'ann')!.remaining).toBe(7)
    first.cancel()
    expect(outer.inspect('ip', 'ann')).toBe(null)
  })

  test('costs nothing more where it is not dearer', () => {
    const { outer } = stages()
    const first = outer.reserve('ann', { cost: 3 })
    expect(outer.consume('ann', { cost: 2, extend: [first] })).toMatchObject({ allowed: true, limits: [{ cost: 0, remaining: 7 }] })
  })

  test('counts what several stages hold, of this limit and key alone', () => {
    const { outer } = stages()
    const held = [outer.reserve('ann', { cost: 1 }), outer.reserve('ann', { cost: 2 }), outer.reserve('bob', { cost: 4 })]
    expect(outer.consume('ann', { cost: 5, extend: held }).limits).toMatchObject([{ cost: 2, remaining: 5 }])
  })

  test('that is refused gives back what was held, and names the wait for the whole', () => {
    const { outer, clock } = stages()
    outer.consume('ann', { cost: 4 })
    const first = outer.reserve('ann', { cost: 3 })
    const refused = outer.consume('ann', { cost: 8, extend: [first] })
    expect(refused).toMatchObject({ outcome: 'limited', retryAfterMs: 200, limits: [{ cost: 8, remaining: 6 }] })
    clock.advance(199)
    expect(outer.peek('ann', { cost: 8 }).allowed).toBe(false)
    clock.advance(1)
    expect(outer.peek('ann', { cost: 8 }).allowed).toBe(true)
  })
})

describe('a fault in a later stage', () => {
  const failing: Limit<string> = {
    ...user,
    by: () => {
      throw new Error('boom')
    },
  }

  test.each([
    ['at once', () => memoryStore({ clock: manualClock() })],
    ['later', () => surviveOutages(lateStore(), { processes: 1 })],
  ])('that denies gives the earlier stages back, %s', async (_, create) => {
    const store = create()
    const [outer, inner] = [
      createLimiter<string>({ limits: [ip], store }),
      createLimiter<string>({ limits: [failing], store, onFault: 'deny' }),
    ]
    const first = await outer.reserve('ann', { cost: 3 })
    expect(await inner.consume('ann', { extend: [first] })).toMatchObject({ outcome: 'unavailable', refusedBy: ['user'] })
    expect(await outer.inspect('ip', 'ann')).toBe(null)
  })

  test('that is thrown leaves them to the caller', () => {
    const { outer, store } = stages()
    const inner = createLimiter<string>({ limits: [{ ...failing, name: 'member' }], store })
    const first = outer.reserve('ann', { cost: 3 })
    expect(() => inner.consume('ann', { extend: [first] })).toThrow(expect.objectContaining({ code: 'SLUICE_FUNCTION' }))
    expect(outer.inspect('ip', 'ann')!.remaining).toBe(7)
  })
})

test('stages work the same where answers come later', async () => {
  const store = surviveOutages(lateStore(), { processes: 1 })
  const options = (limit: Limit<string>): LimiterOptions<string> => ({ limits: [limit], store })
  const [outer, inner] = [createLimiter<string>(options(ip)), createLimiter<string>(options(user))]
  await inner.consume('ann', { cost: 2 })
  const first = await outer.reserve('ann', { cost: 3 })
  const refused = await inner.consume('ann', { extend: [first] })
  expect(refused.limits).toMatchObject([
    { name: 'ip', remaining: 10 },
    { name: 'user', remaining: 0 },
  ])
  await first.settle(9)
  expect(await outer.inspect('ip', 'ann')).toBe(null)
})
