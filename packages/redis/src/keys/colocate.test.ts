import { type Charge, tokenBucket } from '@sluice/core'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { checkColocationBy } from './colocate.ts'

const emitWarning = vi.spyOn(process, 'emitWarning')
beforeEach(() => void emitWarning.mockReturnValue())
afterEach(() => emitWarning.mockReset())

const rule = tokenBucket({ capacity: 1, per: '1s' })

/** A charge of a key of these parts, in the text that limiters make of them. */
function charge(name: string, ...parts: string[]): Charge {
  const key = parts.length === 1 ? parts[0]! : `\0${parts.map((part) => `s${part.length}:${part}`).join('')}`
  const limit = { name, shadow: false, disclose: true, nearAt: 0.8, debit: 'before', parent: null } as const
  return { limit, key, terms: { rule, initial: 1, version: 0 }, cost: 1 }
}

test('keys that begin with the outer one pass without a word', () => {
  checkColocationBy('api')([charge('api', 'orders'), charge('app', 'orders', 'shop'), charge('seller', 'orders', 'shop', 'ada')])
  expect(emitWarning).not.toHaveBeenCalled()
})

test('a limit whose key begins otherwise is warned of by its name, once', () => {
  const check = checkColocationBy('region')
  for (const address of ['10.0.0.1', '10.0.0.2']) check([charge('region', 'eu'), charge('address', address), charge('app', 'eu', 'shop')])
  expect(emitWarning).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('address'), { type: 'SluiceWarning', code: 'SLUICE_APART' })
})

test('calls that the outer limit is no part of are not checked', () => {
  checkColocationBy('api')([charge('login', 'ann'), charge('address', '10.0.0.1')])
  expect(emitWarning).not.toHaveBeenCalled()
})

test('an outer key of several parts, or of none, is an error that names its limit', () => {
  const refused = expect.objectContaining({ code: 'SLUICE_COLOCATE', facts: { name: 'api' } })
  for (const parts of [['eu', 'orders'], []]) expect(() => checkColocationBy('api')([charge('api', ...parts)])).toThrow(refused)
})
