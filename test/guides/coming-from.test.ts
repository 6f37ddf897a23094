/** "Coming from another limiter" is true: every row that says `same` is tried on both sides, and the other rows say what differs. */
import { describe, expect, test } from 'vitest'
import { seenOf } from './comparison.ts'
import { comparisonsWithExpressRateLimit } from './peers/express-rate-limit.ts'
import { comparisonsWithExpressSlowDown } from './peers/express-slow-down.ts'
import { comparisonsWithFastifyRateLimit } from './peers/fastify-rate-limit.ts'
import { comparisonsWithHonoRateLimiter } from './peers/hono-rate-limiter.ts'
import { comparisonsWithNestjsThrottler } from './peers/nestjs-throttler.ts'
import { comparisonsWithRateLimiterFlexible } from './peers/rate-limiter-flexible.ts'
import { comparisonsWithUpstashRatelimit } from './peers/upstash-ratelimit.ts'
import { rowsOf } from './tables.ts'

const comparisons = {
  'express-rate-limit': comparisonsWithExpressRateLimit,
  '@fastify/rate-limit': comparisonsWithFastifyRateLimit,
  'hono-rate-limiter': comparisonsWithHonoRateLimiter,
  '@nestjs/throttler': comparisonsWithNestjsThrottler,
  'rate-limiter-flexible': comparisonsWithRateLimiterFlexible,
  '@upstash/ratelimit': comparisonsWithUpstashRatelimit,
  'express-slow-down': comparisonsWithExpressSlowDown,
}
const rows = rowsOf('docs/guides/coming-from.md')

test('the guide knows these peers and no others', () => {
  expect([...new Set(rows.map(({ peer }) => peer))]).toEqual(Object.keys(comparisons))
})

test.each(rows)('$peer: $option is the same, or says how it differs or that it is missing', ({ verdict }) => {
  expect(verdict).toMatch(/^(same(; \S.+)?|differs: \S.{10,}|missing: \S.{10,})$/)
})

describe.concurrent.each(Object.entries(comparisons))('%s', (peer, withPeer) => {
  test('is compared in every row that says `same`, and in no other', () => {
    const same = rows.filter((row) => row.peer === peer && row.verdict.startsWith('same'))
    expect(Object.keys(withPeer).toSorted()).toEqual(same.map(({ option }) => option).toSorted())
  })

  test.each(Object.entries(withPeer))('%s', async (_option, { theirs, ours, see, seen }) => {
    const [peers, sluices] = await Promise.all([seenOf(theirs, see), seenOf(ours, see)])
    expect({ peers, sluices }).toEqual({ peers: seen, sluices: seen })
  })
})
