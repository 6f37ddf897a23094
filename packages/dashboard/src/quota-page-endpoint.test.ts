/** The page without a framework: its headers, whose quota it shows, and what it says where it cannot show one. */
import { createLimiter, type Limiter, memoryStore, skip, surviveOutages, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { guardFetch } from '@sluice/http/fetch'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { quotaPage } from './fetch.ts'
import { type PageAnswer, type QuotaPageOptions, quotaPageEndpoint } from './quota-page-endpoint.ts'

type OwnRequest = { readonly user: string | null }
const user = { name: 'user', by: (name: string) => name, rule: tokenBucket({ capacity: 10, per: '10s' }) }
const identify = ({ user: name }: OwnRequest): string | null => name

function limiterAfter(cost: number): Limiter<string> {
  const limiter = createLimiter<string>({ limits: [user], store: memoryStore({ clock: manualClock() }) })
  void limiter.consume('ann', { cost })
  return limiter
}

async function ask(
  options: Partial<QuotaPageOptions<OwnRequest, string>> = {},
  method = 'GET',
  name: string | null = 'ann',
): Promise<PageAnswer> {
  const answer = quotaPageEndpoint<OwnRequest, string>({ limiter: limiterAfter(4), identify, ...options })
  return answer({ request: { user: name }, method, acceptLanguage: undefined })
}
const header = ({ headers }: PageAnswer, name: string): string | undefined => new Map(headers).get(name)

afterEach(() => void vi.restoreAllMocks())

test('shows a caller itself alone, and charges nothing', async () => {
  const limiter = limiterAfter(4)
  expect((await ask({ limiter })).body).toContain('You can make 6 more requests now.')
  expect((await ask({ limiter }, 'GET', 'bob')).body).toContain('You can make 10 requests now.')
  expect((await limiter.inspect('user', 'ann'))?.remaining).toBe(6)
})

test('is kept by no cache, sends no referrer, stands in no frame, and runs what has its nonce', async () => {
  const answers = [await ask(), await ask(), await ask({ identify: () => null }), await ask({}, 'POST')]
  for (const answer of answers) {
    const [nonce] = /(?<=<style nonce=")[\w+/=]{24}(?=">)/.exec(answer.body)!
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'Cache-Control': 'no-store',
      'Content-Type': 'text/html; charset=utf-8',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
      'X-Frame-Options': 'DENY',
      'Content-Security-Policy': `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
    })
  }
  expect(new Set(answers.map((answer) => header(answer, 'Content-Security-Policy'))).size).toBe(answers.length)
})

test('leaves the body out for HEAD, and keeps the status', async () => {
  expect(await ask({}, 'HEAD')).toMatchObject({ status: 200, body: '' })
  expect(await ask({}, 'HEAD', null)).toMatchObject({ status: 404, body: '' })
})

describe('without scripts the page is read again', () => {
  test.each([
    [4, undefined],
    [9, undefined],
    [10, '1'],
  ])('after %i of 10 units by Refresh %s, which is no earlier than the wait', async (cost, refresh) => {
    expect(header(await ask({ limiter: limiterAfter(cost) }), 'Refresh')).toBe(refresh)
  })

  test.each(['1m', 'forever'] as const)('while the caller is blocked for %s', async (time) => {
    const limiter = limiterAfter(0)
    await limiter.block('user', 'ann', time)
    expect(header(await ask({ limiter }), 'Refresh')).toBe(time === '1m' ? '60' : undefined)
  })
})

test.each(['local', 'deny'] as const)('a store that never answers is unknown in time, with `onOutage: %s`', async (onOutage) => {
  const away = { ...memoryStore(), sync: false as const, decide: () => new Promise<never>(() => undefined) }
  const limiter = createLimiter<string>({ limits: [{ ...user, onOutage }], store: surviveOutages(away, { processes: 1, timeout: '20ms' }) })
  limiter.observe(() => undefined)
  const answer = await ask({ limiter })
  expect(answer.body).toContain('We cannot read your quota right now.')
  expect(answer.body.includes('Requests are still served.')).toBe(onOutage === 'local')
  expect(header(answer, 'Refresh')).toBe('10')
  await limiter.close()
})

describe('account and plan', () => {
  test.each([
    ['at once', () => ({ account: 'Acme', plan: 'Plus' })],
    ['later', async () => ({ account: 'Acme', plan: 'Plus' })],
  ])('stand at the top where they come %s', async (_when, describe) => {
    expect((await ask({ describe })).body).toContain('<bdi>Acme</bdi> · plan <bdi>Plus</bdi>')
  })

  test.each<[string, QuotaPageOptions<OwnRequest, string>['describe']]>([
    ['throws', () => raise('no database here')],
    ['rejects', async () => raise('no database')],
    ['never answers', () => new Promise(() => undefined)],
    ['answers something else', () => ({ plan: 7 as never })],
    ['answers nothing', () => null as never],
  ])('are left out where `describe` %s, with a warning', async (_what, describe) => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const { status, body } = await ask({ describe, functionTimeout: '10ms' })
    expect([status, body.includes('6 more requests'), body.includes('database')]).toEqual([200, true, false])
    expect(warned.mock.calls.map(([message]) => String(message))).toEqual([expect.stringContaining('account and plan')])
  })
})

function raise(message: string): never {
  throw new Error(message)
}

describe('where there is no quota to show', () => {
  test.each<[what: string, identify: unknown]>([
    ['null', () => null],
    ['skip', () => skip],
    ['undefined, later', async () => undefined],
  ])('`identify` that answers %s has a page with 404', async (_what, own) => {
    const { status, body } = await ask({ identify: own as typeof identify })
    expect([status, body.includes('<h1>We do not know whose quota to show.</h1>')]).toEqual([404, true])
  })

  test.each<[what: string, options: Partial<QuotaPageOptions<OwnRequest, string>>]>([
    ['`identify` that throws', { identify: () => raise('no session for ann') }],
    ['`identify` that never answers', { identify: () => new Promise<string>(() => undefined), functionTimeout: '10ms' }],
    ['a subject that the limits cannot take', { identify: () => ({}) as string }],
    ['a label that throws', { labels: { user: { amount: () => raise('no currency of ann') } } }],
  ])('%s has a page with 500, which says nothing of it, and a warning', async (_what, options) => {
    const warned = vi.spyOn(process, 'emitWarning').mockReturnValue()
    const { status, body } = await ask(options)
    expect([status, body.includes('<h1>Your quota cannot be shown.</h1>')]).toEqual([500, true])
    expect(body).not.toMatch(/session|currency|ann\b/)
    expect(warned).toHaveBeenCalledOnce()
  })

  test.each(['POST', 'DELETE', 'OPTIONS'])('%s is not allowed', async (method) => {
    const answer = await ask({}, method)
    expect([answer.status, header(answer, 'Allow')]).toEqual([405, 'GET, HEAD'])
  })
})

test.each<[option: string, wrong: object]>([
  ['limiter', { limiter: undefined }],
  ['identify', { identify: 'ann' }],
  ['describe', { describe: 'ann' }],
  ['labels.user.name', { labels: { user: { name: 'x' } } }],
  ['texts', { texts: 'de' }],
  ['account', { account: 'x' }],
])('does not start with a wrong `%s`', (option, wrong) => {
  expect(() => quotaPageEndpoint({ limiter: limiterAfter(0), identify, ...wrong } as never)).toThrow(option)
})

test('a guard stands in for a limiter, and its subject is the request', async () => {
  const limits = [{ name: 'ip', rule: tokenBucket({ capacity: 10, per: '10s' }) }]
  const guard = guardFetch({ remoteAddress: () => '192.0.2.1', limits }, () => new Response('ok'))
  const page = quotaPage({ guard, describe: ({ url }) => ({ plan: url }) })
  const answer = await page(new Request('http://localhost/quota'))
  expect([answer.status, answer.headers.get('x-frame-options')]).toEqual([200, 'DENY'])
  expect(await answer.text()).toMatch(/localhost\/quota<\/bdi>.*You can make 10 requests now\./s)
  await guard.admin.close()
})
