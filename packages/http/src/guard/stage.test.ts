import { concurrency, createLimiter, fixedWindow, type LimiterEvent, skip, tokenBucket } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import { type FakeRequest, fakeGuard, left, send, visit } from '../../test/fake-adapter.ts'
import { bind, type HttpLimit, type HttpOptions } from '../http-limit.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const units: HttpLimit<FakeRequest> = { name: 'units', by: () => 'all', rule }
const other: HttpLimit<FakeRequest> = { name: 'other', by: () => 'all', rule }
const jobsOf = () => createLimiter<string>({ limits: [{ name: 'jobs', by: (id) => id, rule }] })

describe('the cost of a request', () => {
  test.each<[string, HttpOptions<FakeRequest>['cost'], number, number]>([
    ['1 by default', undefined, 9, 9],
    ['a number for all limits', 3, 7, 7],
    ['by limit name, and 1 for the others', { units: 4 }, 6, 9],
    ['a function of the request', (request) => Number(request.user), 8, 8],
    ['a function that answers later', async () => ({ other: 5 }), 9, 5],
    ['nothing', 0, 10, 10],
  ])('is %s', async (_what, cost, ofUnits, ofOther) => {
    const guard = fakeGuard({ limits: [units, other], cost })
    await send(guard, { user: '2' })
    expect([await left(guard, units, 'all'), await left(guard, other, 'all')]).toEqual([ofUnits, ofOther])
  })

  test('is asked once, however many stages want to know', async () => {
    let calls = 0
    const cost = () => {
      calls++
      return 2
    }
    const jobs = jobsOf()
    const guard = fakeGuard({ limits: [{ name: 'ip', rule }, units], cost, limiter: bind(jobs, () => 'all') }, { split: true })
    await send(guard)
    expect([calls, await left(guard, units, 'all'), jobs.inspect('jobs', 'all')?.remaining]).toEqual([1, 8, 8])
    await send(guard)
    expect(calls).toBe(2)
  })

  test.each<[string, () => never]>([
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['answers nonsense', () => -1 as never],
    ['rejects', () => Promise.reject(new Error('no')) as never],
    ['answers nonsense later', () => Promise.resolve({ nobody: 1 }) as never],
  ])('of a function that %s follows onFault', async (_how, cost) => {
    const guardOf = (onFault: HttpOptions<FakeRequest>['onFault'], events: LimiterEvent[] = []) =>
      fakeGuard({ limits: [units], cost, onFault, observe: (event) => void events.push(event) })
    await expect(send(guardOf('throw'))).rejects.toMatchObject({ code: expect.stringContaining('SLUICE_') })
    const events: LimiterEvent[] = []
    const allowing = guardOf('allow', events)
    expect([await send(allowing), await left(allowing, units, 'all')]).toEqual([200, 9])
    expect(events.filter(({ type }) => type === 'fault')).toHaveLength(1)
    const denying = guardOf('deny')
    expect([await send(denying), await left(denying, units, 'all')]).toEqual([503, 10])
  })
})

describe('what must not outlive its request is known before traffic', () => {
  test.each<[string, HttpLimit<FakeRequest>, boolean]>([
    ['units', units, false],
    ['a window', { ...units, rule: fixedWindow({ capacity: 2, per: '1h' }) }, false],
    ['slots', { ...units, rule: concurrency({ capacity: 2 }) }, true],
    ['a settlement', { ...units, settle: () => 1 }, true],
    ['a debit afterwards', { ...units, debit: 'after' }, true],
    ['a rule by request, which may be one of slots', { ...units, rule: () => rule }, true],
  ])('%s', (_what, limit, mayHold) => {
    expect(fakeGuard({ limits: [limit] }).root.late.map((stage) => stage.mayHold)).toEqual([mayHold])
  })
})

describe('how a limit is settled', () => {
  const settle = () => 1
  test.each<[string, HttpLimit<FakeRequest>, boolean]>([
    ['the settlement of its route', units, true],
    ['the settlement of its route, which may name it, where it has a cost of its own', { ...units, cost: 2 }, true],
    ['by itself, whatever its cost', { ...units, cost: 2, settle }, true],
    ['as it was decided, where it is debited afterwards', { ...units, cost: 2, debit: 'after' }, true],
  ])('%s', (_what, limit, settled) => {
    const [stage] = fakeGuard({ limits: [limit], settle }).root.late
    expect(stage?.settles.has('units')).toBe(settled)
  })
})

describe('a limiter of the application', () => {
  test('is charged for the subject of each request, and not for skip', async () => {
    const jobs = jobsOf()
    const guard = fakeGuard({ limiter: bind<FakeRequest>(jobs, async ({ user }) => user ?? skip) })
    await send(guard, { user: 'ada' })
    await send(guard, {})
    expect([jobs.inspect('jobs', 'ada')?.remaining, jobs.inspect('jobs', 'null')]).toEqual([9, null])
  })

  test.each([
    ['at once', () => JSON.parse('null')],
    ['later', async () => JSON.parse('null')],
  ])('takes a subject of null for a fault: a client can send it, %s', async (_, subject) => {
    const guard = fakeGuard({ limiter: bind<FakeRequest>(jobsOf(), subject) })
    await expect(send(guard)).rejects.toMatchObject({ code: 'SLUICE_SUBJECT' })
  })

  test('takes names that are no limit of the guard', async () => {
    const jobs = jobsOf()
    const guard = fakeGuard({ limits: [units], limiter: bind(jobs, () => 'all'), cost: { jobs: 3, units: 2 } })
    await send(guard)
    expect([jobs.inspect('jobs', 'all')?.remaining, await left(guard, units, 'all')]).toEqual([7, 8])
  })

  test.each([
    [
      'whose subject function throws',
      () => {
        throw new Error('no')
      },
    ],
    ['whose subject function rejects', () => Promise.reject(new Error('no'))],
  ])('%s follows onFault', async (_how, subject) => {
    const guardOf = (onFault: HttpOptions<FakeRequest>['onFault']) =>
      fakeGuard({ limits: [units], limiter: bind<FakeRequest>(jobsOf(), subject), onFault })
    await expect(send(guardOf('throw'))).rejects.toMatchObject({ code: 'SLUICE_ROUTE_FUNCTION' })
    expect(await send(guardOf('allow'))).toBe(200)
    const denying = guardOf('deny')
    expect([await send(denying), await left(denying, units, 'all')]).toEqual([503, 10])
  })

  test('that refuses gives back what the guard has charged, and headers show that', async () => {
    const jobs = createLimiter<string>({ limits: [{ name: 'jobs', by: (id) => id, rule, initial: 0 }] })
    const guard = fakeGuard({ limits: [units], limiter: bind(jobs, () => 'all') })
    const refusal = await visit(guard).decide()
    expect(refusal?.refused?.refusedBy).toEqual(['jobs'])
    expect(new Map(refusal?.headers).get('RateLimit')).toMatch(/^"units";r=10/)
    expect(await left(guard, units, 'all')).toBe(10)
  })
})
