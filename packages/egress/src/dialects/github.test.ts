import { expect, test } from 'vitest'
import { hostileUnits, readQuota, readWait } from '../../test/read-quota.ts'
import { githubDialect } from './github.ts'

const dateMs = Date.parse('Mon, 30 Nov 2026 10:00:00 GMT')

/** A response of `GET /search/issues`. */
const real = {
  date: 'Mon, 30 Nov 2026 10:00:00 GMT',
  'x-ratelimit-limit': '30',
  'x-ratelimit-remaining': '18',
  'x-ratelimit-used': '12',
  'x-ratelimit-resource': 'search',
  'x-ratelimit-reset': String(dateMs / 1000 + 42),
}

test('reads the limit that the resource names, and when its window ends by the clock of the response', () => {
  expect(readQuota(githubDialect, real)).toEqual([{ limit: 'search', capacity: 30, remaining: 18, endsInMs: 42_000 }])
})

test('without a resource it is `core`; without a rest it is what is not used', () => {
  const { 'x-ratelimit-resource': _, 'x-ratelimit-remaining': __, ...rest } = real
  expect(readQuota(githubDialect, rest)).toMatchObject([{ limit: 'core', capacity: 30, remaining: 18 }])
})

test.each<[string, number, Record<string, string>, number | undefined]>([
  ['a primary limit, as 403, until a second after the reset', 403, { ...real, 'x-ratelimit-remaining': '0' }, 43_000],
  ['a primary limit, as 429', 429, { ...real, 'x-ratelimit-remaining': '0' }, 43_000],
  ['a primary limit with a reset that is none', 403, { ...real, 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': 'soon' }, 61_000],
  ['a secondary limit with Retry-After, which counts', 403, { ...real, 'retry-after': '30' }, 60_000],
  ['a secondary limit without one, a minute', 429, real, 60_000],
  ['a missing right', 403, real, undefined],
  ['a success', 200, { ...real, 'x-ratelimit-remaining': '0' }, undefined],
])('%s', (_, status, headers, ms) => {
  expect(readWait(githubDialect, status, headers)).toBe(ms)
})

test.each(hostileUnits)('a reset of %o is ignored', (value) => {
  expect(readQuota(githubDialect, { ...real, 'x-ratelimit-reset': value })).toEqual([{ limit: 'search', capacity: 30, remaining: 18 }])
})

test.each(hostileUnits)('numbers of %o are ignored', (value) => {
  const hostile = { 'x-ratelimit-limit': value, 'x-ratelimit-remaining': value, 'x-ratelimit-used': value }
  expect(readQuota(githubDialect, { ...real, ...hostile })).toEqual([])
})
