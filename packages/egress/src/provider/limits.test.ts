import { expect, test } from 'vitest'
import { limitsOf } from './limits.ts'

test('bookings that have left their window are kept for a dialect alone, which reads what headers say about the past', () => {
  const limits = { requests: { capacity: 500, per: '1m' }, tokens: { capacity: 90_000, per: '1s' } }
  const keptUs = (learns: boolean): readonly number[] => limitsOf(limits, 80, learns).dimensions.map(({ retainUs }) => retainUs)
  expect(keptUs(false)).toEqual([0, 0])
  expect(keptUs(true)).toEqual([10_000_000, 1_000_000])
})
