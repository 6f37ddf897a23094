import { concurrency, createLimiter, memoryStore, tokenBucket } from '@sluice/core'
import { expect, test } from 'vitest'
import { ended, type FakeRequest, fakeGuard, left } from '../../test/fake-adapter.ts'
import { bind, type HttpLimit, type RouteOptions } from '../http-limit.ts'
import type { Guard } from './guard.ts'
import type { RequestContext } from './request-context.ts'
import type { Watch } from './request-ledger.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const units: HttpLimit<FakeRequest> = { name: 'units', by: () => 'all', rule }
const none: HttpLimit<FakeRequest> = { name: 'none', by: () => 'all', rule, initial: 0 }
const slots: HttpLimit<FakeRequest> = { name: 'slots', by: () => 'all', rule: concurrency({ capacity: 2 }) }

/** One request through a chain of guards, as middleware does it. */
async function through(...chain: readonly (readonly [Guard<FakeRequest>, RouteOptions<FakeRequest>?])[]) {
  const request: FakeRequest = {}
  let context: RequestContext<FakeRequest> | undefined
  let finish: Parameters<Watch>[0] | undefined
  for (const [guard, own] of chain) {
    const { plan, late } = own === undefined ? guard.root : guard.route(guard.root.plan, own, 'with')
    context = guard.open(request, (whenDone) => (finish = whenDone), context)
    const refusal = await guard.decide(context, plan, late)
    if (refusal !== null) return { refusal, sluice: context.sluice, end: () => finish?.(ended({ status: refusal.status })) }
  }
  return { refusal: null, sluice: context!.sluice, end: () => finish?.(ended()) }
}

test('the same guard in two places charges once, and a later cost tops up', async () => {
  const guard = fakeGuard({ limits: [units] })
  await through([guard], [guard])
  expect(await left(guard, units, 'all')).toBe(9)
  await through([guard], [guard, { cost: 4 }], [guard])
  expect(await left(guard, units, 'all')).toBe(5)
})

test('a refusal further in returns what the guards before it charged, and its headers show that', async () => {
  const guard = fakeGuard({ limits: [units, slots] })
  const { refusal } = await through([guard], [guard, { limits: [none] }])
  expect([refusal?.status, await left(guard, units, 'all'), await left(guard, slots, 'all')]).toEqual([429, 10, 2])
  expect(new Map(refusal?.headers).get('RateLimit')).toContain('"units";r=10')
})

test('a chain holds one slot, until the response has ended', async () => {
  const guard = fakeGuard({ limits: [slots] })
  const { end } = await through([guard], [guard, { limits: [units] }], [guard])
  expect(await left(guard, slots, 'all')).toBe(1)
  await end()
  expect(await left(guard, slots, 'all')).toBe(2)
})

test('a limit that is debited afterwards is charged once by a chain', async () => {
  const guard = fakeGuard({ limits: [{ ...units, debit: 'after' }] })
  const { end } = await through([guard], [guard, { cost: 3 }], [guard])
  await end()
  expect(await left(guard, units, 'all')).toBe(7)
})

test('the innermost guard decides how a limit of the chain is settled', async () => {
  const guard = fakeGuard({ limits: [units], settle: () => 9 })
  const { end } = await through([guard], [guard, { cost: 4, settle: () => 2 }])
  await end()
  expect(await left(guard, units, 'all')).toBe(8)
})

test('a handler settles once for the whole chain', async () => {
  const guard = fakeGuard({ limits: [units] })
  const { sluice } = await through([guard], [guard, { cost: 4 }])
  await sluice.settle(6)
  await sluice.settle(1)
  expect(await left(guard, units, 'all')).toBe(4)
})

test('a limiter of the application is settled once, however many guards ask it', async () => {
  const jobs = createLimiter<string>({
    limits: [
      { name: 'jobs', by: (id) => id, rule },
      { name: 'calls', by: (id) => id, rule, cost: 1 },
    ],
  })
  const guard = fakeGuard({ limiter: bind(jobs, () => 'all') })
  const remaining = () => ['jobs', 'calls'].map((name) => jobs.inspect(name, 'all')?.remaining)
  await (await through([guard], [guard, { cost: 4 }])).sluice.settle(6)
  expect(remaining()).toEqual([4, 9])
  await (await through([guard], [guard, { cost: 4 }])).sluice.settle(2)
  expect(remaining()).toEqual([2, 8])
})

test('one name in two stores is two budgets, and each is settled', async () => {
  const [one, other] = [fakeGuard({ limits: [units] }), fakeGuard({ store: memoryStore(), limits: [units] })]
  const { sluice } = await through([one], [other])
  await sluice.settle(3)
  expect([await left(one, units, 'all'), await left(other, units, 'all')]).toEqual([7, 7])
})
