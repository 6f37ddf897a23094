/** The quota of a caller by the limits of a guard: its own, disclosed, and for nothing. */
import { createLimiter, skip, tokenBucket } from '@sluice/core'
import { describe, expect, test, vi } from 'vitest'
import { type FakeRequest, fakeGuard, left, send } from '../../test/fake-adapter.ts'
import { adaptive } from '../adaptive/adaptive.ts'
import { showsQuota } from '../guard/limits-behind.ts'
import type { HttpLimit, HttpOptions } from '../http-limit.ts'
import { bind } from '../http-limit.ts'
import type { QuotaDocument } from './quota-document.ts'
import { type QuotaAnswer, quotaEndpoint } from './quota-endpoint.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const ip: HttpLimit<FakeRequest> = { name: 'ip', rule }
const user: HttpLimit<FakeRequest> = { name: 'user', by: ({ user = skip }) => user, rule }

function siteOf(options: HttpOptions<FakeRequest>) {
  const guard = fakeGuard(options, { isMounted: () => true })
  const entered = showsQuota({ admin: guard.admin }, guard, guard.root.plan)
  const endpoint = quotaEndpoint<FakeRequest, unknown>({ guard: entered })
  const answer = (request: FakeRequest = {}): Promise<QuotaAnswer> => endpoint(request, 'GET')
  const quota = async (request: FakeRequest = {}): Promise<QuotaDocument> => JSON.parse((await answer(request)).body)
  return { guard, entered, answer, quota, send: (request: FakeRequest = {}) => send(guard, request) }
}

const used = ({ limits }: QuotaDocument): Record<string, number> => Object.fromEntries(limits.map((limit) => [limit.name, limit.used]))

test('a client sees what its address has used, and not what others have; nothing is charged', async () => {
  const site = siteOf({ limits: [ip] })
  for (let i = 0; i < 3; i++) await site.send()
  expect(await site.quota()).toMatchObject({ state: 'ok', limits: [{ name: 'ip', used: 3, remaining: 7 }] })
  expect(used(await site.quota({ address: '192.0.2.2' }))).toEqual({ ip: 0 })
  expect(await left(site.guard, ip, '192.0.2.1')).toBe(7)
})

test('limits by address and by user are read in one answer, and one that does not apply is left out', async () => {
  const site = siteOf({ limits: [ip, user] })
  await site.send({ user: 'ann' })
  await site.send({ address: '192.0.2.9', user: 'ann' })
  expect(used(await site.quota({ user: 'ann' }))).toEqual({ ip: 1, user: 2 })
  expect(used(await site.quota({ user: 'bob' }))).toEqual({ ip: 1, user: 0 })
  expect(used(await site.quota())).toEqual({ ip: 1 })
})

test('undisclosed, shadow and adaptive limits are in no answer', async () => {
  const hidden = { ...ip, name: 'capacity', by: () => 'all', rule: tokenBucket({ capacity: 1, per: '1h' }), disclose: false }
  const site = siteOf({
    limits: [hidden, { ...ip, name: 'measured', shadow: true }, adaptive({ name: 'server', algorithm: 'aimd', latency: '1s' }), ip],
  })
  await site.send()
  expect(await site.quota()).toMatchObject({ state: 'ok', retryAfterMs: 0, limits: [{ name: 'ip', used: 1 }] })
})

test('the limits of a bound limiter stand beside those of the guard, and are unknown together', async () => {
  const limiter = createLimiter<string>({ limits: [{ name: 'account', by: (name) => name, rule }] })
  const site = siteOf({ limits: [ip], limiter: bind<FakeRequest>(limiter as never, async (request) => request.user ?? skip) })
  await limiter.consume('ann', { cost: 10 })
  expect(await site.quota({ user: 'ann' })).toMatchObject({ state: 'limited', limits: [{ name: 'ip' }, { name: 'account', used: 10 }] })
  expect(used(await site.quota({ user: 'bob' }))).toEqual({ ip: 0, account: 0 })
  expect(used(await site.quota())).toEqual({ ip: 0 })
  await limiter.close()
  vi.spyOn(process, 'emitWarning').mockReturnValue()
  expect((await site.answer({ user: 'ann' })).status).toBe(500)
  vi.restoreAllMocks()
})

test('an address on the deny list has no quota, and one on the allow list has no limits', async () => {
  const site = siteOf({ limits: [ip], denyList: ['198.51.100.0/24'], allowList: ['192.0.2.7'] })
  expect((await site.answer({ address: '198.51.100.1' })).status).toBe(404)
  expect((await site.answer({ address: null })).status).toBe(404)
  expect(await site.quota({ address: '192.0.2.7' })).toEqual({ version: 1, state: 'ok', retryAfterMs: 0, limits: [] })
  expect(used(await site.quota())).toEqual({ ip: 0 })
})

describe('answers are kept for a second', () => {
  test('by address, if nothing but the address counts', async () => {
    const site = siteOf({ limits: [ip] })
    expect(used(await site.quota())).toEqual({ ip: 0 })
    await site.send()
    expect(used(await site.quota())).toEqual({ ip: 0 })
    expect(used(await site.quota({ address: '192.0.2.2' }))).toEqual({ ip: 0 })
  })

  test.each<[what: string, limit: Partial<HttpLimit<FakeRequest>>]>([
    ['key', { by: (_request, http) => http.address }],
    ['rule', { rule: () => rule }],
    ['cost', { cost: () => 1 }],
    ['condition', { when: () => true }],
  ])('never if a %s is a function of the request', async (_what, limit) => {
    const site = siteOf({ limits: [{ ...ip, ...limit } as HttpLimit<FakeRequest>] })
    expect(used(await site.quota())).toEqual({ ip: 0 })
    await site.send()
    expect(used(await site.quota())).toEqual({ ip: 1 })
  })
})

test('a function of a limit that the quota request breaks is answered with 500 and says nothing of it', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
  const broken = (): never => {
    throw new Error('no account of ann')
  }
  const { status, body } = await siteOf({ limits: [{ ...user, by: broken }] }).answer()
  expect([status, body]).toEqual([500, expect.not.stringMatching(/ann|account/)])
  expect(String(warned.mock.calls[0]?.[0])).toContain('no account of ann')
  vi.restoreAllMocks()
})

test('the queue is read with the request', async () => {
  const { entered } = siteOf({ limits: [ip] })
  const queue = ({ user: name }: FakeRequest) => (name === 'ann' ? { position: 1, waiting: 1, waitMs: 5 } : null)
  const answer = quotaEndpoint<FakeRequest, unknown>({ guard: entered, queue })
  expect(JSON.parse((await answer({ user: 'ann' }, 'GET')).body)).toMatchObject({ queue: { position: 1 } })
})

test.each<[what: string, options: object]>([
  ['what no adapter made', { guard: {} }],
  ['null', { guard: null }],
  ['a limiter beside it', { limiter: {} }],
  ['`identify` beside it', { identify: () => 'ann' }],
])('does not start with a guard that is %s', (_what, options) => {
  const { entered } = siteOf({ limits: [ip] })
  expect(() => quotaEndpoint({ guard: entered, ...options } as never)).toThrow(expect.objectContaining({ code: 'SLUICE_OPTION_TYPE' }))
})
