/** What a caller may know of its quota, and what stays unsaid. */
import { createLimiter, type Limit, memoryStore, shareOf, surviveOutages, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { describe, expect, test } from 'vitest'
import { quotaDocument } from './quota-document.ts'

const user: Limit<string, 'sync'> = { name: 'user', by: (name) => name, rule: tokenBucket({ capacity: 10, per: '10s' }) }

/** The document of a caller who has taken so much. */
function quotaAfter(cost: number, limits: readonly Limit<string, 'sync'>[] = [user]) {
  const limiter = createLimiter({ limits, store: memoryStore({ clock: manualClock() }) })
  limiter.consume('ann', { cost })
  return quotaDocument(limiter.peek('ann'))
}

test.each([
  [0, 'ok', 0, 10],
  [7, 'ok', 7, 3],
  [8, 'near', 8, 2],
  [10, 'limited', 10, 0],
])('after %i of 10 units the state is %s', (cost, state, used, remaining) => {
  const quota = quotaAfter(cost)
  const retryAfterMs = state === 'limited' ? 1000 : 0
  expect(quota).toMatchObject({ version: 1, state, retryAfterMs })
  expect(quota.limits).toEqual([
    {
      name: 'user',
      parent: null,
      state,
      rule: '10 every 10 seconds',
      unit: 'requests',
      capacity: 10,
      used,
      remaining,
      retryAfterMs,
      replenishAfterMs: used === 0 ? 0 : 1000,
      resetAfterMs: used * 1000,
      blocked: false,
      estimated: false,
    },
  ])
})

describe('undisclosed and shadow limits', () => {
  const hidden: Limit<string, 'sync'> = {
    name: 'capacity',
    by: () => 'all',
    rule: tokenBucket({ capacity: 4, per: '4s' }),
    disclose: false,
  }
  const measured: Limit<string, 'sync'> = { ...hidden, name: 'measured', disclose: true, shadow: true }

  test('are in no list, and what they refuse is not told', () => {
    const quota = quotaAfter(4, [hidden, measured, user])
    expect(quota).toMatchObject({ state: 'ok', retryAfterMs: 0 })
    expect(quota.limits.map(({ name }) => name)).toEqual(['user'])
  })

  test('are not named as the parent of a share', () => {
    const share: Limit<string, 'sync'> = { name: 'share', by: (name) => name, rule: shareOf('capacity', 0.5) }
    expect(quotaAfter(1, [hidden, share]).limits).toMatchObject([{ name: 'share', parent: null }])
    expect(quotaAfter(1, [{ ...hidden, disclose: true }, share]).limits).toMatchObject([{}, { name: 'share', parent: 'capacity' }])
  })
})

test('a caller who is blocked sees it, and for how long', () => {
  const limiter = createLimiter({ limits: [user], store: memoryStore({ clock: manualClock() }) })
  limiter.block('user', 'ann', '1m')
  expect(quotaDocument(limiter.peek('ann'))).toMatchObject({
    state: 'limited',
    retryAfterMs: 60_000,
    limits: [{ blocked: true, retryAfterMs: 60_000 }],
  })
  limiter.block('user', 'ann', 'forever')
  expect(quotaDocument(limiter.peek('ann'))).toMatchObject({ state: 'limited', retryAfterMs: null })
})

test.each([
  ['local', 'unknown', null],
  ['deny', 'unknown', null],
  // Nothing limits the caller then.
  ['allow', 'ok', 0],
] as const)(
  'while the store is away, with `onOutage: %s`, the state is %s and no number is invented',
  async (onOutage, state, retryAfterMs) => {
    const away = { ...memoryStore(), sync: false as const, decide: () => Promise.reject(new Error('connection refused')) }
    const limiter = createLimiter<string>({ limits: [{ ...user, onOutage }], store: surviveOutages(away, { processes: 1 }) })
    limiter.observe(() => undefined)
    expect(quotaDocument(await limiter.peek('ann'))).toEqual({ version: 1, state, retryAfterMs, limits: [] })
    await limiter.close()
  },
)

describe('beside the decision', () => {
  const queue = { position: 3, waiting: 2, waitMs: 2000 }
  const minutes = [{ used: 4, refused: 1, near: true }]
  const decisionOf = (limits: readonly Limit<string, 'sync'>[]) =>
    createLimiter({ limits, store: memoryStore({ clock: manualClock() }) }).peek('ann')

  test('the queue and the minutes of a limit are passed on, and are absent if they are not known', () => {
    const known = quotaDocument(decisionOf([user]), { queue, history: new Map([['user', minutes]]) })
    expect(known).toMatchObject({ queue, limits: [{ name: 'user', history: minutes }] })
    const other = quotaDocument(decisionOf([user]), { queue: null, history: new Map([['tokens', minutes]]) })
    expect(Object.keys(other)).not.toContain('queue')
    expect(Object.keys(other.limits[0]!)).not.toContain('history')
  })

  test('the minutes of an undisclosed limit stay out', () => {
    const hidden = { ...user, name: 'capacity', disclose: false }
    expect(quotaDocument(decisionOf([hidden]), { history: new Map([['capacity', minutes]]) }).limits).toEqual([])
  })

  test('the queue is known while the store is away', () => {
    const decision = { ...decisionOf([user]), decidedBy: 'local' as const }
    expect(quotaDocument(decision, { queue })).toEqual({ version: 1, state: 'unknown', retryAfterMs: null, limits: [], queue })
  })
})

test('where no limit applies there is nothing to tell, and that is known', () => {
  expect(quotaAfter(1, [{ ...user, when: () => false }])).toEqual({ version: 1, state: 'ok', retryAfterMs: 0, limits: [] })
})
