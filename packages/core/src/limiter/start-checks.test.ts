import { describe, expect, test } from 'vitest'
import { everyone } from '../key.ts'
import { burstMax } from '../rules/burst-max/burst-max.ts'
import { concurrency } from '../rules/concurrency/concurrency.ts'
import { fixedWindow } from '../rules/fixed-window/fixed-window.ts'
import { guaranteedShareOf } from '../rules/guaranteed/guaranteed-share.ts'
import { shareOf } from '../rules/share/share.ts'
import { slidingWindow } from '../rules/sliding-window/sliding-window.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { createLimiter } from './limiter.ts'

describe('a limiter starts not', () => {
  const factories = { tokenBucket, burstMax, fixedWindow, slidingWindow, concurrency, shareOf, guaranteedShareOf }

  test.each(Object.entries(factories))('with the function %s as a rule', (name, factory) => {
    const start = (): unknown => createLimiter({ limits: [{ name: 'user', by: everyone, rule: factory as never }] })
    expect(start).toThrow(`SLUICE_RULE_UNCALLED: The rule of the limit user is the function ${name} itself`)
  })

  test('with a fixed cost that its fixed capacity can never pay', () => {
    const limits = [{ name: 'user', by: everyone, rule: tokenBucket({ capacity: 5, per: '1m' }), cost: 6 }]
    expect(() => createLimiter({ limits })).toThrow('SLUICE_COST_CAPACITY: user.cost is 6, which is above the capacity 5')
  })
})

describe('a limiter starts', () => {
  test('with a rule function of the application that has the name of ours', () => {
    const plans = { tokenBucket: () => tokenBucket({ capacity: 5, per: '1m' }) }
    expect(createLimiter({ limits: [{ name: 'user', by: everyone, rule: plans.tokenBucket }] }).consume().allowed).toBe(true)
  })

  test.each([
    ['equals the capacity', { rule: tokenBucket({ capacity: 5, per: '1m' }), cost: 5 }],
    ['is charged afterwards', { rule: tokenBucket({ capacity: 5, per: '1m' }), cost: 6, debit: 'after' }],
    ['is a slot whatever is asked', { rule: concurrency({ capacity: 5 }), cost: 6 }],
    ['meets a capacity that a function answers', { rule: () => tokenBucket({ capacity: 5, per: '1m' }), cost: 6 }],
  ] as const)('with a cost that %s', (_what, options) => {
    expect(() => createLimiter({ limits: [{ name: 'user', by: everyone, ...options }] })).not.toThrow()
  })
})
