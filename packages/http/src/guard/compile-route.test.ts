import { createLimiter, shareOf, tokenBucket } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import { type FakeRequest, fakeGuard, visit } from '../../test/fake-adapter.ts'
import { adaptive } from '../adaptive/adaptive.ts'
import { bind, type HttpLimit, type HttpOptions } from '../http-limit.ts'
import { emptyPlan, extendPlan, type Plan } from './compile-route.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const ip: HttpLimit<FakeRequest> = { name: 'ip', rule }
const user: HttpLimit<FakeRequest> = { name: 'user', by: () => 'ada', rule }
const names = ['ip', 'user', 'half', 'server', 'late-ip']

/** The names of the limits of each stage: those that are decided early, then the others; `bound` is a limiter of the application. */
function stagesOf(options: HttpOptions<FakeRequest>, split = true): readonly string[][] {
  const { root } = fakeGuard(options, { split })
  return [root.early, root.late].map((stages) =>
    stages.map((stage) => (stage.bound === null ? names.filter((name) => stage.limitNamed(name) !== undefined).join('+') : 'bound')),
  )
}

describe('a plan', () => {
  const root = emptyPlan as Plan<FakeRequest>
  const jobs = createLimiter<string>({ limits: [{ name: 'jobs', by: (id) => id, rule }] })
  const limiter = bind<FakeRequest>(jobs, () => 'all')
  const when = () => true
  const outer = extendPlan(root, { limits: [ip], limiter, cost: 2, when })

  test('adds limits, limiters and conditions after the outer ones', () => {
    const inner = () => false
    const plan = extendPlan(outer, { limits: [user], when: inner })
    expect([plan.limits, plan.bound, plan.when]).toEqual([[ip, user], [limiter], [when, inner]])
  })

  test('replaces cost and settlement where the route names them', () => {
    const settle = () => 1
    expect(extendPlan(outer, {})).toMatchObject({ cost: 2, settle: undefined })
    expect(extendPlan(outer, { cost: 5, settle })).toMatchObject({ cost: 5, settle })
  })

  test('has a limit and a limiter once', () => {
    const again = extendPlan(outer, { limits: [ip], limiter })
    expect([again.limits, again.bound]).toEqual([[ip], [limiter]])
  })

  test('begins anew where a route does not inherit', () => {
    expect(extendPlan(outer, { inherit: false, limits: [user] })).toEqual({ ...root, limits: [user] })
  })
})

describe('stages', () => {
  const half: HttpLimit<FakeRequest> = { name: 'half', by: () => 'ada', rule: shareOf('ip', 0.5) }
  const server = adaptive({ latency: '1s', eventLoopDelay: false })

  test.each<[string, HttpOptions<FakeRequest>, string[], string[]]>([
    ['limits by address are early, limits by user late', { limits: [user, ip] }, ['ip'], ['user']],
    ['`hook` moves a limit', { limits: [{ ...ip, hook: 'preHandler' } as never] }, [], ['ip']],
    ['a cost function is called late, and tops up what was early', { limits: [ip, user], cost: () => 2 }, ['ip'], ['ip+user']],
    ['a share is decided beside its parent', { limits: [ip, half] }, ['ip'], ['ip+half']],
    ['adaptive capacity is decided after limits by address', { limits: [user, server, ip] }, ['ip'], ['server', 'user']],
  ])('%s', (_what, options, early, late) => {
    expect(stagesOf(options)).toEqual([early, late])
  })

  test('an adapter that decides in one step decides all limits at once', () => {
    expect(stagesOf({ limits: [user, ip] }, false)).toEqual([[], ['ip+user']])
  })

  test('adaptive capacity splits them there too, and comes first if it is told to', () => {
    expect(stagesOf({ limits: [user, server, ip] }, false)).toEqual([[], ['ip', 'server', 'user']])
    const first = adaptive({ latency: '1s', eventLoopDelay: false, order: 'first' })
    expect(stagesOf({ limits: [user, ip, first] })).toEqual([['server', 'ip'], ['user']])
  })

  test('limiters of the application come last', () => {
    const jobs = createLimiter<string>({ limits: [{ name: 'jobs', by: (id) => id, rule }] })
    expect(stagesOf({ limits: [ip], limiter: bind(jobs, () => 'all') })).toEqual([['ip'], ['bound']])
  })

  test.each<[string, HttpOptions<FakeRequest>, string]>([
    ['two limits of one name, one of them adaptive', { limits: [server, { ...user, name: 'server' }] }, 'SLUICE_LIMIT_TWICE'],
    ['a hook where there is one place', { limits: [{ ...ip, hook: 'onRequest' } as never] }, 'SLUICE_HOOK'],
    ['a cost that names no limit', { limits: [ip], cost: { nobody: 1 } }, 'SLUICE_LIMIT_UNKNOWN'],
    ['a cost that nothing can cost', { limits: [ip], cost: { ip: -1 } }, 'SLUICE_COST'],
  ])('%s is an error at start-up', (_what, options, code) => {
    expect(() => fakeGuard(options)).toThrow(expect.objectContaining({ code }))
  })

  test('a cost may name limits of a limiter of the application, which are not known here', () => {
    const jobs = createLimiter<string>({ limits: [{ name: 'jobs', by: (id) => id, rule }] })
    const guard = fakeGuard({ limits: [ip], limiter: bind(jobs, () => 'all'), cost: { ip: 2, jobs: 3 } })
    expect(visit(guard).decide()).toBe(null)
    expect(jobs.inspect('jobs', 'all')).toMatchObject({ remaining: 7 })
    expect(guard.admin.inspect('ip', '192.0.2.1')).toMatchObject({ remaining: 8 })
  })
})
