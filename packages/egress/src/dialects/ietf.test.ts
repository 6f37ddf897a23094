import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hostileUnits, readQuota, readWait } from '../../test/read-quota.ts'
import { ietfDialect } from './ietf.ts'

const dialect = ietfDialect({ burst: 'requests' })

describe.each([
  ['of the present draft', 'r', 't'],
  ['that may come', 'a', 'w'],
])('with the names %s', (_, left, wait) => {
  test('reads what is left of each policy, by the name of its limit', () => {
    const headers = {
      'ratelimit-policy': '"burst";q=100;w=60, "daily";q=1000;w=86400',
      ratelimit: `"burst";${left}=50;${wait}=30, "daily";${left}=999`,
    }
    expect(readQuota(dialect, headers)).toEqual([
      { limit: 'requests', capacity: 100, remaining: 50 },
      { limit: 'daily', capacity: 1000, remaining: 999 },
    ])
  })

  test('after a 429 it waits for the longest of the quotas that are used up', () => {
    const headers = { ratelimit: `"burst";${left}=0;${wait}=30, "daily";${left}=0;${wait}=7, "hour";${left}=1;${wait}=900` }
    expect(readWait(dialect, 429, headers)).toBe(30_000)
    expect(readWait(dialect, 429)).toBe(1000)
    expect(readWait(dialect, 200, headers)).toBeUndefined()
  })
})

test('a field may be split over several lines, and may leave out a policy or a state', () => {
  const headers = { 'ratelimit-policy': ['"burst";q=100;w=60', '"daily";q=1000'], ratelimit: '"week";r=3' }
  expect(readQuota(dialect, headers)).toEqual([
    { limit: 'requests', capacity: 100 },
    { limit: 'daily', capacity: 1000 },
    { limit: 'week', remaining: 3 },
  ])
})

test('calls in flight are no units of a window, and a cached response says nothing', () => {
  const headers = { 'ratelimit-policy': '"slots";q=5;qu="concurrent-requests"', ratelimit: '"slots";r=1, "burst";r=2' }
  expect(readQuota(dialect, headers)).toEqual([{ limit: 'requests', remaining: 2 }])
  expect(readQuota(dialect, { ...headers, age: '30' })).toEqual([])
})

test.each([
  '"burst";r=5, daily"',
  'limit=100, remaining=50, reset=30',
  '100;w=60',
  '"é";r=5',
  '"burst";r',
  '"burst";r=:aGk=:',
  'burst;r=5',
  '"burst"',
])('a field of %o is ignored', (ratelimit) => {
  expect(readQuota(dialect, { ratelimit })).toEqual([])
  expect(readWait(dialect, 429, { ratelimit })).toBe(1000)
})

test.each([...hostileUnits, '"5"', '?1'])('a rest of %o is ignored', (value) => {
  expect(readQuota(dialect, { ratelimit: `"daily";r=${value === '5, 60' ? '-5' : value}` })).toEqual([])
})

test('no text makes it throw', () => {
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^("[a-z]{1,3}"(;[qrtaw]=-?\d{1,17})*,? ?){0,4}$/))
  fc.assert(
    fc.property(text, text, (ratelimit, policy) => {
      for (const { capacity, remaining } of readQuota(dialect, { ratelimit, 'ratelimit-policy': policy })) {
        for (const units of [capacity, remaining]) expect(units === undefined || (Number.isSafeInteger(units) && units >= 0)).toBe(true)
      }
    }),
  )
})

test.each([null, 'burst', { burst: 1 }])('names of %o are an error at the start', (policies) => {
  expect(() => ietfDialect(policies as never)).toThrow('SLUICE_OPTION_TYPE')
})
