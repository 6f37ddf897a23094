/** The endpoint without a framework: whose quota it tells, how often it asks, and what it says where it cannot tell. */
import { createLimiter, type Limiter, shareOf, skip, tokenBucket, unlimited } from '@sluice/core'
import { describe, expect, test, vi } from 'vitest'
import { type QuotaAnswer, quotaEndpoint } from './quota-endpoint.ts'
import type { QuotaOptions } from './quota-reader.ts'

type OwnRequest = { readonly user: string | null }
const limiter = createLimiter<string>({ limits: [{ name: 'user', by: (name) => name, rule: tokenBucket({ capacity: 10, per: '1h' }) }] })
const identify = ({ user }: OwnRequest): string | null => user

async function ask(options: Partial<QuotaOptions<OwnRequest, string>>, user: string | null = 'ann', method = 'GET'): Promise<QuotaAnswer> {
  return quotaEndpoint<OwnRequest, string>({ limiter, identify, ...options })({ user }, method)
}

test('tells a caller of itself alone, and charges nothing', async () => {
  const own = createLimiter<string>({ limits: [{ name: 'user', by: (name) => name, rule: tokenBucket({ capacity: 10, per: '1h' }) }] })
  own.consume('ann', { cost: 4 })
  const answer = quotaEndpoint<OwnRequest, string>({ limiter: own, identify })
  const used = async (user: string): Promise<number> => JSON.parse((await answer({ user }, 'GET')).body).limits[0].used
  expect([await used('ann'), await used('bob'), await used('ann')]).toEqual([4, 0, 4])
  expect(own.inspect('user', 'ann')?.remaining).toBe(6)
})

test('names the limits that admit everything for a caller, and none that callers may not see', async () => {
  const rule = (name: string) => (name === 'bob' ? unlimited : tokenBucket({ capacity: 10, per: '1h' }))
  const own = createLimiter<string>({
    limits: [
      { name: 'plan', by: (name) => name, rule },
      { name: 'half', by: (name) => name, rule: shareOf('plan', 0.5) },
      { name: 'secret', by: (name) => name, rule: unlimited, disclose: false },
    ],
  })
  const documentOf = async (user: string) => JSON.parse((await ask({ limiter: own }, user)).body)
  expect(await documentOf('bob')).toEqual({ version: 1, state: 'ok', retryAfterMs: 0, limits: [], unlimited: ['plan', 'half'] })
  expect(await documentOf('ann')).not.toHaveProperty('unlimited')
})

test('leaves the body out for HEAD, and keeps the status and the fields', async () => {
  expect(await ask({}, 'ann', 'HEAD')).toEqual({ ...(await ask({})), body: '' })
})

test('is kept by no cache, and is JSON', async () => {
  expect((await ask({})).headers).toEqual([
    ['Cache-Control', 'no-store'],
    ['Content-Type', 'application/json'],
  ])
})

describe('answers are kept for a second', () => {
  /** How often the limiter is asked for these subjects, one after the other. */
  async function peeksFor<C>(subjects: readonly C[], options: Partial<QuotaOptions<C, C>> = {}, waitMs = 0): Promise<number> {
    vi.useFakeTimers()
    const peek = vi.fn(() => (limiter as Limiter<string>).peek('ann'))
    const answer = quotaEndpoint<C, C>({
      limiter: { ...limiter, peek } as unknown as Limiter<C>,
      identify: (subject) => subject,
      ...options,
    })
    for (const subject of subjects) {
      await answer(subject, 'GET')
      if (waitMs > 0) vi.advanceTimersByTime(waitMs)
    }
    vi.useRealTimers()
    return peek.mock.calls.length
  }

  test('by the subject where it is a string or a number, or else by its `id`', async () => {
    expect(await peeksFor(['ann', 'ann', 'bob', 'ann'])).toBe(2)
    expect(await peeksFor([{ id: 1 }, { id: 1 }, { id: 2 }], { id: (subject) => (subject as { id: number }).id })).toBe(2)
  })

  test('no longer, and never for subjects without a name', async () => {
    expect(await peeksFor(['ann', 'ann', 'ann'], {}, 1000)).toBe(3)
    expect(await peeksFor([{ id: 1 }, { id: 1 }])).toBe(2)
  })

  test('10,000 of them at most', async () => {
    const many = Array.from({ length: 10_001 }, (_, i) => i)
    expect(await peeksFor([...many, 0, 10_000])).toBe(10_002)
  })

  test('a failure is asked again', async () => {
    const peek = vi.fn(async () => Promise.reject(new Error('broken')))
    const answer = quotaEndpoint<OwnRequest, string>({ limiter: { ...limiter, peek } as unknown as Limiter<string>, identify })
    vi.spyOn(process, 'emitWarning').mockReturnValue()
    expect([(await answer({ user: 'ann' }, 'GET')).status, (await answer({ user: 'ann' }, 'GET')).status]).toEqual([500, 500])
    expect(peek).toHaveBeenCalledTimes(2)
    vi.restoreAllMocks()
  })
})

