/** What callers and providers say that makes no sense: it is refused or ignored as a whole, and nothing is booked by half. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fakeTime, outcomes, pass, providerOf } from '../../test/provider-scene.ts'
import { anthropicDialect } from '../dialects/anthropic.ts'
import { openaiDialect } from '../dialects/openai.ts'
import { fetchThrough } from '../fetch/fetch-through.ts'
import { EgressRefusal } from '../refusal.ts'
import type { AcquireOptions } from './acquire-options.ts'
import { withCallContext } from './context.ts'

fakeTime()

const limits = { requests: { capacity: 2, per: '1s' }, tokens: { capacity: 50, per: '1s' } } as const

const nonsense = fc.oneof(
  fc.constantFrom(undefined, null, Number.NaN, Number.POSITIVE_INFINITY, -1, 1.5, 51, 2 ** 53, '5', '', true, [], {}, () => 5),
  fc.string(),
)

test('a call with a wrong cost, lane, caller or deadline is a coded error, and leaves the whole window to the next call', async () => {
  const wrong: fc.Arbitrary<unknown> = fc.oneof(
    fc.record({ cost: fc.record({ tokens: nonsense, requests: nonsense }) }),
    fc.record({ cost: fc.constant({ tokens: 5 }), lane: nonsense.filter((lane) => lane !== undefined) }),
    fc.record({
      cost: fc.constant({ tokens: 5 }),
      caller: nonsense.filter((caller) => caller !== undefined && typeof caller !== 'string'),
    }),
    fc.record({ cost: fc.constant({ tokens: 5 }), deadlineMs: nonsense.filter((ms) => ms !== undefined && typeof ms !== 'number') }),
  )
  await fc.assert(
    fc.asyncProperty(wrong, async (options) => {
      const provider = providerOf({ limits })
      const error: unknown = await provider.acquire(options as AcquireOptions).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ code: expect.stringMatching(/^SLUICE_/) })
      expect(provider.snapshot()).toMatchObject({ waiting: 0, inFlight: 0 })
      const { ends, call } = outcomes(provider)
      await call({ cost: { requests: 2, tokens: 50 } })
      expect(ends).toEqual([0])
    }),
    { numRuns: 300 },
  )
})

test('a cost above a window is a refusal without a wait, which callers can tell from one to come back to', async () => {
  const error: unknown = await providerOf({ limits })
    .acquire({ cost: { tokens: 51 } })
    .catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(EgressRefusal)
  expect(error).toMatchObject({ code: 'SLUICE_EGRESS_COST', retryAfterMs: null, scope: 'caller' })
})

describe.each([
  ['openaiDialect', openaiDialect, (limit: string, what: string) => `x-ratelimit-${what}-${limit}`],
  ['anthropicDialect', anthropicDialect, (limit: string, what: string) => `anthropic-ratelimit-${limit}-${what}`],
] as const)('%s', (_, dialect, header) => {
  test.each(['NaN', '', ' ', '-1', '1e3', '0x10', '1.5', 'Infinity', '99999999999999999999', 'soon'])(
    'learns nothing from a header that is %j',
    async (text) => {
      const provider = providerOf({ limits, dialect })
      const faults: unknown[] = []
      provider.observe((event) => event.type === 'fault' && faults.push(event.error))
      const headers = Object.fromEntries(
        ['requests', 'tokens'].flatMap((limit) => ['limit', 'remaining'].map((what) => [header(limit, what), text])),
      )
      const permit = await provider.acquire({ cost: { tokens: 25 } })
      permit.observe({ ...headers, 'retry-after': text }, 200)
      permit.settle()
      const { ends, call } = outcomes(provider)
      await call({ cost: { tokens: 25 } })
      expect(ends).toEqual([0])
      expect(faults).toEqual([])
    },
  )
})

test('a 429 whose Retry-After is no number stops the calls for a second', async () => {
  const provider = providerOf({ limits })
  const { ends, call } = outcomes(provider)
  const permit = await call({ cost: { tokens: 1 } })
  permit?.observe({ 'retry-after': 'NaN' }, 429)
  void call({ cost: { tokens: 1 } })
  await pass(1000)
  expect(ends).toEqual([0, 1000])
})

test('a deadline in the past is a 429 with the wait through `fetch`, unless the call can be sent at once; calls of a context share it', async () => {
  const provider = providerOf({ limits: { requests: { capacity: 1, per: '1s' } } })
  const sent: string[] = []
  const send = async (input: unknown): Promise<Response> => {
    sent.push(String(input))
    return new Response('{}')
  }
  const fetch = fetchThrough(provider, { origins: ['https://llm.example'], fetch: send as typeof globalThis.fetch })
  const responses = await withCallContext({ deadlineMs: -5000, caller: 'ada' }, () =>
    Promise.all([1, 2].map((id) => fetch(`https://llm.example/${id}`))),
  )
  expect(responses.map(({ status }) => status)).toEqual([200, 429])
  expect(Number(responses[1]!.headers.get('retry-after-ms'))).toBeGreaterThan(900)
  expect(responses[1]!.headers.get('x-should-retry')).toBe('false')
  expect(sent).toEqual(['https://llm.example/1'])
})

test('options of a call win over those of its context, and an inner context over an outer one', async () => {
  const provider = providerOf({ queue: { lanes: { interactive: 0, batch: 0 } } })
  const lanes: string[] = []
  provider.observe((event) => event.type === 'sent' && lanes.push(event.lane))
  await withCallContext({ lane: 'batch' }, async () => {
    await provider.acquire()
    await withCallContext({ lane: 'interactive' }, () => provider.acquire())
  })
  await pass(2000)
  await withCallContext({ lane: 'batch' }, () => provider.acquire({ lane: 'interactive' }))
  expect(lanes).toEqual(['batch', 'interactive', 'interactive'])
})
