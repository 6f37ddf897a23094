import { expect, test } from 'vitest'
import { hostileUnits, readQuota, readWait } from '../../test/read-quota.ts'
import { azureOpenaiDialect } from './azure-openai.ts'
import { openaiDialect } from './openai.ts'

/** A response of `POST /v1/chat/completions`. */
const real = {
  'x-ratelimit-limit-requests': '500',
  'x-ratelimit-limit-tokens': '200000',
  'x-ratelimit-remaining-requests': '499',
  'x-ratelimit-remaining-tokens': '199980',
  'x-ratelimit-reset-requests': '120ms',
  'x-ratelimit-reset-tokens': '6ms',
}

test('reads requests and tokens', () => {
  expect(readQuota(openaiDialect, real)).toEqual([
    { limit: 'requests', capacity: 500, remaining: 499 },
    { limit: 'tokens', capacity: 200_000, remaining: 199_980 },
  ])
})

test.each([
  ['1m0s', 1000],
  ['6m0s', 6000],
  ['2h0m0s', 120_000],
  ['20ms', 1000],
  ['soon', 1000],
  ['-1s', 1000],
  ['', 1000],
])(
  'after a 429 without Retry-After, 60 requests that are full again in %s have the next one in %i ms, and never before a second',
  (reset, ms) => {
    const empty = { 'x-ratelimit-limit-requests': '60', 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': reset }
    expect(readWait(openaiDialect, 429, empty)).toBe(ms)
    expect(readWait(openaiDialect, 429, { ...empty, 'x-ratelimit-remaining-requests': '3' })).toBe(1000)
    expect(readWait(openaiDialect, 200, empty)).toBeUndefined()
  },
)

test.each(hostileUnits)('a limit of %o is ignored, and what else the response says is not', (value) => {
  const hostile = { ...real, 'x-ratelimit-limit-requests': value, 'x-ratelimit-remaining-requests': value }
  expect(readQuota(openaiDialect, hostile)).toEqual([{ limit: 'tokens', capacity: 200_000, remaining: 199_980 }])
})

test('a header that comes twice counts if both say the same', () => {
  const name = 'x-ratelimit-remaining-requests'
  expect(readQuota(openaiDialect, { [name]: ['7', '7'] })).toEqual([{ limit: 'requests', remaining: 7 }])
  expect(readQuota(openaiDialect, { [name]: ['7', '8'] })).toEqual([])
})

test('Azure says what remains, and on a 429 a reset in bare seconds', () => {
  const refused = { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '26', 'x-ratelimit-remaining-requests': '119' }
  expect(readQuota(azureOpenaiDialect, refused)).toEqual([
    { limit: 'requests', remaining: 119 },
    { limit: 'tokens', remaining: 0 },
  ])
  expect(readWait(azureOpenaiDialect, 429, refused)).toBe(26_000)
})
