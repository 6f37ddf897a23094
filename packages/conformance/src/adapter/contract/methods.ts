/** What is counted: every method and every path, known or not, and a CORS preflight where a handler answers it. */
import { skip, tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { expect } from 'vitest'
import { mediaTypeOf, type Question } from '../http-client.ts'
import { quotaOf } from '../quota-fields.ts'
import { eventually, statusesOf, type Trial } from '../trial.ts'

const limits: readonly HttpLimit[] = [{ name: 'ip', rule: tokenBucket({ capacity: 3, per: '1h' }) }]
const head: Question = { method: 'HEAD', path: '/' }
const options: Question = { method: 'OPTIONS', path: '/' }
const preflight: Question = { ...options, headers: { origin: 'https://shop.example', 'access-control-request-method': 'GET' } }

export function methodsContract({ open, adapter, describe, test }: Trial): void {
  describe('HEAD', () => {
    test('shares the budget of GET and tells of it', async () => {
      const site = await open({ limits })
      await site.ask('/')
      expect(quotaOf(await site.ask(head))).toMatchObject({ ip: { r: 1 } })
      expect(quotaOf(await site.ask('/'))).toMatchObject({ ip: { r: 0 } })
    })

    test('shares the budget of GET on a route with limits of its own, decided by the user', async () => {
      const user: HttpLimit = {
        name: 'user',
        by: (_request, http) => http.header('x-user') ?? skip,
        rule: tokenBucket({ capacity: 3, per: '1h' }),
      }
      const site = await open({ limits: [] }, { routes: [{ path: '/', sluice: { limits: [user] } }] })
      const headers = { 'x-user': 'u1' }
      await site.ask({ path: '/', headers })
      expect(quotaOf(await site.ask({ ...head, headers }))).toMatchObject({ user: { r: 1 } })
    })

    test('is refused without a body', async () => {
      const site = await open({ limits })
      const refused = (await site.askTimes(4, head)).at(-1)!
      expect(refused).toMatchObject({ status: 429, body: '' })
      expect(refused.headers['retry-after']).toBe('1200')
      expect(mediaTypeOf(refused)).toBe('application/problem+json')
    })
  })

  describe('a path without a handler', () => {
    test('is counted, and tells of it', async () => {
      const site = await open({ limits })
      const replies = await site.askTimes(4, '/nowhere')
      expect(statusesOf(replies)).toEqual([404, 404, 404, 429])
      expect(replies.map((reply) => quotaOf(reply).ip!.r)).toEqual([2, 1, 0, 0])
      expect((await site.ask('/')).status).toBe(429)
    })

    test('is counted by limits with a key of their own', async () => {
      const site = await open({ limits: [{ ...limits[0]!, name: 'everybody', by: () => 'all' }] })
      expect(statusesOf(await site.askTimes(4, '/nowhere'))).toEqual([404, 404, 404, 429])
    })
  })

  describe('a preflight', () => {
    const site = { routes: [{ path: '/' }, { method: 'OPTIONS', path: '/' }] } as const

    test('is charged like any request where a handler answers it', async () => {
      const { askTimes } = await open({ limits }, site)
      const replies = await askTimes(4, preflight)
      expect(statusesOf(replies)).toEqual([200, 200, 200, 429])
      expect(replies.map((reply) => quotaOf(reply).ip!.r)).toEqual([2, 1, 0, 0])
    })

    test('costs nothing in the end where CORS answers it, unless that is the handler', async () => {
      const { ask, remaining } = await open({ limits }, { corsBehind: true })
      for (const left of adapter.corsIsHandler === true ? [2, 1, 0] : [3, 3, 3, 3, 3]) {
        const reply = await ask(preflight)
        expect([reply.status, reply.headers['access-control-allow-origin']]).toEqual([204, '*'])
        await eventually(async () => expect(await remaining('ip', '127.0.0.1', 3)).toBe(left))
      }
    })

    test('is counted where CORS answers it, on demand', async () => {
      const { askTimes } = await open({ limits, preflight: 'count' }, { corsBehind: true })
      expect(statusesOf(await askTimes(4, preflight))).toEqual([204, 204, 204, 429])
    })

    test('is refused where nothing is left, before CORS sees it', async () => {
      const { askTimes, ask } = await open({ limits }, { corsBehind: true })
      await askTimes(3, '/')
      expect((await ask(preflight)).status).toBe(429)
    })

    test('stays charged where its path has no handler', async () => {
      const { askTimes } = await open({ limits })
      expect(statusesOf(await askTimes(4, { ...preflight, path: '/nowhere' }))).toEqual([404, 404, 404, 429])
    })

    test('is not charged, and told nothing, on demand', async () => {
      const { askTimes, ask } = await open({ limits, preflight: 'skip' }, site)
      const replies = await askTimes(5, preflight)
      expect(statusesOf(replies)).toEqual([200, 200, 200, 200, 200])
      expect(quotaOf(replies[0]!)).toEqual({})
      expect(quotaOf(await ask('/'))).toMatchObject({ ip: { r: 2 } })
    })

    test.each([
      ['without an origin', { 'access-control-request-method': 'GET' }],
      ['without the method it asks for', { origin: 'https://shop.example' }],
    ])('%s is an OPTIONS like any request', async (_what, headers) => {
      const { askTimes } = await open({ limits }, site)
      expect(statusesOf(await askTimes(4, { ...options, headers }))).toEqual([200, 200, 200, 429])
    })

    test('is no other method in disguise', async () => {
      const { askTimes } = await open({ limits }, site)
      expect(statusesOf(await askTimes(4, { path: '/', headers: preflight.headers }))).toEqual([200, 200, 200, 429])
    })
  })

  describe("the application's CORS", () => {
    const site = { corsExposes: ['RateLimit', 'RateLimit-Policy', 'Retry-After'] }
    const headers = { origin: 'https://shop.example' }

    test('covers a refusal, so that scripts of another origin can read it', async () => {
      const { askTimes } = await open({ limits }, site)
      const refused = (await askTimes(4, { path: '/', headers })).at(-1)!
      expect(refused.status).toBe(429)
      expect(refused.headers['access-control-allow-origin']).toBe('*')
      expect(String(refused.headers['access-control-expose-headers']).split(/, */)).toEqual(site.corsExposes)
      expect(quotaOf(refused)).toMatchObject({ ip: { r: 0 } })
    })

    test('answers preflights even when nothing is left', async () => {
      const { askTimes, ask } = await open({ limits }, site)
      await askTimes(4, { path: '/', headers })
      const reply = await ask(preflight)
      expect(reply.status).toBe(204)
      expect(reply.headers['access-control-allow-methods']).toContain('GET')
    })
  })
}
