import { quotaOf } from '@sluice/conformance/adapter'
import { createLimiter, type Decision, memoryStore, shareOf, skip, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { describe, expect, test } from 'vitest'
import { exhausted, impossible, limited, status, visible } from '../../test/decisions.ts'
import { disclosedLimits } from './disclosed-limits.ts'
import { type HeaderPreset, planHeaders } from './header-presets.ts'

const plan = (presets?: readonly HeaderPreset[] | false) => planHeaders({ headers: presets }, () => 1_000_000)
const limits = visible(status('ip'))
const refused = limited(exhausted('ip', 1500))

describe('by default', () => {
  test('every response tells the policy and where the caller stands', () => {
    const lines = plan().quota(limits)
    expect(lines.map(([name]) => name)).toEqual(['RateLimit-Policy', 'RateLimit'])
    expect(quotaOf({ headers: new Headers(lines.map(([name, value]) => [name, value])) })).toEqual({ ip: { q: 10, w: 60, r: 4, t: 6 } })
  })

  test('a refusal tells when to come back, and that no cache may keep it', () => {
    expect(plan().refusal(refused)).toEqual([
      ['Retry-After', '2'],
      ['Cache-Control', 'no-store'],
    ])
  })

  test('an impossible cost is told no time', () => {
    expect(plan().refusal(impossible(exhausted('ip', null)))).toEqual([['Cache-Control', 'no-store']])
  })

  test('no disclosed limit means no field', () => {
    expect(plan().quota(visible())).toEqual([])
  })
})

describe('presets', () => {
  test('add up in the order they are listed', () => {
    const lines = plan(['x-ratelimit-epoch', 'draft-11', { preset: 'gateway', prefix: 'GW' }]).quota(limits)
    expect(lines.map(([name]) => name)).toEqual([
      'X-RateLimit-Limit',
      'X-RateLimit-Remaining',
      'X-RateLimit-Reset',
      'RateLimit-Policy',
      'RateLimit',
      'GW-RateLimit-Replenish-Rate',
      'GW-RateLimit-Burst-Capacity',
      'GW-RateLimit-Remaining',
    ])
  })

  test('read the clock for the epoch format alone', () => {
    const noClock = (): number => {
      throw new Error('read')
    }
    expect(planHeaders({ headers: ['draft-11', 'x-ratelimit-delta'] }, noClock).quota(limits)).toHaveLength(5)
    expect(plan(['x-ratelimit-epoch']).quota(limits)[2]).toEqual(['X-RateLimit-Reset', '1036'])
  })

  test.each([
    ['delta-seconds' as const, '36'],
    ['epoch-seconds' as const, '1036'],
    ['delta-milliseconds' as const, '35100'],
    [undefined, '36'],
  ])('can have names of the application, with a reset in %s', (resetUnit, reset) => {
    const own: HeaderPreset = { preset: 'names', limit: 'X-Quota', remaining: 'X-Quota-Left', reset: 'X-Quota-Back', resetUnit }
    expect(plan([own]).quota(limits)).toEqual([
      ['X-Quota', '10'],
      ['X-Quota-Left', '4'],
      ['X-Quota-Back', reset],
    ])
    expect(plan([{ preset: 'names', remaining: 'X-Quota-Left' }, 'draft-11']).names).toEqual([
      'Retry-After',
      'X-Quota-Left',
      'RateLimit-Policy',
      'RateLimit',
    ])
  })

  test('can tell the wait in milliseconds besides', () => {
    expect(plan(['retry-after-ms']).refusal(refused)).toContainEqual(['retry-after-ms', '1500'])
    expect(plan(['retry-after-ms']).quota(limits)).toEqual([])
  })

  test.each([[false as const], [[]]])('%j leaves Retry-After, without which clients hammer', (presets) => {
    expect(plan(presets).quota(limits)).toEqual([])
    expect(plan(presets).refusal(refused)[0]).toEqual(['Retry-After', '2'])
    expect(plan(presets).names).toEqual(['Retry-After'])
  })

  test('name every header that scripts of another origin need leave to read', () => {
    expect(plan(['draft-11', 'retry-after-ms']).names).toEqual(['Retry-After', 'RateLimit-Policy', 'RateLimit', 'retry-after-ms'])
    expect(plan([{ preset: 'gateway', prefix: 'X-GW' }]).names).toContain('X-GW-Quota-Remaining')
  })
})

describe('a name that an application chooses', () => {
  const named = (name: unknown) => planHeaders({ headers: [{ preset: 'names', limit: name as string }] }, () => 0)

  test.each(['X-Quota', 'quota-left', 'RateLimit-Limit', 'RateLimit-Remaining', 'x'])('may be %s', (name) => {
    expect(named(name).names).toContain(name)
  })

  test.each([
    ...['RateLimit', 'ratelimit-policy', 'Retry-After', 'Set-Cookie', 'Content-Length', 'CONTENT-TYPE', 'Transfer-Encoding', 'Connection'],
    ...['Keep-Alive', 'Upgrade', 'TE', 'Trailer', 'Proxy-Authenticate', 'WWW-Authenticate', 'Location', 'Refresh', 'Cache-Control', 'Vary'],
    ...['ETag', 'Date', 'Access-Control-Allow-Origin', 'Sec-WebSocket-Accept', 'Strict-Transport-Security', '__proto__', 'constructor_'],
    ...['', ' X', 'X Quota', 'X\r\nEvil', 'X:', 'X-Quöte', '1X', `X${'a'.repeat(64)}`, 5, null, {}],
  ])('may not be %j', (name) => {
    expect(() => named(name)).toThrow(expect.objectContaining({ code: 'SLUICE_HEADER_NAME' }))
  })
})

describe('a wrong option', () => {
  const wrong = (presets: unknown): unknown => {
    try {
      return planHeaders({ headers: presets as HeaderPreset[] }, () => 0)
    } catch (error) {
      return error
    }
  }

  test.each([
    ['no list', true, 'SLUICE_OPTION_TYPE', 'headers'],
    ['an unknown preset', ['draft-12'], 'SLUICE_CHOICE', 'headers[0]'],
    ['a preset from a prototype', ['draft-11', 'toString'], 'SLUICE_CHOICE', 'headers[1]'],
    ['nothing', [null], 'SLUICE_CHOICE', 'headers[0]'],
    ['a gateway without prefix', [{ preset: 'gateway' }], 'SLUICE_CHOICE', 'headers[0]'],
    ['a prefix that is no header name', [{ preset: 'gateway', prefix: 'X GW' }], 'SLUICE_OPTION_TYPE', 'headers[0].prefix'],
    ['names without one', [{ preset: 'names' }], 'SLUICE_OPTION_TYPE', 'headers[0]'],
    ['an unknown name of a field', [{ preset: 'names', left: 'X-Left' }], 'SLUICE_OPTION_UNKNOWN', 'headers[0].left'],
    ['an unknown unit', [{ preset: 'names', reset: 'X-Reset', resetUnit: 'ms' }], 'SLUICE_CHOICE', 'headers[0].resetUnit'],
    ['a prefix that would split the response', [{ preset: 'gateway', prefix: 'X\r\nEvil' }], 'SLUICE_OPTION_TYPE', 'headers[0].prefix'],
  ])('%s is named at start-up', (_, presets, code, option) => {
    expect(wrong(presets)).toMatchObject({ code, facts: { option } })
  })

  test.each([
    ['two meanings of one header', ['x-ratelimit-delta', 'x-ratelimit-epoch'], 'X-RateLimit-Limit'],
    ['a name for two numbers', [{ preset: 'names', limit: 'X-Quota', remaining: 'x-quota' }], 'x-quota'],
    ['a name that a preset has', ['x-ratelimit-delta', { preset: 'names', limit: 'x-ratelimit-limit' }], 'x-ratelimit-limit'],
    ['a preset listed twice', ['draft-11', 'draft-11'], 'RateLimit-Policy'],
    [
      'one prefix in two spellings',
      [
        { preset: 'gateway', prefix: 'GW' },
        { preset: 'gateway', prefix: 'gw' },
      ],
      'gw-RateLimit-Replenish-Rate',
    ],
  ])('%s is named too', (_, presets, header) => {
    expect(wrong(presets)).toMatchObject({ code: 'SLUICE_HEADER_TWICE', facts: { header } })
  })
})

describe('an open platform as the core decides it', () => {
  const platform = createLimiter<{ app: string; seller: string | null }>({
    store: memoryStore({ clock: manualClock() }),
    limits: [
      { name: 'api', by: () => 'orders', rule: tokenBucket({ capacity: 1000, per: '1s' }), disclose: false },
      { name: 'app', by: (call) => call.app, rule: tokenBucket({ capacity: 20, refill: 10, per: '1s' }) },
      { name: 'seller', by: (call) => (call.seller === null ? skip : [call.app, call.seller]), rule: shareOf('app', 0.5) },
    ],
  })
  const both = plan(['draft-11', { preset: 'gateway', prefix: 'GW' }])
  const linesOf = (decision: Decision) => Object.fromEntries(both.quota(disclosedLimits(decision)))

  test('tells callers the layers that concern them', () => {
    expect(linesOf(platform.consume({ app: 'a', seller: 's' }, { cost: 3 }))).toEqual({
      'RateLimit-Policy': '"app";q=20;w=2, "seller";q=10;w=2',
      RateLimit: '"app";r=17;t=1, "seller";r=7;t=1',
      'GW-RateLimit-Replenish-Rate': '10',
      'GW-RateLimit-Burst-Capacity': '20',
      'GW-RateLimit-Remaining': '17',
      'GW-Quota-Period': 'SECONDS',
      'GW-Quota-Limit': '10',
      'GW-Quota-Remaining': '7',
    })
  })

  test('tells of no seller where the call has none', () => {
    expect(Object.keys(linesOf(platform.consume({ app: 'b', seller: null })))).toEqual([
      'RateLimit-Policy',
      'RateLimit',
      'GW-RateLimit-Replenish-Rate',
      'GW-RateLimit-Burst-Capacity',
      'GW-RateLimit-Remaining',
    ])
  })
})
