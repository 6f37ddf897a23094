import { describe, expect, test } from 'vitest'
import { everyone } from '../key.ts'
import { tokenBucket } from '../rules/token-bucket/token-bucket.ts'
import { checkCallCost, checkCost, costFor } from './call-options.ts'
import { createLimiter } from './limiter.ts'
import { compilePolicy } from './policy.ts'

const rule = tokenBucket({ capacity: 10, per: '1s' })
const policy = compilePolicy<void>(
  [
    { name: 'requests', by: everyone, rule },
    { name: '__proto__', by: everyone, rule },
  ],
  '0',
)

describe('a cost', () => {
  test.each([0, 1, 7, Number.MAX_SAFE_INTEGER])('of %d passes', (value) => {
    expect(checkCost(value, 'tokens')).toBe(value)
  })

  test.each([-1, 0.5, Number.NaN, Infinity, 2 ** 53, '1', 1n, null, undefined, [1]])('of %s does not', (value) => {
    expect(() => checkCost(value, 'tokens')).toThrow(expect.objectContaining({ code: 'SLUICE_COST', facts: { name: 'tokens', value } }))
  })

  test('of -0 is 0', () => {
    expect(Object.is(checkCost(-0, 'tokens'), 0)).toBe(true)
  })
})

describe('the cost of a call', () => {
  test.each([3, 0, {}, { requests: 4 }, { requests: 0, ['__proto__']: 2 }])('%j passes', (cost) => {
    expect(() => checkCallCost(cost as never, policy)).not.toThrow()
  })

  test.each([
    [-1, 'SLUICE_COST'],
    [null, 'SLUICE_COST'],
    ['3', 'SLUICE_COST'],
    [{ requests: 1.5 }, 'SLUICE_COST'],
    [{ requests: undefined }, 'SLUICE_COST'],
    [{ tokens: 1 }, 'SLUICE_LIMIT_UNKNOWN'],
    [{ toString: 1 }, 'SLUICE_LIMIT_UNKNOWN'],
    [[1], 'SLUICE_COST'],
    [[], 'SLUICE_COST'],
    [new Date(), 'SLUICE_COST'],
    [new Map(), 'SLUICE_COST'],
    [Promise.resolve(1), 'SLUICE_COST'],
  ])('%j does not', (cost, code) => {
    expect(() => checkCallCost(cost as never, policy)).toThrow(expect.objectContaining({ code }))
  })
})

test.each([
  ['one number is for every limit', 3, 0, 3],
  ['a name is for its limit', { requests: 4 }, 0, 4],
  ['a name that is missing means what the caller says', {}, 0, 1],
  ['so does one that only the prototype has', {}, 1, 1],
  ['a limit may be named like the prototype', JSON.parse('{"__proto__":5}'), 1, 5],
])('%s', (_, cost, at, units) => {
  expect(costFor(policy.limits[at]!, cost, 1)).toBe(units)
})

describe('an option of a call', () => {
  const limiter = createLimiter<string>({ limits: [{ name: 'user', by: (id) => id, rule: tokenBucket({ capacity: 50, per: '1m' }) }] })

  test.each([
    ['that is misspelt', { cst: 5 }, 'SLUICE_OPTION_UNKNOWN'],
    ['that is misspelt beside a default', { cost: 1, costs: 5 }, 'SLUICE_OPTION_UNKNOWN'],
    ['without a list to extend', { extend: null }, 'SLUICE_OPTION_TYPE'],
    ['with a number to extend', { extend: 5 }, 'SLUICE_OPTION_TYPE'],
    ['with a list of nothing to extend', { extend: [null] }, 'SLUICE_FOREIGN_RESERVATION'],
    ['with a number as its signal', { signal: 5 }, 'SLUICE_OPTION_TYPE'],
    ['with null as its signal', { signal: null }, 'SLUICE_OPTION_TYPE'],
    ['with a date as its cost', { cost: new Date() }, 'SLUICE_COST'],
  ])('%s is refused with a code', (_what, options, code) => {
    for (const verb of ['consume', 'peek', 'reserve', 'refund'] as const) {
      if (verb === 'refund' && 'extend' in options) continue
      expect(() => limiter[verb]('ada', options as never), verb).toThrow(expect.objectContaining({ code }))
    }
  })
})
