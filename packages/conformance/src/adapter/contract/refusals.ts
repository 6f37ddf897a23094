/** What a refused request is answered: a status, a wait, and words in the form its client reads. */
import { type Refused, tokenBucket } from '@sluice/core'
import type { HttpLimit, HttpOptions } from '@sluice/http'
import { expect } from 'vitest'
import type { Site } from '../adapter-under-test.ts'
import { mediaTypeOf, type Question, type Reply } from '../http-client.ts'
import { quotaOf } from '../quota-fields.ts'
import { type Trial, warningsOf } from '../trial.ts'

const limits: readonly HttpLimit[] = [{ name: 'ip', rule: tokenBucket({ capacity: 1, per: '30s' }) }]
const sentence = 'Slow down - try again in 30 seconds.'

export function refusalsContract({ adapter, open, describe, test }: Trial): void {
  async function refusal(guard: HttpOptions<unknown>, question: string | Question = '/', site?: Omit<Site, 'guard'>): Promise<Reply> {
    const [, refused] = await (await open({ limits, ...guard }, site)).askTimes(2, question)
    return refused!
  }

  describe('a refusal', () => {
    test('may be kept by no cache, and a passing response is left alone', async () => {
      const site = await open({ limits })
      const [passed, refused] = await site.askTimes(2, '/')
      expect(passed!.headers).not.toHaveProperty('cache-control')
      expect(refused!.headers['cache-control']).toBe('no-store')
    })

    test('is problem details for programs', async () => {
      const refused = await refusal({})
      expect(mediaTypeOf(refused)).toBe('application/problem+json')
      expect(JSON.parse(refused.body)).toEqual({
        type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
        title: 'Quota Exceeded',
        status: 429,
        detail: sentence,
        outcome: 'limited',
        retry_after: 30,
        'violated-policies': ['ip'],
      })
    })

    test('is a page for browsers', async () => {
      const accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8'
      const { headers, body } = await refusal({}, { path: '/', headers: { accept } })
      expect(headers['content-type']).toBe('text/html; charset=utf-8')
      expect(body).toContain(sentence)
    })

    test('is a line for terminals', async () => {
      const { headers, body } = await refusal({}, { path: '/', headers: { accept: '*/*', 'user-agent': 'curl/8.11.0' } })
      expect(headers['content-type']).toBe('text/plain; charset=utf-8')
      expect(body).toBe(`${sentence}\n`)
    })

    test('tells its length', async () => {
      const { headers, body } = await refusal({ message: '천천히' })
      expect(headers['content-length']).toBe(String(Buffer.byteLength(body)))
    })

    test.each([
      ['at once', () => undefined],
      ['later', async () => undefined],
    ])('is answered by sluice where an onRefused answers nothing %s', async (_when, onRefused) => {
      const refused = await refusal({ functionTimeout: '50ms' }, '/', { onRefused })
      expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '30', 'cache-control': 'no-store' } })
      expect(mediaTypeOf(refused)).toBe('application/problem+json')
      expect(JSON.parse(refused.body).detail).toBe(sentence)
    })

    test.each([
      ['at once', (log: () => void) => (): undefined => log() as undefined],
      ['later', (log: () => void) => (): Promise<undefined> => Promise.resolve().then(() => log() as undefined)],
    ])('has no wait for an onRefused that only logs, %s', async (_when, loggedBy) => {
      let logged = 0
      const startedMs = performance.now()
      const codes = await warningsOf(async () => {
        const refused = await refusal({}, '/', { logRefused: loggedBy(() => void logged++) })
        expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '30', 'cache-control': 'no-store' } })
        expect(JSON.parse(refused.body).detail).toBe(sentence)
      })
      // Others may be about the many guards that a process of tests makes.
      expect([logged, codes.includes('SLUICE_UNANSWERED')]).toEqual([1, false])
      // Where an answer may come by a callback, it has a second or more.
      expect(performance.now() - startedMs).toBeLessThan(900)
    })

    test('is served where an onRefused hands it on, with the status of its handler', async () => {
      if (adapter.handsOn === false) return
      for (const onRefused of [() => 'next' as const, async () => 'next' as const]) {
        const served = await refusal({}, '/', { onRefused, routes: [{ path: '/', handle: () => ({ status: 201, body: 'served' }) }] })
        expect(served).toMatchObject({ status: 201, body: 'served' })
        for (const name of ['retry-after', 'cache-control']) expect(served.headers).not.toHaveProperty(name)
        expect(quotaOf(served).ip).toMatchObject({ r: 0 })
      }
    })

    test('keeps its fields where an onRefused redirects it, and the status of the redirect', async () => {
      const moved = await refusal({}, '/', { onRefused: () => ({ status: 303, headers: { location: '/slow' }, body: '' }) })
      expect(moved).toMatchObject({ status: 303, headers: { location: '/slow', 'retry-after': '30' } })
    })

    test('says 503 where the limit that refused is about the service', async () => {
      const { status, headers, body } = await refusal({ limits: [{ ...limits[0]!, status: 503 }] })
      expect(status).toBe(503)
      expect(headers['retry-after']).toBe('30')
      expect(JSON.parse(body)).toMatchObject({ status: 503, type: expect.stringContaining('#temporary-reduced-capacity') })
    })

    test.each([402, 403, 418, 500, 599])('says %i where its limit or its guard does, with the same wait', async (status) => {
      for (const guard of [{ status }, { status: 503, limits: [{ ...limits[0]!, status }] }]) {
        const { headers, body, ...refused } = await refusal(guard)
        expect(refused.status).toBe(status)
        expect(headers).toMatchObject({ 'retry-after': '30', 'cache-control': 'no-store' })
        const kind = status < 500 ? 'quota-exceeded' : 'temporary-reduced-capacity'
        expect(JSON.parse(body)).toMatchObject({ status, type: expect.stringContaining(kind), retry_after: 30 })
      }
    })

    test('alone carries the quota fields where the guard says so, on its inner guards as well', async () => {
      const own: HttpOptions<unknown> = { headersOn: 'refusals', headers: ['draft-11', { preset: 'names', remaining: 'X-Quota-Left' }] }
      const sections = [{ prefix: '/inner', guard: { cost: 1 }, routes: [{ path: '/' }] }]
      const site = await open({ limits, ...own }, { sections })
      const [passed, refused] = await site.askTimes(2, '/inner/')
      for (const name of ['ratelimit', 'ratelimit-policy', 'x-quota-left']) expect(passed!.headers).not.toHaveProperty(name)
      expect([passed!.status, refused!.status, quotaOf(refused!).ip?.r, refused!.headers['x-quota-left']]).toEqual([200, 429, 0, '0'])
    })

    test('says 429 as long as one of the refusing limits counts the caller', async () => {
      const { status } = await refusal({
        limits: [
          { ...limits[0]!, status: 503 },
          { ...limits[0]!, name: 'caller' },
        ],
      })
      expect(status).toBe(429)
    })
  })

  describe("the application's own words", () => {
    test('replace the sentence', async () => {
      expect(JSON.parse((await refusal({ message: 'Enough.' })).body)).toMatchObject({ detail: 'Enough.', retry_after: 30 })
    })

    test('may depend on the refusal and on the request', async () => {
      const message: HttpOptions<unknown>['message'] = (refused, _request, http) => `${http.header('x-user')}: ${refused.retryAfterMs}`
      const { body } = await refusal({ message }, { path: '/', headers: { 'x-user': 'u1' } })
      expect(JSON.parse(body).detail).toMatch(/^u1: (30000|29\d{3}(\.\d+)?)$/)
    })

    test('may be the whole body, as data', async () => {
      const { headers, body } = await refusal({ body: ({ outcome, refusedBy }) => ({ error: { outcome, refusedBy } }) })
      expect(headers).toMatchObject({ 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', 'retry-after': '30' })
      expect(JSON.parse(body)).toEqual({ error: { outcome: 'limited', refusedBy: ['ip'] } })
    })

    test('may be the whole body, as text', async () => {
      const { headers, body } = await refusal({ body: () => 'Enough.' })
      expect(headers['content-type']).toBe('text/plain; charset=utf-8')
      expect(body).toBe('Enough.')
    })

    test('may be the whole answer, with the status and the headers already set', async () => {
      const site: Omit<Site, 'guard'> = {
        routes: [{ path: '/' }],
        onRefused: (refused: Refused) => ({ status: 418, headers: { 'content-type': 'text/x-own' }, body: refused.refusedBy.join() }),
      }
      const { status, headers, body } = await refusal({}, '/', site)
      expect({ status, body }).toEqual({ status: 418, body: 'ip' })
      expect(headers['content-type']).toContain('text/x-own')
      expect(headers).toMatchObject({ 'retry-after': '30', 'cache-control': 'no-store' })
      expect(quotaOf({ headers })).toMatchObject({ ip: { r: 0, t: 30 } })
    })
  })
}
