import { describe, expect, test } from 'vitest'
import { tokenBucket } from '../token-bucket/token-bucket.ts'
import { burstMax } from './burst-max.ts'

test('a burst is twice the refill and strict unless said otherwise', () => {
  expect(burstMax({ refill: 10, per: '1s' })).toEqual({
    kind: 'burst-max',
    capacity: 20,
    refill: 10,
    perMs: 1000,
    rate: 10,
    scale: 1,
    periodUs: 1_000_000,
  })
  expect(burstMax({ refill: 10, per: '1s' })).toBe(burstMax({ refill: 10, per: 1000, capacity: 20, mode: 'strict' }))
})

test('in bucket mode it is the interval token bucket of the same numbers', () => {
  expect(burstMax({ refill: 10, per: '1s', capacity: 50, mode: 'bucket' })).toBe(
    tokenBucket({ capacity: 50, refill: 10, per: '1s', mode: 'interval' }),
  )
})

describe('refuses at the start', () => {
  test.each<[string, object, string, string?]>([
    ['a burst below the refill', { refill: 10, per: '1s', capacity: 9 }, 'SLUICE_BURST'],
    ['a strict burst above two refills', { refill: 10, per: '1s', capacity: 21 }, 'SLUICE_BURST'],
    ['a bucket below the refill', { refill: 10, per: '1s', capacity: 9, mode: 'bucket' }, 'SLUICE_BURST'],
    ['no refill', { per: '1s' }, 'SLUICE_WHOLE_NUMBER', 'refill'],
    ['half a unit', { refill: 0.5, per: '1s' }, 'SLUICE_WHOLE_NUMBER', 'refill'],
    ['a negative burst', { refill: 1, per: '1s', capacity: -1 }, 'SLUICE_WHOLE_NUMBER', 'capacity'],
    ['a burst that never comes back', { refill: 0, per: '1s', capacity: 1, mode: 'bucket' }, 'SLUICE_BURST'],
    ['a period that is none', { refill: 1, per: 'bogus' }, 'SLUICE_DURATION', 'per'],
    ['another mode', { refill: 1, per: '1s', mode: 'greedy' }, 'SLUICE_CHOICE', 'mode'],
    ['an option of other rules', { refill: 1, per: '1s', align: 'epoch' }, 'SLUICE_OPTION_UNKNOWN', 'burstMax.align'],
    ['more than can be counted', { refill: 2 ** 51, per: '1s' }, 'SLUICE_RULE_TOO_LARGE'],
  ])('%s', (_, options, code, option) => {
    expect(() => burstMax(options as never)).toThrow(
      expect.objectContaining({ code, facts: expect.objectContaining(option === undefined ? {} : { option }) }),
    )
  })
})
