import { type LimiterEvent, memoryStore, SluiceError, tokenBucket } from '@sluice/core'
import { SLUICE_FUNCTION } from '@sluice/core/internal'
import { describe, expect, test, vi } from 'vitest'
import { type FakeRequest, fakeGuard, left, send, visit } from '../../test/fake-adapter.ts'
import type { HttpLimit } from '../http-limit.ts'
import type { Guard } from './guard.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const units: HttpLimit<FakeRequest> = { name: 'units', by: () => 'all', rule }
const other: HttpLimit<FakeRequest> = { name: 'other', by: () => 'all', rule }

describe('two guards of one request', () => {
  test('share one ledger: the second charges what the first has not, and writes the headers of both', async () => {
    const store = memoryStore()
    const [outer, inner] = [
      fakeGuard({ store, limits: [units] }),
      fakeGuard({ store, limits: [units, other], headers: ['x-ratelimit-delta'] }),
    ]
    const first = visit(outer)
    await first.decide()
    const context = inner.open(first.context.request, undefined, first.context)
    expect(context.ledger).toBe(first.context.ledger)
    await inner.decide(context, inner.root.plan, inner.root.late)
    expect([await left(outer, units, 'all'), await left(inner, other, 'all')]).toEqual([9, 9])
    expect(inner.quota(context).map(([name]) => name)).toEqual([
      'RateLimit-Policy',
      'RateLimit',
      'X-RateLimit-Limit',
      'X-RateLimit-Remaining',
      'X-RateLimit-Reset',
    ])
  })

  test('that were given two stores are an error, and one store and none are not', () => {
    const first = visit(fakeGuard({ store: memoryStore(), limits: [units] })).context
    const second = fakeGuard({ store: memoryStore(), limits: [units] })
    expect(() => second.open(first.request, undefined, first)).toThrow(expect.objectContaining({ code: 'SLUICE_TWO_STORES' }))
    expect(fakeGuard({ limits: [other] }).open(first.request, undefined, first).ledger).toBe(first.ledger)
  })

  test('the same guard opens the same context again, for the same request alone', () => {
    const guard = fakeGuard({ limits: [units] })
    const { context } = visit(guard)
    expect(guard.open(context.request, undefined, context)).toBe(context)
    expect(guard.open({}, undefined, context)).not.toBe(context)
  })
})

describe('routes', () => {
  test('add to the guard, and `inherit: false` takes its limits away', async () => {
    const guard = fakeGuard({ limits: [units] })
    const added = guard.route(guard.root.plan, { limits: [other] }, 'with')
    const alone = guard.route(guard.root.plan, { inherit: false, limits: [other] }, 'with')
    await visit(guard, {}, added).decide()
    await visit(guard, {}, alone).decide()
    expect([await left(guard, units, 'all'), await left(guard, other, 'all')]).toEqual([9, 8])
  })
})

describe('a fault', () => {
  test('of sluice is told to strangers by its code alone', () => {
    const fault = fakeGuard({}).faultOf(new SluiceError(SLUICE_FUNCTION, { function: 'by', name: 'secret' }))
    expect([fault.code, fault.message.includes('secret')]).toEqual(['SLUICE_FUNCTION', false])
  })

  test('of anything else is one of sluice, whose cause is for observers', () => {
    const events: LimiterEvent[] = []
    const cause = new Error('secret')
    const fault = fakeGuard({ observe: (event) => void events.push(event) }).faultOf(cause)
    expect([fault.code, fault.message.includes('secret'), fault.cause]).toEqual(['SLUICE_STORE', false, cause])
    expect(events).toMatchObject([{ type: 'fault', limit: null }])
  })
})

describe('an answer of onRefused', () => {
  const never = new Promise<string>(() => undefined)
  const guardOf = (onFault: 'throw' | 'allow') => fakeGuard({ functionTimeout: '10ms', onFault })

  test('is the answer while it comes in time, and so is its failure', async () => {
    const cause = new Error('no')
    expect(await guardOf('throw').inTime(Promise.resolve('theirs'), () => 'ours')).toBe('theirs')
    await expect(guardOf('allow').inTime(Promise.reject(cause), () => 'ours')).rejects.toBe(cause)
  })

  test('that takes too long is ours, unless faults are thrown', async () => {
    expect(await guardOf('allow').inTime(never, () => 'ours')).toBe('ours')
    await expect(guardOf('throw').inTime(never, () => 'ours')).rejects.toMatchObject({ code: 'SLUICE_FUNCTION_TIMEOUT' })
  })
})

test('a memory store of its own is closed with the guard, and one of the application is not', async () => {
  const store = memoryStore()
  const close = vi.spyOn(store, 'close')
  await fakeGuard({ store, limits: [units] }).admin.close()
  expect(close).not.toHaveBeenCalled()
  const own = fakeGuard({ limits: [units] })
  const closeOwn = vi.spyOn(own.store, 'close')
  await own.admin.close()
  expect(closeOwn).toHaveBeenCalled()
})

test('a closed guard frees its names for other definitions, without a warning, and its buckets stay', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined)
  const store = memoryStore()
  const load = (capacity: number): Guard<FakeRequest> => {
    const capacityRule = tokenBucket({ capacity, per: '1h' })
    return fakeGuard({ store, limits: [{ name: 'all', by: () => 'all', rule: () => capacityRule, cost: capacity > 5 ? 2 : 1 }] })
  }
  const old = load(5)
  await send(old)
  expect(() => load(20)).toThrow('SLUICE_LIMIT_CONFLICT')
  await old.admin.close()
  const reloaded = load(20)
  await send(reloaded)
  expect(await reloaded.admin.inspect('all', 'all')).toMatchObject({ remaining: 17 })
  expect(warned).not.toHaveBeenCalled()
  warned.mockRestore()
})

test('observers hear decisions and faults from the start', async () => {
  const events: LimiterEvent[] = []
  await send(fakeGuard({ limits: [units], observe: (event) => void events.push(event) }))
  expect(events).toMatchObject([{ type: 'decision', decision: { allowed: true } }])
})
