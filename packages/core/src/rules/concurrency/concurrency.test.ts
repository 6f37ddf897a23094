import { describe, expect, test } from 'vitest'
import { concurrency } from './concurrency.ts'

test('a lease lasts thirty seconds unless said otherwise', () => {
  expect(concurrency({ capacity: 3 })).toEqual({ kind: 'concurrency', capacity: 3, scale: 1, leaseMs: 30_000 })
  expect(concurrency({ capacity: 3, lease: '30s' })).toBe(concurrency({ capacity: 3 }))
})

describe('refuses at the start', () => {
  test.each<[string, object, string, string]>([
    ['half a slot', { capacity: 0.5 }, 'SLUICE_WHOLE_NUMBER', 'capacity'],
    ['half a slot', { capacity: 1.5 }, 'SLUICE_WHOLE_NUMBER', 'capacity'],
    ['a lease of no time', { capacity: 1, lease: 0 }, 'SLUICE_DURATION', 'lease'],
    ['a lease that is nothing', { capacity: 1, lease: null }, 'SLUICE_DURATION', 'lease'],
    ['a lease without end', { capacity: 1, lease: '367d' }, 'SLUICE_DURATION', 'lease'],
    ['a period', { capacity: 1, per: '1s' }, 'SLUICE_OPTION_UNKNOWN', 'concurrency.per'],
  ])('%s', (_, options, code, option) => {
    expect(() => concurrency(options as never)).toThrow(expect.objectContaining({ code, facts: expect.objectContaining({ option }) }))
  })
})
