import { describe, expect, test } from 'vitest'
import { everyone } from '../../key.ts'
import type { CountingRule } from '../../kind.ts'
import type { Limit } from '../../limit.ts'
import { createLimiter } from '../../limiter/limiter.ts'
import { compilePolicy } from '../../limiter/policy.ts'
import { burstMax } from '../burst-max/burst-max.ts'
import { concurrency } from '../concurrency/concurrency.ts'
import { fixedWindow } from '../fixed-window/fixed-window.ts'
import { shareOf } from '../share/share.ts'
import { slidingWindow } from '../sliding-window/sliding-window.ts'
import { tokenBucket } from '../token-bucket/token-bucket.ts'
import { guaranteedShareOf } from './guaranteed-share.ts'

const coded = (code: string, facts: object = {}): unknown => expect.objectContaining({ code, facts: expect.objectContaining(facts) })
const limit = (name: string, rule: unknown, more: object = {}): Limit => ({ name, by: everyone, rule, ...more }) as Limit
const share = (name: string, parent: string, ratio: number, more: object = {}): Limit => limit(name, guaranteedShareOf(parent, ratio), more)
const api = limit('api', fixedWindow({ capacity: 10, per: '1s' }))

describe('the parent of a guaranteed share', () => {
  test.each<[string, CountingRule, number]>([
    ['a fixed window since the epoch', fixedWindow({ capacity: 25, per: '1s' }), 7],
    ['a bucket that is refilled by interval', tokenBucket({ capacity: 100, refill: 25, per: '1s', mode: 'interval' }), 7],
    ['one that holds less than its refill', tokenBucket({ capacity: 15, refill: 25, per: '1s', mode: 'interval' }), 4],
    ['a strict burst', burstMax({ refill: 25, per: '1s' }), 7],
    ['a burst by a bucket', burstMax({ refill: 25, per: '1s', mode: 'bucket' }), 7],
    ['too small for a whole unit', fixedWindow({ capacity: 2, per: '1s' }), 1],
  ])('may be %s', (_, rule, guarantee) => {
    const limiter = createLimiter({ limits: [limit('api', rule), share('app', 'api', 0.3)] as Limit<void, 'sync'>[] })
    expect(limiter.peek().limits[1]).toMatchObject({
      capacity: guarantee,
      remaining: guarantee,
      rule: { kind: 'guaranteed', refill: guarantee, perMs: 1000 },
    })
  })

  test.each<[string, CountingRule, string]>([
    ['greedy', tokenBucket({ capacity: 10, per: '1s' }), 'token-bucket'],
    ['a window from the first charge', fixedWindow({ capacity: 10, per: '1s', align: 'first' }), 'first-window'],
    ['a day of a time zone', fixedWindow({ capacity: 10, per: 'day', timeZone: 'UTC' }), 'calendar-window'],
    ['a sliding window', slidingWindow({ capacity: 10, per: '1s' }), 'sliding-window'],
    ['an exact one', slidingWindow({ capacity: 10, per: '1s', exact: true }), 'sliding-log'],
    ['slots', concurrency({ capacity: 10 }), 'concurrency'],
  ])('cannot be %s', (_, rule, value) => {
    const limits = [limit('api', rule), share('app', 'api', 0.3)]
    expect(() => compilePolicy(limits, '0')).toThrow(coded('SLUICE_GUARANTEE_PARENT', { name: 'app', parent: 'api', value }))
  })

  test('cannot be guaranteed itself, but may be a plain share', () => {
    const plain = limit('partner', shareOf('api', 0.5))
    expect(() => compilePolicy([api, plain, share('app', 'partner', 0.3)], '0')).not.toThrow()
    const nested = [api, share('partner', 'api', 0.5), share('app', 'partner', 0.3)]
    expect(() => compilePolicy(nested, '0')).toThrow(coded('SLUICE_GUARANTEE_PARENT', { name: 'app', value: 'guaranteed' }))
  })

  test('that a function answers is a fault of the call, with the mend', () => {
    const limits = [limit('api', () => tokenBucket({ capacity: 10, per: '1s' })), share('app', 'api', 0.3)] as Limit<void, 'sync'>[]
    const fault = coded('SLUICE_GUARANTEE_PARENT', { name: 'app' })
    expect(() => createLimiter({ limits }).consume()).toThrow(fault)
    expect(() => createLimiter({ limits }).consume()).toThrow(/tokenBucket\(\) in mode 'interval'/)
    expect(createLimiter({ limits, onFault: 'deny' }).consume()).toMatchObject({ outcome: 'unavailable', refusedBy: ['app'] })
  })
})

describe('guarantees of one parent', () => {
  test('sum to at most all of it', () => {
    expect(() => compilePolicy([api, share('a', 'api', 0.7), share('b', 'api', 0.3)], '0')).not.toThrow()
    const more = [api, share('a', 'api', 0.7), limit('c', shareOf('api', 0.9)), share('b', 'api', 0.300000001)]
    expect(() => compilePolicy(more, '0')).toThrow(coded('SLUICE_GUARANTEE_SUM', { names: ['a', 'b'], parent: 'api' }))
  })

  test('that are only measured are counted among themselves', () => {
    const limits = [api, share('a', 'api', 0.7), share('b', 'api', 0.7, { shadow: true })]
    expect(() => compilePolicy(limits, '0')).not.toThrow()
    expect(() => compilePolicy([...limits, share('c', 'api', 0.4, { shadow: true })], '0')).toThrow(
      coded('SLUICE_GUARANTEE_SUM', { names: ['b', 'c'] }),
    )
  })
})

describe('a guaranteed share', () => {
  test.each([
    ['cost', 2],
    ['debit', 'after'],
    ['initial', 1],
  ])('has no %s of its own', (option, value) => {
    const limits = [api, share('app', 'api', 0.3, { [option]: value })]
    expect(() => compilePolicy(limits, '0')).toThrow(coded('SLUICE_GUARANTEE_OPTION', { name: 'app', parent: 'api', option }))
  })

  test('is charged when its parent is', () => {
    const { limits } = compilePolicy([{ ...api, debit: 'after' }, share('app', 'api', 0.3), limit('plain', shareOf('api', 0.3))], '0')
    expect(limits.map(({ facts }) => facts.debit)).toEqual(['after', 'after', 'before'])
  })

  test('may be shared in turn: of what is guaranteed, and no more', () => {
    const limits = [api, share('app', 'api', 0.5), limit('seller', shareOf('app', 0.5))] as Limit<void, 'sync'>[]
    expect(createLimiter({ limits }).peek().limits[2]).toMatchObject({
      capacity: 2,
      rule: { kind: 'token-bucket', mode: 'interval', refill: 2.5, perMs: 1000, rate: 5, scale: 2 },
    })
  })

  test.each([[{ guaranteed: true }], [{}], [null]])('is not what shareOf makes with the options %j', (options) => {
    const refused = coded('SLUICE_OPTION_TYPE', { option: 'The third argument of shareOf', value: options })
    expect(() => shareOf('api', 0.5, options as never)).toThrow(refused)
  })

  test('is not the same as a plain one', () => {
    expect(guaranteedShareOf('api', 0.5)).not.toBe(shareOf('api', 0.5))
  })
})
