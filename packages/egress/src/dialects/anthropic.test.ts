import { expect, test } from 'vitest'
import { hostileUnits, readQuota, readWait } from '../../test/read-quota.ts'
import { anthropicDialect } from './anthropic.ts'

/** A response of `POST /v1/messages`. */
const real = {
  date: 'Mon, 30 Nov 2026 10:00:00 GMT',
  'anthropic-ratelimit-requests-limit': '50',
  'anthropic-ratelimit-requests-remaining': '0',
  'anthropic-ratelimit-requests-reset': '2026-11-30T10:02:00Z',
  'anthropic-ratelimit-input-tokens-limit': '40000',
  'anthropic-ratelimit-input-tokens-remaining': '39000',
  'anthropic-ratelimit-input-tokens-reset': '2026-11-30T10:00:02Z',
  'anthropic-ratelimit-output-tokens-limit': '8000',
  'anthropic-ratelimit-output-tokens-remaining': '8000',
  'anthropic-ratelimit-output-tokens-reset': '2026-11-30T10:00:00Z',
}

test('reads requests, input tokens and output tokens', () => {
  expect(readQuota(anthropicDialect, real)).toEqual([
    { limit: 'requests', capacity: 50, remaining: 0 },
    { limit: 'input-tokens', capacity: 40_000, remaining: 39_000 },
    { limit: 'output-tokens', capacity: 8000, remaining: 8000 },
  ])
})

test('50 requests that are full again two minutes after the Date of the response have the next one in 2.4 s', () => {
  expect(readWait(anthropicDialect, 429, real)).toBe(2400)
  expect(readWait(anthropicDialect, 529, real)).toBeUndefined()
})

test.each(['never', '2026-13-45T99:00:00Z', '1700000000', '2020-01-01T00:00:00Z', '2999-01-01T00:00:00Z', ''])(
  'a reset of %o is ignored',
  (reset) => {
    expect(readWait(anthropicDialect, 429, { ...real, 'anthropic-ratelimit-requests-reset': reset })).toBe(1000)
  },
)

test.each(hostileUnits)('a rest of %o is ignored', (value) => {
  expect(readQuota(anthropicDialect, { 'anthropic-ratelimit-tokens-remaining': value })).toEqual([])
})