describe('the queue of a provider', () => {
  const place = { position: 3, waiting: 2, waitMs: 2000 }
  type Queue = QuotaOptions<OwnRequest, string>['queue']
  const queueIn = async (queue: Queue, user = 'ann'): Promise<unknown> =>
    JSON.parse((await ask({ queue, functionTimeout: '10ms' }, user)).body).queue

  test('is that of the subject, now or later, and has no field but its own', async () => {
    const queue = (name: string) => (name === 'ann' ? { ...place, caller: 'ann', key: 'secret' } : null)
    expect([await queueIn(queue), await queueIn(queue, 'bob')]).toEqual([place, undefined])
    expect(await queueIn(async () => place)).toEqual(place)
  })

  test.each<[what: string, queue: Queue, reason: string]>([
    [
      'throws',
      () => {
        throw new Error('no queue for ann')
      },
      'no queue for ann',
    ],
    ['rejects', async () => Promise.reject(new Error('gone away')), 'gone away'],
    ['never answers', () => new Promise(() => undefined), 'functionTimeout'],
    ['answers nonsense', () => ({ ...place, position: 0 }), 'position'],
  ])('that %s is left out, with a warning, and the limits are there', async (_what, queue, reason) => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const { status, body } = await ask({ queue, functionTimeout: '10ms' })
    expect([status, JSON.parse(body)]).toEqual([200, expect.not.objectContaining({ queue: expect.anything() })])
    expect(JSON.parse(body).limits).toHaveLength(1)
    expect(warned.mock.calls.map(([message]) => String(message))).toEqual([expect.stringContaining(reason)])
    vi.restoreAllMocks()
  })
})

test.each([{ waitMs: Number.POSITIVE_INFINITY }, { waitMs: -1 }, { waiting: 0 }, { waiting: 1.5 }, { position: '3' }])(
  'a queue with %o is left out',
  async (wrong) => {
    vi.spyOn(process, 'emitWarning').mockReturnValue()
    const { body } = await ask({ queue: () => ({ position: 3, waiting: 2, waitMs: 2000, ...(wrong as object) }) })
    expect(JSON.parse(body)).not.toHaveProperty('queue')
    vi.restoreAllMocks()
  },
)

describe('where it cannot tell', () => {
  test.each<[what: string, options: Partial<QuotaOptions<OwnRequest, string>>]>([
    ['null', { identify: () => null }],
    ['skip', { identify: () => skip }],
    ['undefined', { identify: (() => undefined) as never }],
    ['null, later', { identify: async () => null }],
  ])('`identify` that answers %s is answered with 404', async (_what, options) => {
    const { status, headers, body } = await ask(options)
    expect([status, JSON.parse(body)]).toEqual([404, { type: 'about:blank', title: 'Not Found', status: 404 }])
    expect(headers).toContainEqual(['Content-Type', 'application/problem+json'])
  })

  test.each<[what: string, options: Partial<QuotaOptions<OwnRequest, string>>, reason: string]>([
    [
      'throws',
      {
        identify: () => {
          throw new Error('no session for ann')
        },
      },
      'no session for ann',
    ],
    ['rejects', { identify: async () => Promise.reject(new Error('no database')) }, 'no database'],
    ['never answers', { identify: () => new Promise<string>(() => undefined), functionTimeout: '10ms' }, 'functionTimeout'],
    ['answers with a subject that the limits cannot take', { identify: () => ({}) as string }, ''],
  ])('`identify` that %s is answered with 500, says nothing of it, and is warned of', async (_what, options, reason) => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const { status, body } = await ask(options)
    expect([status, JSON.parse(body)]).toMatchObject([500, { title: 'Internal Server Error', status: 500 }])
    expect(body).not.toMatch(/session|database|ann/)
    expect(warned.mock.calls.map(([message]) => String(message))).toEqual([expect.stringContaining(reason)])
    vi.restoreAllMocks()
  })

  test.each(['POST', 'DELETE', 'OPTIONS'])('%s is not allowed', async (method) => {
    const { status, headers } = await ask({}, 'ann', method)
    expect([status, headers.find(([name]) => name === 'Allow')]).toEqual([405, ['Allow', 'GET, HEAD']])
  })
})

test.each<[option: string, wrong: object]>([
  ['limiter must be what createLimiter returns', { limiter: undefined }],
  ['identify', { identify: 'ann' }],
  ['id', { id: 'ann' }],
  ['subject', { subject: 'ann' }],
  ['functionTimeout', { functionTimeout: 0 }],
  ['queue', { queue: 'fast' }],
])('does not start with a wrong `%s`', (option, wrong) => {
  expect(() => quotaEndpoint({ limiter, identify, ...wrong } as never)).toThrow(option)
})
