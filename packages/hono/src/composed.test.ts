import { tokenBucket } from '@sluice/core'
import { Hono, type MiddlewareHandler } from 'hono'
import { bearerAuth } from 'hono/bearer-auth'
import { every, except, some } from 'hono/combine'
import { describe, expect, test } from 'vitest'
import { serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'

const unauthorized = bearerAuth({ token: 'sesame' })

/** A guard of wrong tokens, and the statuses that its `settle` received. */
function guarded() {
  const settled: number[] = []
  const rule = tokenBucket({ capacity: 2, per: '1h' })
  const settle = ({ status }: { readonly status: number }): number => {
    settled.push(status)
    return status === 401 ? 1 : 0
  }
  return { settled, guard: sluice({ limits: [{ name: 'wrong', by: () => 'all', rule, settle }] }) }
}

type Compose = (guard: MiddlewareHandler) => MiddlewareHandler

describe.each<[string, Compose]>([
  ['every', (guard) => every(guard, unauthorized)],
  ['every within every', (guard) => every(every(guard), every(unauthorized))],
  ['some', (guard) => some(every(guard, unauthorized))],
  ['except', (guard) => except('/free', guard, unauthorized)],
])('a guard within %s', (_name, compose) => {
  test.each([
    ['on Node', async (app: Hono) => (await serve(app)).url],
    ['on a runtime that does not tell the end of a response', async () => null],
  ])('settles by the status that the client got, whose response has the headers, %s', async (_where, start) => {
    const { settled, guard } = guarded()
    const app = new Hono().use(compose(guard)).get('/', (c) => c.text('in'))
    const url = await start(app)
    const ask = async (): Promise<Response> => (url === null ? app.request('/') : fetch(url))
    const statuses: number[] = []
    for (let i = 0; i < 4; i++) {
      const reply = await ask()
      statuses.push(reply.status)
      expect(reply.headers.get('ratelimit')).toMatch(/^"wrong";r=/)
      await reply.text()
      if (i < 2) await expect.poll(() => settled).toHaveLength(i + 1)
    }
    expect(statuses).toEqual([401, 401, 429, 429])
    expect(settled).toEqual([401, 401])
  })
})

test.each([
  ['raw', () => new Response('no', { status: 418 })],
  ['later', async () => new Response('no', { status: 418 })],
])('an onError that answers %s is the status that settle receives', async (_how, answer) => {
  const { settled, guard } = guarded()
  const app = new Hono().use(every(guard, unauthorized)).get('/', (c) => c.text('in'))
  app.onError(answer)
  const reply = await app.request('/')
  expect([reply.status, await reply.text(), settled, reply.headers.has('ratelimit')]).toEqual([418, 'no', [418], true])
})

test('where `some` goes on to another middleware, the response of that one counts', async () => {
  const { settled, guard } = guarded()
  const app = new Hono().use(some(every(guard, unauthorized), async (_c, next) => next())).get('/', (c) => c.text('in'))
  const reply = await app.request('/')
  expect([reply.status, await reply.text(), settled, reply.headers.has('ratelimit')]).toEqual([200, 'in', [200], true])
})

test('a path that only the composed middleware matches is settled by the status of the error', async () => {
  const { settled, guard } = guarded()
  const app = new Hono().use(every(guard, unauthorized))
  const reply = await app.request('/')
  expect([reply.status, settled, reply.headers.has('ratelimit')]).toEqual([401, [401], true])
})
