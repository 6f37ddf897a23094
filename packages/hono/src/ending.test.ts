import { remainingOf } from '@sluice/conformance/adapter'
import { concurrency, memoryStore, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import type { HttpLimit, ResponseFacts } from '@sluice/http'
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import { stream } from 'hono/streaming'
import { describe, expect, test } from 'vitest'
import { type Served, serve } from '../test/serve.ts'
import { sluice } from './middleware.ts'
import type { HonoGuard } from './options.ts'

const rule = tokenBucket({ capacity: 10, per: '1h' })
const byAll = { by: () => 'all', rule }

/** A limit that remembers every end of a response it is told of. */
function watched(): { readonly limit: HttpLimit<Context>; readonly ends: { status: number; aborted: boolean }[] } {
  const ends: { status: number; aborted: boolean }[] = []
  const settle = ({ status, aborted }: ResponseFacts): number => {
    ends.push({ status, aborted })
    return 0
  }
  return { limit: { name: 'watched', ...byAll, settle }, ends }
}

/** A stream that begins, and ends when it is told to. */
function slowly(): { readonly handler: (c: Context) => Response; end(): void } {
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  return {
    end: () => end(),
    handler: (c) =>
      stream(c, async (out) => {
        await out.write('beginning')
        await ended
      }),
  }
}

// Without what Node knows, everything must be seen from the web standard alone, as on Bun, Deno and Workers.
describe.each([
  ['with what Node knows', false],
  ['by the web standard alone', true],
])('%s', (_how, bare) => {
  const site = (
    guards: MiddlewareHandler | MiddlewareHandler[],
    handler: (c: Context) => Response | Promise<Response>,
  ): Promise<Served> => {
    const app = new Hono()
    for (const guard of [guards].flat()) app.use(guard)
    app.onError((_error, c) => c.text('sorry', 500))
    return serve(app.all('*', handler), { bare })
  }

  test.each<[string, string, (c: Context) => Response, { status: number; aborted: boolean }]>([
    ['a plain response', 'GET', (c) => c.text('ok'), { status: 200, aborted: false }],
    ['a response without a body', 'GET', (c) => c.body(null, 204), { status: 204, aborted: false }],
    ['HEAD', 'HEAD', (c) => c.text('ok'), { status: 200, aborted: false }],
    [
      'an error',
      'GET',
      () => {
        throw new Error('broken')
      },
      { status: 500, aborted: false },
    ],
  ])('the end of %s is seen', async (_what, method, handler, end) => {
    const { limit, ends } = watched()
    const { url } = await site(sluice({ limits: [limit] }), handler)
    await (await fetch(url, { method })).text()
    await expect.poll(() => ends).toEqual([end])
  })

  test('the end of a stream is seen when it has come, not before', async () => {
    const { limit, ends } = watched()
    const { handler, end } = slowly()
    const { url } = await site(sluice({ limits: [limit] }), handler)
    const response = await fetch(url)
    const reader = response.body!.getReader()
    expect(new TextDecoder().decode((await reader.read()).value)).toBe('beginning')
    expect(ends).toEqual([])
    end()
    expect((await reader.read()).done).toBe(true)
    await expect.poll(() => ends).toEqual([{ status: 200, aborted: false }])
  })

  test('a client that hangs up in the middle is seen', async () => {
    const { limit, ends } = watched()
    const { handler } = slowly()
    const { hangUp } = await site(sluice({ limits: [limit] }), handler)
    await hangUp('/')
    await expect.poll(() => ends).toMatchObject([{ aborted: true }])
  })

  test('a client that hangs up while its response is being made is seen', async () => {
    const { limit, ends } = watched()
    const { hangUp } = await site(sluice({ limits: [limit] }), () => new Promise<Response>(() => undefined))
    await hangUp('/', true)
    await expect.poll(() => ends).toMatchObject([{ aborted: true }])
  })

  test('a client that has gone before the decision was there is seen', async () => {
    const { limit, ends } = watched()
    let decide: (key: string) => void = () => undefined
    const slow = {
      ...limit,
      by: () =>
        new Promise<string>((resolve) => {
          decide = resolve
        }),
    }
    const { hangUp } = await site(sluice({ limits: [slow] }), (c) => c.text('ok'))
    await hangUp('/', true)
    decide('all')
    await expect.poll(() => ends.length).toBe(1)
  })

  test('a response passes unchanged', async () => {
    const { limit } = watched()
    const text = 'x'.repeat(200_000)
    const { url } = await site(sluice({ limits: [limit] }), (c) => c.text(text, 201, { 'x-own': 'yes' }))
    const response = await fetch(url)
    expect([response.status, response.headers.get('x-own'), response.headers.get('content-type')]).toEqual([
      201,
      'yes',
      'text/plain; charset=UTF-8',
    ])
    expect(remainingOf(response)).toHaveProperty('watched')
    expect(await response.text()).toBe(text)
  })

  test('a stage further in that waits is seen to its end as well', async () => {
    const { limit, ends } = watched()
    const guard = sluice({ limits: [] })
    const { url } = await site([guard, guard.with({ limits: [limit] })], (c) => c.text('ok'))
    await (await fetch(url)).text()
    await expect.poll(() => ends).toEqual([{ status: 200, aborted: false }])
  })

  test('a stage that passed is settled although a later one failed', async () => {
    const { limit, ends } = watched()
    const failing: HttpLimit<Context> = {
      name: 'failing',
      rule,
      by() {
        throw new Error('no key')
      },
    }
    const guard = sluice({ limits: [limit] })
    const { url } = await site([guard, sluice({ limits: [failing] })], (c) => c.text('ok'))
    expect((await fetch(url)).status).toBe(500)
    await expect.poll(() => ends).toEqual([{ status: 500, aborted: false }])
  })
})

test('a body is passed on as it is while nothing waits for its end', async () => {
  const app = new Hono().use(sluice({ limits: [{ name: 'plain', ...byAll }] })).get('/', () => theirs)
  const theirs = new Response('ok')
  const { body } = theirs
  expect((await app.request('/')).body).toBe(body)
})

describe.each([
  ['with what Node knows', false],
  ['by the web standard alone', true],
])('slots, %s,', (_how, bare) => {
  const guard = (clock = manualClock()): HonoGuard =>
    sluice({
      store: memoryStore({ clock }),
      limits: [{ name: 'slots', by: () => 'all', rule: concurrency({ capacity: 2, lease: '90ms' }), status: 503 }],
    })
  const held = async (of: HonoGuard): Promise<number> => 2 - ((await of.admin.inspect('slots', 'all'))?.remaining ?? 2)

  test('are held as long as a response takes, and longer than a lease', async () => {
    const clock = manualClock()
    const slots = guard(clock)
    const { handler, end } = slowly()
    const { url } = await serve(new Hono().use(slots).get('/', handler), { bare })
    const responses = [await fetch(url), await fetch(url)]
    // The clock is moved no faster than timers go, by which leases are renewed.
    for (let i = 0; i < 8; i++) {
      await new Promise((resolve) => setTimeout(resolve, 30))
      clock.advance(30)
      expect(await held(slots)).toBe(2)
    }
    expect((await fetch(url)).status).toBe(503)
    end()
    await Promise.all(responses.map((response) => response.text()))
    await expect.poll(() => held(slots)).toBe(0)
  })

  test('are left behind by no client that hangs up', async () => {
    const slots = guard()
    const { handler } = slowly()
    const app = new Hono().use(slots).get('/', handler)
    app.get('/never', () => new Promise<Response>(() => undefined))
    const { hangUp } = await serve(app, { bare })
    await hangUp('/')
    await hangUp('/never', true)
    // Time stands still: they were given back.
    await expect.poll(() => held(slots)).toBe(0)
  })
})
