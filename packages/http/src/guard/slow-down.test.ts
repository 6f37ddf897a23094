import { concurrency, type DelayEvent, fixedWindow, type LimiterEvent, tokenBucket } from '@sluice/core'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type FakeRequest, fakeGuard, left, type Visit, visit } from '../../test/fake-adapter.ts'
import type { HttpLimit, HttpOptions, SlowDown } from '../http-limit.ts'
import type { Refusal } from '../refusal/refusal.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const slow: HttpLimit<FakeRequest> = { name: 'ip', rule, slowDown: { after: 2, delay: '10s', max: '25s' } }

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
afterEach(() => void vi.useRealTimers())

/** Where a request is: it waits, goes on, or is refused. */
interface Seen extends Visit {
  readonly result: Promise<Refusal | null>
  state(): 'waits' | 'goes on' | number
}

function guardOf(limits: readonly HttpLimit<FakeRequest>[] = [slow], options: HttpOptions<FakeRequest> = {}) {
  const events: LimiterEvent[] = []
  const guard = fakeGuard({ limits, observe: (event) => void events.push(event), ...options })
  const delays = (): readonly DelayEvent[] => events.filter((event) => event.type === 'delay')
  const see = (request: FakeRequest = {}, route = guard.root): Seen => {
    const seen = visit(guard, request, route)
    let state: ReturnType<Seen['state']> = 'waits'
    const result = (async () => seen.decide())()
    result.then(
      (refusal) => (state = refusal?.status ?? 'goes on'),
      () => undefined,
    )
    return { ...seen, result, state: () => state }
  }
  return { guard, see, delays }
}

async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
}

describe('a limit that slows down', () => {
  test('lets each request above `after` wait for one delay more, up to `max`, and charges it once', async () => {
    const { guard, see, delays } = guardOf()
    const all = Array.from({ length: 6 }, () => see())
    await pass(0)
    expect(all.map(({ state }) => state())).toEqual(['goes on', 'goes on', 'waits', 'waits', 'waits', 'waits'])
    for (const [ms, going] of [
      [9_999, 2],
      [1, 3],
      [9_999, 3],
      [1, 4],
      [4_999, 4],
      [1, 6],
    ] as const) {
      await pass(ms)
      expect(all.filter(({ state }) => state() === 'goes on')).toHaveLength(going)
    }
    expect(all.map(({ context }) => context.sluice.delayMs)).toEqual([0, 0, 10_000, 20_000, 25_000, 25_000])
    expect(delays().map(({ limit, delayMs, refused, http }) => [limit, delayMs, refused, http.address])).toEqual([
      ['ip', 10_000, false, '192.0.2.1'],
      ['ip', 20_000, false, '192.0.2.1'],
      ['ip', 25_000, false, '192.0.2.1'],
      ['ip', 25_000, false, '192.0.2.1'],
    ])
    expect(await left(guard, slow, '192.0.2.1')).toBe(4)
  })

  test.each<[string, SlowDown<FakeRequest>['delay'], number]>([
    ['milliseconds', (used) => used * 100, 300],
    ['a duration', () => '7s', 7000],
    ['an answer that comes later', async (used, { user }) => used * Number(user), 600],
    ['0', () => 0, 0],
    ['more than the longest wait', () => '1h', 30_000],
  ])('takes a function of the used units that answers %s', async (_what, delay, expected) => {
    const { see } = guardOf([{ name: 'ip', rule, slowDown: { after: 2, delay } }], { cost: 3 })
    const seen = see({ user: '200' })
    await pass(expected)
    expect([seen.state(), seen.context.sluice.delayMs]).toEqual(['goes on', expected])
  })

  test.each<[string, SlowDown<FakeRequest>['delay']]>([
    ['throws', () => Promise.reject(new Error('no'))],
    ['answers nonsense', () => -1],
    ['answers nonsense as text', () => 'soon' as never],
  ])('follows onFault where its function %s', async (_how, delay) => {
    const limits = [{ name: 'ip', rule, slowDown: { after: 0, delay } }]
    await expect(guardOf(limits).see().result).rejects.toMatchObject({ code: 'SLUICE_ROUTE_FUNCTION' })
    expect(await guardOf(limits, { onFault: 'allow' }).see().result).toBeNull()
    const denying = guardOf(limits, { onFault: 'deny' })
    expect(await denying.see().result).toMatchObject({ status: 503 })
    expect(await left(denying.guard, slow, '192.0.2.1')).toBe(10)
  })

  test('lets no request wait that is free, exempt, or measured alone', async () => {
    const slowAtOnce = { ...slow, slowDown: { after: 0, delay: '10s' } as const }
    expect(await guardOf([slowAtOnce], { cost: 0 }).see().result).toBeNull()
    expect(await guardOf([slowAtOnce], { allowList: ['192.0.2.1'] }).see().result).toBeNull()
    expect(await guardOf([{ ...slowAtOnce, shadow: true }]).see().result).toBeNull()
  })

  test('waits for the longest of several limits', async () => {
    const other: HttpLimit<FakeRequest> = { name: 'all', by: () => 'all', rule, slowDown: { after: 0, delay: '3s' } }
    const { see } = guardOf([{ ...slow, slowDown: { after: 0, delay: '1s' } }, other])
    const seen = see()
    await pass(2999)
    expect(seen.state()).toBe('waits')
    await pass(1)
    expect(seen.state()).toBe('goes on')
  })

  test('refuses above its capacity at once', async () => {
    const { see } = guardOf([{ ...slow, rule: tokenBucket({ capacity: 3, per: '1h' }) }])
    for (let i = 0; i < 3; i++) see()
    expect(await see().result).toMatchObject({ status: 429, refused: { outcome: 'limited', refusedBy: ['ip'] } })
  })

  test('counts what was there before a request, and not what others use while it waits', async () => {
    const { guard, see } = guardOf()
    const dearer = guard.route(guard.root.plan, { cost: 2 }, 'with')
    see()
    see()
    const seen = see()
    await pass(0)
    for (let i = 0; i < 5; i++) see()
    await pass(10_000)
    expect(seen.state()).toBe('goes on')
    // The inner guard charges one more unit, for which the request waits once more.
    const inner = guard.decide(seen.context, dearer.plan, dearer.late)
    expect(seen.context.sluice.delayMs).toBe(20_000)
    await pass(10_000)
    expect(await inner).toBeNull()
    // The same again charges nothing, and waits no longer.
    expect(await guard.decide(seen.context, dearer.plan, dearer.late)).toBeNull()
  })
})

