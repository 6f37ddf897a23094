import { createLimiter, memoryStore, type Store, surviveOutages, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { createLiveView, viewParts } from './live-view.ts'
import type { LiveProviderEvent, LiveViewOptions } from './sources.ts'

const rule = tokenBucket({ capacity: 3, per: '1h' })

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000_000_500 }))
afterEach(() => void vi.useRealTimers())

function userLimiter(name = 'user') {
  return createLimiter<string>({ limits: [{ name, by: (id) => id, rule, nearAt: 0.6 }], store: memoryStore({ clock: manualClock() }) })
}

function open(options: LiveViewOptions) {
  const view = createLiveView(options)
  onTestFinished(() => view.close())
  return view
}

describe('a live view', () => {
  test('has the rates of each limit over the last ten seconds, and of all decisions', () => {
    const limiter = userLimiter()
    const view = open({ limiters: [limiter] })
    for (let i = 0; i < 5; i++) limiter.consume('ann')
    vi.advanceTimersByTime(2000)
    expect(view.state()).toMatchObject({ decisions: 2.5, refused: 1, processes: 1, alone: null })
    expect(view.state().limits).toEqual([{ name: 'user', admitted: 1.5, near: 1, refused: 1, shadow: 0 }])
    vi.advanceTimersByTime(20_000)
    expect(view.state().limits).toEqual([{ name: 'user', admitted: 0, near: 0, refused: 0, shadow: 0 }])
    expect(view.series()?.admitted.slice(-22)).toEqual([3, ...new Array<number>(21).fill(0)])
    expect(view.series('user')?.refused.slice(-23)).toEqual([null, 2, ...new Array<number>(21).fill(0)])
    expect(view.series('none')).toBeUndefined()
  })

  test('counts what came before it not at all, and adds up limits of one name', () => {
    const limiters = [userLimiter(), userLimiter()]
    for (const limiter of limiters) limiter.consume('ann')
    const view = open({ limiters })
    for (const limiter of limiters) limiter.consume('ann')
    vi.advanceTimersByTime(1000)
    expect(view.state().limits).toMatchObject([{ name: 'user', admitted: 2 }])
  })

  test('lists the keys that are refused most, with a hash that is not that of another process', () => {
    const limiter = userLimiter()
    const [view, other, plain] = [
      open({ limiters: [limiter] }),
      open({ limiters: [limiter] }),
      open({ limiters: [limiter], keys: 'plain' }),
    ]
    for (let i = 0; i < 6; i++) limiter.consume('ann')
    for (let i = 0; i < 4; i++) limiter.consume('bob')
    vi.advanceTimersByTime(1000)
    const { keys, refusals } = view.state()
    expect([refusals, keys.map(({ limit, count, share }) => [limit, count, share])]).toEqual([
      4,
      [
        ['user', 3, 0.75],
        ['user', 1, 0.25],
      ],
    ])
    expect(JSON.stringify(view.state())).not.toMatch(/ann|bob/)
    expect(keys[0]!.label).toMatch(/^#[0-9a-f]{10}$/)
    expect(other.state().keys[0]!.token).not.toBe(keys[0]!.token)
    expect(viewParts(view)!.names.keyOf(keys[0]!.token)).toEqual({ limit: 'user', key: 'ann' })
    expect(viewParts(view)!.names.keyOf('ann')).toBeUndefined()
    expect(plain.state().keys.map(({ label }) => label)).toEqual(['ann', 'bob'])
  })

  test('counts each of a thousand refusals in a second, and of a flood one in sixteen', () => {
    const limiter = userLimiter()
    const view = open({ limiters: [limiter] })
    for (let i = 0; i < 3; i++) for (const user of ['ann', 'bob']) limiter.consume(user)
    for (let i = 0; i < 1000; i++) limiter.consume('ann')
    for (let i = 0; i < 1600; i++) limiter.consume('bob')
    vi.advanceTimersByTime(1000)
    expect(view.state().keys.map(({ count }) => count)).toEqual([1600, 1000])
    expect(view.state().refused).toBe(2600)
    limiter.consume('ann')
    vi.advanceTimersByTime(1000)
    expect(view.state().keys.map(({ count }) => count)).toEqual([1600, 1001])
  })

  test('knows who is blocked while a page is open', async () => {
    const limiter = userLimiter()
    const view = open({ limiters: [limiter], keys: 'plain' })
    limiter.consume('ann')
    limiter.block('user', 'eve', '1h')
    limiter.block('user', 'mallory', 'forever')
    vi.advanceTimersByTime(1000)
    expect(view.state().blocked).toEqual([])
    await viewParts(view)!.refresh()
    expect(view.state().blocked).toMatchObject([
      { label: 'mallory', limit: 'user', blockedForMs: null },
      { label: 'eve', blockedForMs: 3_600_000 },
    ])
  })

  test('tells of an outage with its cause and since when, of calls that this process decided, and of its end', async () => {
    let isAway = false
    const inner = memoryStore({ clock: manualClock() })
    const own: Store = {
      ...inner,
      sync: false,
      async decide(call) {
        if (isAway) throw Object.assign(new Error('connect ECONNREFUSED redis.internal:6379'), { code: 'ECONNREFUSED' })
        return inner.decide(call)
      },
    }
    const store = surviveOutages(own, { timeout: '1s', processes: 1 })
    onTestFinished(async () => void (await store.close()))
    const limiters = [1, 2].map(() => createLimiter<string>({ limits: [{ name: 'user', by: (id) => id, rule, onOutage: 'local' }], store }))
    const view = open({ limiters })
    await limiters[0]!.consume('ann')
    isAway = true
    vi.advanceTimersByTime(5000)
    for (let i = 0; i < 25; i++) await limiters[0]!.consume('ann')
    vi.advanceTimersByTime(1000)
    expect(view.state().outages).toEqual([
      { provider: null, code: 'ECONNREFUSED', reason: expect.stringContaining('ECONNREFUSED'), sinceMs: 1_000_000_005_500 },
    ])
    expect(view.state().outages[0]!.reason).not.toContain('redis.internal')
    expect(view.state().local).toBeGreaterThan(0)
    expect([view.state().storeCalls > 0, typeof view.state().p99Ms]).toEqual([true, 'number'])
  })

  test('has the queues of providers, and what they refused in the last minute', () => {
    const listeners = new Set<(event: LiveProviderEvent) => void>()
    const provider = {
      name: 'llm',
      limits: { requests: 500 },
      observe(listener: (event: LiveProviderEvent) => void) {
        listeners.add(listener)
        return () => void listeners.delete(listener)
      },
      snapshot: () => ({ waiting: 3, inFlight: 2, waitMs: 1200 }),
    }
    const view = open({ providers: [provider] })
    for (const type of ['sent', 'sent', 'limited', 'refused', 'fault']) for (const tell of listeners) tell({ type })
    for (const tell of listeners) tell({ type: 'outage', state: 'began', code: 'LOADING', reason: 'Redis loads' })
    vi.advanceTimersByTime(1000)
    expect(view.state().providers).toEqual([
      { name: 'llm', limits: { requests: 500 }, waiting: 3, inFlight: 2, waitMs: 1200, sent: 2, refused: 1, limited: 1 },
    ])
    expect(view.state().outages).toMatchObject([{ provider: 'llm', code: 'LOADING', sinceMs: 1_000_000_000_500 }])
    for (const tell of listeners) tell({ type: 'outage', state: 'ended' })
    vi.advanceTimersByTime(1000)
    expect(view.state().outages).toEqual([])
    view.close()
    expect(listeners.size).toBe(0)
  })

  test('shows the policy in force and what the one before said otherwise', () => {
    const document = (version: string, capacity: number) => ({
      version,
      limits: { user: { rule: { tokenBucket: { capacity, per: '1m' } } } },
    })
    const policy = {
      version: '2',
      refused: 1,
      refusal: new Error('version is still 2'),
      history: [
        { document: document('2', 20), sinceMs: 20 },
        { document: document('1', 10), sinceMs: 10 },
      ],
    }
    expect(open({ policy }).state().policy).toEqual({
      version: '2',
      sinceMs: 20,
      earlier: [{ version: '1', sinceMs: 10 }],
      changes: [{ path: 'limits.user.rule.tokenBucket.capacity', before: '10', after: '20' }],
      refused: 1,
      refusal: 'version is still 2',
    })
  })

  test('takes no more samples once it is closed', () => {
    const limiter = userLimiter()
    const timers = vi.getTimerCount()
    const view = open({ limiters: [limiter] })
    expect(vi.getTimerCount()).toBe(timers + 1)
    view.close()
    expect(vi.getTimerCount()).toBe(timers)
    limiter.consume('ann')
    vi.advanceTimersByTime(5000)
    expect(view.state().decisions).toBe(0)
  })
})

test.each([
  ['limiters', { limiters: userLimiter() }],
  ['limiters[0]', { limiters: [{ observe: () => () => undefined }] }],
  ['stores[0]', { stores: [{}] }],
  ['providers[0]', { providers: [null] }],
  ['policy', { policy: { version: '1' } }],
  ['keys', { keys: 'secret' }],
  ['shared', { shared: {} }],
])('a wrong option is refused, and %s is named', (option, options) => {
  expect(() => createLiveView(options as never)).toThrow(
    expect.objectContaining({ code: 'SLUICE_OPTION_TYPE', message: expect.stringContaining(option) }),
  )
})
