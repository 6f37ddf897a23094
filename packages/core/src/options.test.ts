import { describe, expect, test } from 'vitest'
import { checkOptions, didYouMean, oneOf, optionalOf } from './options.ts'

test.each([null, undefined, 5, 'x', [], () => 1])('%s is no options object', (options) => {
  expect(() => checkOptions(options, 'tokenBucket', [])).toThrow(/The options of tokenBucket must be an object/)
})

test('an unknown name is refused, with those that are known', () => {
  expect(() => checkOptions({ capacity: 1, brust: 2 }, 'tokenBucket', ['capacity', 'burst'])).toThrow(
    'SLUICE_OPTION_UNKNOWN: tokenBucket.brust is not an option here. Did you mean burst? Known here: capacity, burst.',
  )
})

test('known names pass, whatever they hold', () => {
  expect(() => checkOptions({ capacity: undefined }, 'tokenBucket', ['capacity'])).not.toThrow()
  expect(() => checkOptions(Object.create({ inherited: 1 }), 'tokenBucket', [])).not.toThrow()
})

test('one of the choices passes as itself', () => {
  expect(oneOf('deny', 'onFault', ['throw', 'deny'])).toBe('deny')
  for (const value of ['Deny', '', null, 0, undefined]) {
    expect(() => oneOf(value, 'onFault', ['throw', 'deny'])).toThrow(/onFault is .* Use one of: throw, deny\./)
  }
})

test.each([
  [undefined, 'boolean', true],
  [false, 'boolean', true],
  ['yes', 'boolean', false],
  [null, 'function', false],
  [() => 1, 'function', true],
  ['x', 'string', true],
  [1, 'string', false],
] as const)('%s as an optional %s: %s', (value, type, passes) => {
  const check = (): void => optionalOf(value, 'user.when', type)
  if (passes) expect(check).not.toThrow()
  else expect(check).toThrow(type === 'boolean' ? /user.when must be true or false/ : new RegExp(`user.when must be a ${type}`))
})

describe('a misspelt name', () => {
  const known = ['capacity', 'per', 'refill', 'mode', 'onOutage', 'timeZone']

  test.each([
    ['capcity', 'capacity'],
    ['capactiy', 'capacity'],
    ['cpaactiy', 'capacity'],
    ['Capacity', 'capacity'],
    ['onoutage', 'onOutage'],
    ['timezone', 'timeZone'],
    ['pre', 'per'],
    ['modes', 'mode'],
  ])('%s is taken for %s', (name, meant) => {
    expect(didYouMean(name, known)).toBe(`Did you mean ${meant}? `)
  })

  test.each(['max', 'windowMs', 'x', '', 'keyGenerator', 'p'.repeat(100_000)])('%s is taken for none', (name) => {
    expect(didYouMean(name, known)).toBe('')
  })
})
