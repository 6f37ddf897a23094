import { type OutgoingMessage, ServerResponse } from 'node:http'
import { createLimiter, type Decision, fixedWindow, type Limiter, shareOf, tokenBucket } from '@sluice/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { exhausted, limited, status, unavailable } from '../../test/decisions.ts'
import { type FakeRequest, fakeGuard, visit } from '../../test/fake-adapter.ts'
import { bind } from '../http-limit.ts'
import type { HeaderOptions, HeaderPreset } from './header-presets.ts'
import { type HeaderTarget, writeHeaders } from './write-headers.ts'

const presets: fc.Arbitrary<HeaderPreset[] | false | undefined> = fc.oneof(
  fc.constantFrom(undefined, false as const),
  fc.subarray<HeaderPreset>([
    'draft-11',
    'x-ratelimit-delta',
    'retry-after-ms',
    { preset: 'gateway', prefix: 'X-GW' },
    { preset: 'names', limit: 'X-Quota', remaining: 'X-Quota-Left', reset: 'X-Quota-Ms', resetUnit: 'delta-milliseconds' },
  ]),
)
const options: fc.Arbitrary<HeaderOptions> = fc.record({ headers: presets, headersOn: fc.constantFrom('all', 'refusals', undefined) })

/** Layers of which the outer one may be hidden, and one is measured alone. */
const limiters: fc.Arbitrary<Limiter<string>> = fc
  .record({ capacity: fc.integer({ min: 1, max: 4 }), disclose: fc.boolean(), shadow: fc.boolean() })
  .map(({ capacity, disclose, shadow }) =>
    createLimiter<string>({
      limits: [
        { name: 'api', by: () => 'all', rule: fixedWindow({ capacity: 3, per: '1d' }), disclose },
        { name: 'app', by: (key) => key, rule: tokenBucket({ capacity: capacity * 2, per: '1d' }) },
        { name: 'seller', by: (key) => key, rule: shareOf('app', 0.5) },
        { name: 'shadow', by: (key) => key, rule: tokenBucket({ capacity: 1, per: '1d' }), shadow },
      ],
    }),
  )

function written(decision: Decision, own?: HeaderOptions): Record<string, string> {
  const headers = new Headers()
  writeHeaders(decision, headers, own)
  return Object.fromEntries(headers)
}

test('the same bytes are written as by a guard, for the same decision and options', async () => {
  await fc.assert(
    fc.asyncProperty(limiters, options, fc.integer({ min: 0, max: 6 }), async (limiter, own, cost) => {
      const guard = fakeGuard({ limiter: bind<FakeRequest>(limiter as Limiter<unknown>, () => 'me'), cost, ...own })
      for (let i = 0; i < 4; i++) {
        const { context, decide } = visit(guard)
        const refusal = await decide()
        const lines = refusal?.headers.filter(([name]) => name !== 'Content-Type' && name !== 'Refresh') ?? guard.quota(context)
        expect(written(context.sluice.decision!, own)).toEqual(
          Object.fromEntries(lines.map(([name, value]) => [name.toLowerCase(), value])),
        )
      }
    }),
    { numRuns: 500 },
  )
})

/** The context of Koa, as far as it is used. Its `headers` are those of the request. */
function koa() {
  const fields = new Map<string, string>()
  const set = (name: string, value: string): unknown => fields.set(name.toLowerCase(), value)
  return { fields, headers: { host: 'here' }, set, remove: (name: string) => fields.delete(name.toLowerCase()) }
}

describe('the response', () => {
  const refused = limited(exhausted('user', 2500), status('hidden', { disclose: false }))
  const expected = { 'ratelimit-policy': '"user";q=10;w=60', ratelimit: '"user";r=0;t=3', 'retry-after': '3', 'cache-control': 'no-store' }

  test.each<[string, () => HeaderTarget & object, (target: never) => unknown]>([
    ['of node:http', () => new ServerResponse({ method: 'GET' } as never), (response: OutgoingMessage) => response.getHeaders()],
    [
      'of the web standard',
      () => new Response('x', { headers: { 'content-type': 'text/x' } }),
      ({ headers }: Response) => Object.fromEntries(headers),
    ],
    ['of Koa', () => koa() as never, ({ fields }: ReturnType<typeof koa>) => Object.fromEntries(fields)],
    ['that is Headers alone', () => new Headers(), (headers: Headers) => Object.fromEntries(headers)],
  ])('%s gets them', (_what, make, read) => {
    const target = make()
    writeHeaders(refused, target)
    expect(read(target as never)).toMatchObject(expected)
    // What broke later is told by no old number.
    writeHeaders(unavailable(1000), target)
    expect(read(target as never)).not.toHaveProperty('ratelimit')
    expect(read(target as never)).toMatchObject({ 'retry-after': '1' })
  })

  test.each([null, undefined, {}, 'text', { headers: {} }])('that takes no headers is an error: %o', (target) => {
    expect(() => writeHeaders(refused, target as never)).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_TYPE' }))
  })
})

test.each<[object, string]>([
  [{ header: ['draft-11'] }, 'SLUICE_OPTION_UNKNOWN'],
  [{ headers: ['draft-12'] }, 'SLUICE_CHOICE'],
  [{ headersOn: 'refusal' }, 'SLUICE_CHOICE'],
])('wrong options are an error: %o', (own, code) => {
  expect(() => written(limited(exhausted('ip', 1)), own)).toThrow(expect.objectContaining({ code }))
})
