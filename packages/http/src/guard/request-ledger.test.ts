import { watchIntervals } from '@sluice/conformance/adapter'
import { concurrency, createLimiter, type LimiterEvent, memoryStore, surviveOutages, tokenBucket } from '@sluice/core'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type FakeRequest, fakeGuard, left, visit } from '../../test/fake-adapter.ts'
import { bind, type HttpLimit, type HttpOptions } from '../http-limit.ts'
import type { Guard } from './guard.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const slots: HttpLimit<FakeRequest> = { name: 'slots', by: () => 'all', rule: concurrency({ capacity: 2 }) }
const units: HttpLimit<FakeRequest> = { name: 'units', by: () => 'all', rule }
/** A request that is decided, and whose end comes when a test says so. */
function decided(guard: Guard<FakeRequest>) {
  const { context, decide, isWatched, end } = visit(guard)
  return { context, refusal: decide(), isWatched, end }
}

describe('the end of a request', () => {
  test.each<[string, HttpOptions<FakeRequest>]>([
    ['a slot', { limits: [{ ...slots, by: async () => 'all' }] }],
    ['a rule by request, which may be one of slots', { limits: [{ ...units, rule: async () => slots.rule as never }] }],
    ['a settlement', { limits: [{ ...units, by: async () => 'all', settle: () => 0 }] }],
    [
      'a limiter of the application',
      { limiter: bind(createLimiter<string>({ limits: [{ name: 'job', by: (id) => id, rule }] }), async () => 'all') },
    ],
  ])('is watched before a decision on %s is there', async (_what, options) => {
    const { isWatched, refusal } = decided(fakeGuard(options))
    expect(isWatched()).toBe(true)
    expect(await refusal).toBe(null)
  })

  test.each<[string, HttpOptions<FakeRequest>]>([
    ['at once', { limits: [units] }],
    ['later', { limits: [{ ...units, by: async () => 'all' }] }],
  ])('is not watched where nothing but units is charged, %s', async (_how, options) => {
    const { isWatched, refusal } = decided(fakeGuard(options))
    expect(await refusal).toBe(null)
    expect(isWatched()).toBe(false)
  })

  test('settles at once what is answered after it, and a later stage charges it once', async () => {
    let answer: (key: string) => void = () => undefined
    const guard = fakeGuard({ limits: [{ ...slots, by: () => new Promise((resolve) => (answer = resolve)) }, units] })
    const { context, refusal, end } = decided(guard)
    await end()
    answer('all')
    expect(await refusal).toBe(null)
    expect([await left(guard, slots, 'all'), await left(guard, units, 'all')]).toEqual([2, 9])
    const again = guard.decide(context, guard.root.plan, guard.root.late)
    answer('all')
    expect(await again).toBe(null)
    expect([await left(guard, slots, 'all'), await left(guard, units, 'all')]).toEqual([2, 9])
  })

  test('gives back a slot of one stage while the settlement of another never comes', async () => {
    const jobs = createLimiter<string>({ limits: [{ name: 'jobs', by: (id) => id, rule: concurrency({ capacity: 2 }) }] })
    const never = (): Promise<number> => new Promise(() => undefined)
    const guard = fakeGuard({ limits: [slots, { ...units, settle: never }], limiter: bind(jobs, () => 'all') })
    const { refusal, end } = decided(guard)
    expect(await refusal).toBe(null)
    expect((await jobs.inspect('jobs', 'all'))?.remaining).toBe(1)
    void end()
    expect(await jobs.inspect('jobs', 'all')).toBe(null)
  })

  test('ends every renewal, and without a way to see it nothing is renewed', async () => {
    const intervals = watchIntervals()
    onTestFinished(() => intervals.restore())
    const guard = fakeGuard({ limits: [{ ...slots, rule: concurrency({ capacity: 2, lease: intervals.leaseMs }) }] })
    const { end } = decided(guard)
    expect(intervals.active()).toBe(1)
    await end()
    expect(intervals.active()).toBe(0)
    expect(await guard.decide(guard.open({}), guard.root.plan, guard.root.late)).toBe(null)
    expect(intervals.active()).toBe(0)
  })
})

test('a refusal stands and gives back what it can, although a store does not take back what it holds', async () => {
  const broken = memoryStore()
  const store = surviveOutages({ ...broken, settle: () => Promise.reject(new Error('away')) }, { processes: 1 })
  const jobs = createLimiter<string>({ limits: [{ name: 'jobs', by: (id) => id, rule, initial: 0 }] })
  const events: LimiterEvent[] = []
  const guard = fakeGuard({ store, limits: [units], limiter: bind(jobs, () => 'all'), observe: (event) => events.push(event) })
  const refusal = await decided(guard).refusal
  expect(refusal).toMatchObject({ status: 429, refused: { refusedBy: ['jobs'] } })
  expect(events.filter(({ type }) => type === 'fault')).toMatchObject([{ error: { code: 'SLUICE_STORE' } }])
})
