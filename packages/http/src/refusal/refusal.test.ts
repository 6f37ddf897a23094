import { SluiceError, tokenBucket } from '@sluice/core'
import { describe, expect, test } from 'vitest'
import { type FakeRequest, fakeGuard, visit } from '../../test/fake-adapter.ts'
import type { HttpOptions } from '../http-limit.ts'
import { withoutBody } from './own-answer.ts'

const none = { name: 'none', by: () => 'all', rule: tokenBucket({ capacity: 10, per: '1h' }), initial: 0 }
const ours = 'Slow down - try again in 6 minutes.'
const line: FakeRequest = { headers: { 'user-agent': 'curl/8.0' } }

async function refusalOf(options: HttpOptions<FakeRequest>, request = line) {
  const refusal = await visit(fakeGuard({ limits: [none], ...options }), request).decide()
  if (refusal === null) throw new Error('It was not refused.')
  return { ...refusal, type: new Map(refusal.headers).get('Content-Type') }
}

describe('the words of a refusal', () => {
  test.each<[string, HttpOptions<FakeRequest>, string, string]>([
    ['ours', {}, `${ours}\n`, 'text/plain'],
    ['a sentence of the application', { message: 'Moment.' }, 'Moment.\n', 'text/plain'],
    ['a sentence that it says of each refusal', { message: ({ outcome }) => outcome }, 'limited\n', 'text/plain'],
    ['a sentence that comes later', { message: async () => 'Moment.' }, 'Moment.\n', 'text/plain'],
    ['a text of its own', { body: () => 'no' }, 'no', 'text/plain'],
    ['data of its own', { body: async () => ({ no: 1 }) }, '{"no":1}', 'application/json'],
  ])('are %s', async (_what, options, body, type) => {
    expect(await refusalOf(options)).toMatchObject({ status: 429, body, type: expect.stringContaining(type) })
  })

  const failures: readonly [string, HttpOptions<FakeRequest>][] = [
    [
      'a message that throws',
      {
        message: () => {
          throw new Error('no')
        },
      },
    ],
    ['a message that is no text', { message: () => 1 as never }],
    ['a body that rejects', { body: () => Promise.reject(new Error('no')) }],
    ['a body that is a number', { body: () => 1 as never }],
    ['a body that takes too long', { body: () => new Promise(() => undefined), functionTimeout: '10ms' }],
  ]
  test.each(failures)('are ours in place of %s, unless faults are thrown', async (_what, options) => {
    expect(await refusalOf({ ...options, onFault: 'deny' })).toMatchObject({ status: 429, body: `${ours}\n` })
    await expect(refusalOf({ ...options, onFault: 'throw' })).rejects.toBeInstanceOf(SluiceError)
  })
})

describe('the page asks again by itself', () => {
  const html = { accept: 'text/html' }
  const soon = { ...none, rule: tokenBucket({ capacity: 1, per: '10m' }) }
  const refreshOf = async (options: HttpOptions<FakeRequest>, request: FakeRequest): Promise<string | undefined> =>
    new Map((await refusalOf(options, request)).headers).get('Refresh')

  test('when the wait is over, and not before', async () => {
    const { headers } = await refusalOf({ limits: [soon] }, { headers: html })
    expect(new Map(headers).get('Refresh')).toBe(new Map(headers).get('Retry-After'))
    expect(await refreshOf({ limits: [soon], message: 'Moment.' }, { headers: html })).toBe('600')
  })

  test.each<[string, HttpOptions<FakeRequest>, FakeRequest]>([
    ['after another method than GET, which it would not repeat', { limits: [soon] }, { method: 'POST', headers: html }],
    ['to programs', { limits: [soon] }, {}],
    ['to a terminal', { limits: [soon] }, line],
    ['where all of the readers would ask at once', { limits: [{ ...soon, status: 503 }] }, { headers: html }],
    ['after more than ten minutes', { limits: [{ ...none, rule: tokenBucket({ capacity: 1, per: '11m' }) }] }, { headers: html }],
    ['with a body of the application', { limits: [soon], body: () => 'no' }, { headers: html }],
  ])('never %s', async (_when, options, request) => {
    expect(await refreshOf(options, request)).toBeUndefined()
  })

  test('and does not where the application answers', async () => {
    const refusal = await refusalOf({ limits: [soon] }, { headers: html })
    expect(withoutBody(refusal).map(([name]) => name)).toEqual(['RateLimit-Policy', 'RateLimit', 'Retry-After', 'Cache-Control'])
  })
})

describe('the form of a refusal', () => {
  test.each<[string, FakeRequest, string]>([
    ['problem details for programs', {}, 'application/problem+json'],
    ['a page for browsers', { headers: { accept: 'text/html,*/*;q=0.8' } }, 'text/html; charset=utf-8'],
    ['a line for terminals', line, 'text/plain; charset=utf-8'],
  ])('is %s', async (_what, request, type) => {
    expect((await refusalOf({}, request)).type).toBe(type)
  })

  test('of an address on the deny list is a 403 that names no limit', async () => {
    const denied = { limits: [none], denyList: ['192.0.2.1'] }
    expect(await refusalOf(denied, {})).toMatchObject({ refused: null, status: 403, type: 'application/problem+json' })
    expect(await refusalOf(denied)).toMatchObject({ body: 'Requests from this address are not served.\n' })
  })
})
