import { concurrency, createLimiter, type LimiterEvent, memoryStore, surviveOutages, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { describe, expect, test } from 'vitest'
import { ended, type FakeRequest, fakeGuard, left, visit } from '../../test/fake-adapter.ts'
import { bind, failuresOnly, type HttpLimit, type HttpOptions } from '../http-limit.ts'
import type { Guard } from './guard.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const ip: HttpLimit<FakeRequest> = { name: 'ip', rule }
const units: HttpLimit<FakeRequest> = { name: 'units', by: () => 'all', rule }
const address = '192.0.2.1'

/** Decides a request and ends it, with what the handler settles in between. @returns units left of `units` */
async function settled(
  options: HttpOptions<FakeRequest>,
  handler?: Parameters<ReturnType<typeof visit>['context']['sluice']['settle']>[0],
) {
  const guard = fakeGuard({ limits: [units], ...options })
  const { context, decide, end } = visit(guard)
  await decide()
  if (handler !== undefined) await context.sluice.settle(handler)
  await end({ status: 500 })
  return left(guard, units, 'all')
}

describe('a limit is finally charged', () => {
  test.each<[string, HttpLimit<FakeRequest>, number]>([
    ['its estimate where nothing settles it', units, 5],
    ['what its function answers', { ...units, settle: () => 2 }, 8],
    ['what its function answers later', { ...units, settle: async () => 2 }, 8],
    ['more than its estimate too', { ...units, settle: () => 7 }, 3],
    ['its estimate where its function does not know', { ...units, settle: () => undefined }, 5],
    ['by the response', { ...units, settle: failuresOnly }, 9],
    ['what was checked, with `debit: "after"`', { ...units, debit: 'after' }, 5],
    ['what was checked, with `debit: "after"`, where its function does not know', { ...units, debit: 'after', settle: () => undefined }, 5],
    ['what its function answers, with `debit: "after"`', { ...units, debit: 'after', settle: () => 1 }, 9],
  ])('%s', async (_what, limit, remaining) => {
    expect(await settled({ limits: [limit], cost: 5 })).toBe(remaining)
  })

  test.each<[string, Parameters<typeof settled>[1], HttpLimit<FakeRequest>, number]>([
    ['a number', 3, units, 7],
    ['units by name', { units: 3 }, units, 7],
    ['not a name that it has not', { others: 3 }, units, 5],
    ['not a number, where it has a cost of its own', 3, { ...units, cost: 2 }, 8],
    ['units by name all the same', { units: 3 }, { ...units, cost: 2 }, 7],
    ['a number, whatever its function answers', 3, { ...units, settle: () => 9 }, 7],
  ])('what the handler says: %s', async (_what, stated, limit, remaining) => {
    expect(await settled({ limits: [limit], cost: 5 }, stated)).toBe(remaining)
  })

  test.each([-1, 0.5, Number.NaN, { units: -1 }, '3' as never])('and never %o, which is an error', async (stated) => {
    await expect(settled({ limits: [units] }, stated)).rejects.toMatchObject({ code: 'SLUICE_COST' })
  })
})

describe('a route settles its limits', () => {
  const requests: HttpLimit<FakeRequest> = { name: 'requests', by: () => 'all', rule }
  const limits = [
    requests,
    units,
    { name: 'fixed', by: () => 'all', rule, cost: 2 },
    { name: 'own', by: () => 'all', rule, settle: () => 4 },
  ]

  /** Ends one request that costs 5. @returns what is left of each limit, and the faults */
  async function settledByRoute(settle: NonNullable<HttpOptions<FakeRequest>['settle']>, split = false) {
    const faults: unknown[] = []
    const observe = (event: LimiterEvent): void => void (event.type === 'fault' && faults.push([event.error.code, event.limit]))
    // The clock stands still: what refills meanwhile is not returned again.
    const store = memoryStore({ clock: manualClock() })
    const guard = fakeGuard({ store, limits, cost: 5, settle, onFault: 'allow', observe }, { split })
    const { decide, end } = visit(guard)
    await decide()
    await end({ status: 200 })
    const remaining = await Promise.all(limits.map((limit) => left(guard, limit, 'all')))
    return { remaining, faults }
  }

  test.each<[string, NonNullable<HttpOptions<FakeRequest>['settle']>, readonly number[]]>([
    ['by a number, where they have no cost of their own', () => 1, [9, 9, 8, 6]],
    ['by name, also where they have a cost of their own', () => ({ requests: 1, units: 8, fixed: 3 }), [9, 2, 7, 6]],
    ['by name, except those with a settlement of their own', () => ({ own: 9 }), [5, 5, 8, 6]],
    ['by name, later', async () => ({ units: 0 }), [5, 10, 8, 6]],
    ['by names that keep the estimate of all others', () => ({}), [5, 5, 8, 6]],
  ])('%s', async (_how, settle, remaining) => {
    expect(await settledByRoute(settle)).toEqual({ remaining, faults: [] })
    expect(await settledByRoute(settle, true)).toEqual({ remaining, faults: [] })
  })

  test.each<[string, () => never, string]>([
    ['an unknown name', () => ({ units: 1, tokens: 1 }) as never, 'SLUICE_LIMIT_UNKNOWN'],
    ['units that no request can use', () => ({ units: -1 }) as never, 'SLUICE_COST'],
    ['a list', () => [1] as never, 'SLUICE_COST'],
    ['an error', () => Promise.reject(new Error('no')) as never, 'SLUICE_ROUTE_FUNCTION'],
  ])('and %s is one fault, which keeps every estimate', async (_what, settle, code) => {
    expect(await settledByRoute(settle)).toEqual({ remaining: [5, 5, 8, 6], faults: [[code, null]] })
  })

  test('with one call of its function', async () => {
    let calls = 0
    await settledByRoute(() => ++calls, true)
    expect(calls).toBe(1)
  })
})

describe('a settlement that fails', () => {
  test.each<[string, () => never]>([
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no')) as never],
    ['answers nonsense', () => -1 as never],
  ])('since its function %s keeps the estimate and is a fault', async (_how, settle) => {
    const events: LimiterEvent[] = []
    const limits = [{ ...units, settle }]
    expect(await settled({ limits, cost: 5, onFault: 'allow', observe: (event) => void events.push(event) })).toBe(5)
    expect(events.filter(({ type }) => type === 'fault')).toMatchObject([{ error: { code: 'SLUICE_FUNCTION' }, limit: 'units' }])
  })

  test('in one store does not keep another store from being settled', async () => {
    const store = surviveOutages({ ...memoryStore(), settle: () => Promise.reject(new Error('away')) }, { processes: 1 })
    const jobs = createLimiter<string>({ limits: [{ name: 'jobs', by: (id) => id, rule: concurrency({ capacity: 2 }) }] })
    const events: LimiterEvent[] = []
    const guard = fakeGuard({
      store,
      limits: [{ ...units, settle: () => 1 }],
      limiter: bind(jobs, () => 'all'),
      observe: (event) => void events.push(event),
    })
    const { decide, end } = visit(guard)
    await decide()
    expect(jobs.inspect('jobs', 'all')?.remaining).toBe(1)
    await end()
    expect(jobs.inspect('jobs', 'all')).toBe(null)
    expect(events.filter(({ type }) => type === 'fault')).toMatchObject([{ error: { code: 'SLUICE_STORE' } }])
  })
})

describe('a limit that two stages charge', () => {
  const guardOf = (settle: number): Guard<FakeRequest> =>
    // The clock stands still: what refills meanwhile is not returned again.
    fakeGuard({ store: memoryStore({ clock: manualClock() }), limits: [{ ...ip, settle: () => settle }], cost: () => 5 }, { split: true })
  const leftOfIp = async (guard: Guard<FakeRequest>) => (await guard.admin.inspect('ip', address))?.remaining ?? 10

  test.each([0, 1, 3, 5, 8])('is settled once, by %i units in all', async (settle) => {
    const guard = guardOf(settle)
    const { decide, end } = visit(guard)
    await decide()
    expect(await leftOfIp(guard)).toBe(5)
    await end()
    expect(await leftOfIp(guard)).toBe(10 - settle)
  })
})

test('a limit that two stages charge under two keys is settled on both, and on the first by no more than it holds', async () => {
  const keys = ['first', 'second']
  const limit = { ...units, by: () => keys.shift() ?? 'none', hook: 'onRequest', settle: () => 3 }
  const guard = fakeGuard({ limits: [limit], cost: () => 2 }, { split: true })
  const { decide, end } = visit(guard)
  await decide()
  await end()
  expect([await left(guard, units, 'first'), await left(guard, units, 'second')]).toEqual([9, 8])
})

describe('a limiter of the application', () => {
  const jobsOf = (debit?: 'after') => createLimiter<string>({ limits: [{ name: 'jobs', by: (id) => id, rule, debit }] })

  test.each<[string, Parameters<typeof settled>[1], number]>([
    ['keeps its estimate', undefined, 5],
    ['takes a number', 3, 7],
    ['takes units by name', { jobs: 3 }, 7],
  ])('%s', async (_what, stated, remaining) => {
    const jobs = jobsOf()
    await settled({ limiter: bind(jobs, () => 'all'), cost: 5 }, stated)
    expect(jobs.inspect('jobs', 'all')?.remaining).toBe(remaining)
  })

  test('is charged afterwards where its limit says so', async () => {
    const jobs = jobsOf('after')
    const { decide, end } = visit(fakeGuard({ limiter: bind(jobs, () => 'all'), cost: 5 }))
    await decide()
    expect(jobs.inspect('jobs', 'all')).toBe(null)
    await end()
    expect(jobs.inspect('jobs', 'all')?.remaining).toBe(5)
  })
})

test('cancelled charges come back from every store', async () => {
  const jobs = createLimiter<string>({ limits: [{ name: 'jobs', by: (id) => id, rule }] })
  const guard = fakeGuard({ limits: [units], limiter: bind(jobs, () => 'all'), cost: 5 })
  const { context, decide } = visit(guard)
  await decide()
  await context.sluice.refund()
  expect([await left(guard, units, 'all'), jobs.inspect('jobs', 'all')]).toEqual([10, null])
})

test('failures alone cost: a status of 400 or more, and a client that is gone', () => {
  const costs = [ended({ status: 200 }), ended({ status: 399 }), ended({ status: 400 }), ended({ aborted: true })].map(failuresOnly)
  expect(costs).toEqual([0, 0, 1, 1])
})