describe('a request that waits', () => {
  test('frees its place, its timer and its slots when its client leaves, and is refused without a word', async () => {
    const slots: HttpLimit<FakeRequest> = { name: 'slots', by: () => 'all', rule: concurrency({ capacity: 5 }) }
    const { guard, see } = guardOf([slow, slots], { maxWaiting: 1, cost: 3 })
    const gone = see()
    await pass(0)
    expect(gone.state()).toBe('waits')
    const timers = vi.getTimerCount()
    await gone.end({ status: 0, aborted: true })
    expect(await gone.result).toMatchObject({ refused: null, status: 499 })
    expect([timers - vi.getTimerCount(), await left(guard, slots as never, 'all')]).toEqual([1, 5])
    const next = see()
    await pass(0)
    expect(next.state()).toBe('waits')
  })

  test('is refused where too many wait, gets its units back, and learns when a place is free', async () => {
    const { guard, see, delays } = guardOf([{ ...slow, slowDown: { after: 0, delay: '10s' } }], { maxWaiting: 2 })
    see()
    see()
    const refused = (await see().result)!
    expect(refused).toMatchObject({ status: 429, refused: { outcome: 'limited', refusedBy: ['ip'], retryAfterMs: 30_000 } })
    expect(Object.fromEntries(refused.headers)).toMatchObject({ 'Retry-After': '30', RateLimit: expect.stringContaining('"ip";r=8') })
    expect(refused.refused!.limits[0]).toMatchObject({ allowed: false, remaining: 8, estimated: true })
    expect(await left(guard, slow, '192.0.2.1')).toBe(8)
    expect(delays().map((event) => event.refused)).toEqual([false, false, true])
    await pass(30_000)
    expect(see().state()).toBe('waits')
  })

  test('that is refused for want of a place gets back what other stages have charged', async () => {
    const user: HttpLimit<FakeRequest> = { name: 'user', by: () => 'ann', rule }
    const { guard, see } = guardOf([user], { maxWaiting: 1 })
    const inner = guard.route(guard.root.plan, { limits: [{ ...slow, slowDown: { after: 0, delay: '10s' } }] }, 'with')
    see({}, inner)
    const second = see()
    await second.result
    expect(await guard.decide(second.context, inner.plan, inner.late)).toMatchObject({ status: 429 })
    expect(await left(guard, user, 'ann')).toBe(9)
  })

  test('has no request wait for it when the guard closes, and none waits after that', async () => {
    const { guard, see } = guardOf([{ ...slow, slowDown: { after: 0, delay: '10s' } }])
    const seen = see()
    const timers = vi.getTimerCount()
    await guard.admin.close()
    expect(await seen.result).toBeNull()
    expect(vi.getTimerCount()).toBeLessThan(timers)
  })

  test('goes on within a second of the moment when its server stops listening', async () => {
    const server = { listening: true }
    const { see } = guardOf()
    see()
    see()
    const seen = see({ upload: { socket: { server } } as never })
    await pass(3000)
    expect(seen.state()).toBe('waits')
    server.listening = false
    await pass(1000)
    expect(seen.state()).toBe('goes on')
  })
})

test.each<[string, unknown, string]>([
  ['no object', 5, 'SLUICE_OPTION_TYPE'],
  ['an unknown name', { after: 1, delay: '1s', delayAfter: 1 }, 'SLUICE_OPTION_UNKNOWN'],
  ['no `after`', { delay: '1s' }, 'SLUICE_WHOLE_NUMBER'],
  ['an `after` below 0', { after: -1, delay: '1s' }, 'SLUICE_WHOLE_NUMBER'],
  ['an `after` that no request passes', { after: 10, delay: '1s' }, 'SLUICE_SLOW_DOWN'],
  ['no `delay`', { after: 1 }, 'SLUICE_DURATION'],
  ['a `delay` of 0', { after: 1, delay: 0 }, 'SLUICE_OPTION_TYPE'],
  ['a `max` above ten minutes', { after: 1, delay: '1s', max: '11m' }, 'SLUICE_OPTION_TYPE'],
])('does not start with %s', (_what, slowDown, code) => {
  expect(() => fakeGuard({ limits: [{ name: 'ip', rule, slowDown: slowDown as never }] })).toThrow(expect.objectContaining({ code }))
})

test.each([0, 10_001, 1.5, '5'])('does not start with maxWaiting %o', (maxWaiting) => {
  expect(() => fakeGuard({ maxWaiting: maxWaiting as never, limits: [slow] })).toThrow(
    expect.objectContaining({ code: 'SLUICE_WHOLE_NUMBER' }),
  )
})

test('a rule that is a window slows down as a bucket does', async () => {
  const { see } = guardOf([{ ...slow, rule: fixedWindow({ capacity: 10, per: '1h' }) }])
  const all = Array.from({ length: 3 }, () => see())
  await pass(0)
  expect(all.map(({ state }) => state())).toEqual(['goes on', 'goes on', 'waits'])
})
