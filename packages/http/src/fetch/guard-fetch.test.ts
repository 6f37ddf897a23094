import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { type Quota, quotaOf } from '@sluice/conformance/adapter'
import { tokenBucket } from '@sluice/core'
import { describe, expect, test, vi } from 'vitest'
import type { HttpLimit, ResponseFacts } from '../http-limit.ts'
import { type FetchGuard, guardFetch } from './guard-fetch.ts'

const rule = tokenBucket({ capacity: 2, per: '1h' })
const byAll: HttpLimit = { name: 'all', by: () => 'all', rule }
const quotaOfResponse = ({ headers }: Response): Readonly<Record<string, Quota>> => quotaOf({ headers: Object.fromEntries(headers) })
const ask = (init?: RequestInit): Request => new Request('http://localhost/', init)

test('a guarded handler is refused what comes too often, and says so', async () => {
  const handle = guardFetch({ limits: [byAll] }, () => new Response('ok'))
  const responses = [await handle(ask()), await handle(ask()), await handle(ask())]
  expect(responses.map((response) => response.status)).toEqual([200, 200, 429])
  expect(responses.map(quotaOfResponse)).toEqual([1, 0, 0].map((r) => ({ all: { q: 2, w: 3600, r, t: 1800 } })))
  expect(responses[2]!.headers.get('retry-after')).toBe('1800')
  expect(await responses[2]!.json()).toMatchObject({ status: 429 })
})

test('HEAD is refused without a body', async () => {
  const handle = guardFetch({ limits: [{ ...byAll, cost: () => 3 }] }, () => new Response('ok'))
  const refused = await handle(ask({ method: 'HEAD' }))
  expect([refused.status, refused.body, refused.headers.get('content-type')]).toEqual([429, null, 'application/problem+json'])
})

test('the handler gets what sluice knows, and what the runtime hands over', async () => {
  const options = { remoteAddress: (_request: Request, info: { peer: string }) => info.peer, limits: [{ name: 'ip', rule }] }
  const handle = guardFetch(options, async (_request, { decision, http, settle }, info) => {
    await settle(2)
    return Response.json([decision?.outcome, http.address, http.method, info.peer])
  })
  expect(await (await handle(ask(), { peer: '192.0.2.7' })).json()).toEqual(['allowed', '192.0.2.7', 'GET', '192.0.2.7'])
  expect((await handle(ask(), { peer: '192.0.2.7' })).status).toBe(429)
  expect((await handle(ask(), { peer: '192.0.2.8' })).status).toBe(200)
  expect(await handle.admin.inspect('ip', '192.0.2.7')).toMatchObject({ remaining: 0 })
})

const handler = (): Response => new Response('ok')

test.each<[unknown, string]>([
  [undefined, 'SLUICE_OPTION_TYPE'],
  [{ limits: [{ name: 'ip', rule }] }, 'SLUICE_CONN_INFO'],
  [{ limits: [], remoteAdress: () => '' }, 'SLUICE_OPTION_UNKNOWN'],
  [{ limits: [{ ...byAll, hook: 'preHandler' }] }, 'SLUICE_HOOK'],
])('a wrong option is said at start-up: %j', (options, code) => {
  expect(() => guardFetch(options as never, handler)).toThrow(expect.objectContaining({ code }))
})

test('a handler that is missing is said at start-up', () => {
  const missing = expect.objectContaining({ code: 'SLUICE_OPTION_TYPE' })
  expect(() => guardFetch({ limits: [byAll] }, undefined as never)).toThrow(missing)
  expect(() => guardFetch({ limits: [byAll] }, handler).with({}, undefined as never)).toThrow(missing)
})

test('an `onRefused` that answers what is no response is a fault, with a code', async () => {
  const handle = guardFetch({ limits: [{ ...byAll, cost: () => 3 }], onRefused: () => 'slow' as never }, handler)
  const failed = await handle(ask())
  expect([failed.status, await failed.json()]).toMatchObject([500, { code: 'SLUICE_REFUSED_ANSWER' }])
})

test('another handler behind the same guard charges what its route says, and joins the guard around it', async () => {
  const api: FetchGuard<Request, []> = guardFetch({ limits: [byAll] }, (request) => dear(request))
  const dear = api.with({ cost: 2, limits: [{ ...byAll, name: 'dear' }] }, handler)
  expect(quotaOfResponse(await api(ask()))).toMatchObject({ all: { r: 0 }, dear: { r: 0 } })
  expect((await dear(ask())).status).toBe(429)
  expect(await dear.admin.inspect('dear', 'all')).toMatchObject({ remaining: 0 })
})

test('`onRefused` answers in place of sluice, even with a response that cannot be changed', async () => {
  const handle = guardFetch(
    { limits: [{ ...byAll, cost: () => 3 }], onRefused: () => Response.redirect('http://localhost/slow') },
    () => new Response('ok'),
  )
  const refused = await handle(ask())
  expect([refused.status, refused.headers.get('location'), refused.headers.get('cache-control')]).toEqual([
    302,
    'http://localhost/slow',
    'no-store',
  ])
})

test('a guard within a guard joins it', async () => {
  const inner = guardFetch({ limits: [{ ...byAll, name: 'inner' }] }, () => new Response('ok'))
  const outer = guardFetch({ limits: [{ ...byAll, name: 'outer' }] }, (request) => inner(request))
  const response = await outer(ask())
  expect(Object.entries(quotaOfResponse(response))).toMatchObject([
    ['outer', { r: 1 }],
    ['inner', { r: 1 }],
  ])
})

describe('a runtime that stops after a response', () => {
  const settledLate = (settled: string[]): HttpLimit => ({
    ...byAll,
    async settle({ status }) {
      await new Promise(setImmediate)
      settled.push(String(status))
      return 0
    },
  })

  test('is asked to wait for what is settled after it, when the body has been read', async () => {
    const settled: string[] = []
    const awaited: Promise<unknown>[] = []
    const context = { waitUntil: (work: Promise<unknown>) => void awaited.push(work) }
    const handle = guardFetch<Request, [env: object | null, context: typeof context]>(
      { limits: [settledLate(settled)] },
      () => new Response('ok'),
    )
    const response = await handle(ask(), null, context)
    expect(awaited).toEqual([])
    await response.text()
    expect([awaited.length, settled]).toEqual([1, []])
    await Promise.all(awaited)
    expect(settled).toEqual(['200'])
    expect(await handle.admin.inspect('all', 'all')).toBe(null)
  })

  test('is asked to wait where the handler failed, and for nothing that is settled at once', async () => {
    const settled: string[] = []
    const waitUntil = vi.fn()
    const broken = guardFetch<Request, [{ waitUntil: typeof waitUntil }]>({ limits: [settledLate(settled)] }, () => {
      throw new Error('broken')
    })
    await expect(broken(ask(), { waitUntil })).rejects.toThrow('broken')
    expect(waitUntil).toHaveBeenCalledOnce()
    await waitUntil.mock.calls[0]![0]
    expect(settled).toEqual(['500'])

    const quick = guardFetch<Request, [{ waitUntil: typeof waitUntil }]>(
      { limits: [{ ...byAll, settle: () => 0 }] },
      () => new Response('ok'),
    )
    await (await quick(ask(), { waitUntil })).text()
    expect(waitUntil).toHaveBeenCalledOnce()
  })

  test('may have nothing that waits', async () => {
    const settled: string[] = []
    const handle = guardFetch<Request, [string, undefined]>({ limits: [settledLate(settled)] }, () => new Response('ok'))
    await (await handle(ask(), 'env', undefined)).text()
    await expect.poll(() => settled).toEqual(['200'])
  })
})

describe('what waits for the end of a response', () => {
  const guarded = (handler: (request: Request) => Response | Promise<Response>) => {
    const ends: ResponseFacts[] = []
    const settle = (response: ResponseFacts): number => {
      ends.push(response)
      return 0
    }
    return { ends, handle: guardFetch({ limits: [{ ...byAll, settle }] }, handler) }
  }

  test('hears of it when the body was read to its end', async () => {
    const { ends, handle } = guarded(() => new Response('ok', { headers: { 'x-own': 'yes' } }))
    const response = await handle(ask())
    await new Promise(setImmediate)
    expect(ends).toEqual([])
    expect(await response.text()).toBe('ok')
    expect(ends).toMatchObject([{ status: 200, aborted: false }])
    expect(ends[0]!.header('X-Own')).toBe('yes')
  })

  test('hears of it at once where there is no body', async () => {
    const { ends, handle } = guarded(() => new Response(null, { status: 204 }))
    await handle(ask())
    expect(ends).toMatchObject([{ status: 204, aborted: false }])
  })

  test('hears of a reader that has had enough', async () => {
    const { ends, handle } = guarded(() => new Response('ok'))
    await (await handle(ask())).body!.cancel()
    expect(ends).toMatchObject([{ status: 200, aborted: true }])
  })

  test('hears of a body that breaks off, and so does its reader', async () => {
    const broken = new ReadableStream({
      pull(controller) {
        controller.error(new Error('broken'))
      },
    })
    const { ends, handle } = guarded(() => new Response(broken))
    await expect((await handle(ask())).text()).rejects.toThrow('broken')
    expect(ends).toMatchObject([{ status: 200, aborted: true }])
  })

  test('hears of a client that goes while its response is being made, once', async () => {
    const controller = new AbortController()
    const { ends, handle } = guarded(async () => {
      controller.abort()
      return new Response('ok')
    })
    await (await handle(ask({ signal: controller.signal }))).text()
    expect(ends).toMatchObject([{ status: 0, aborted: true }])
  })

  test('hears of a client that had gone before', async () => {
    const { ends, handle } = guarded(() => new Response('ok'))
    await handle(ask({ signal: AbortSignal.abort() }))
    expect(ends).toMatchObject([{ aborted: true }])
  })

  test('hears of a body that somebody threw away unread', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const { ends, handle } = guarded(() => new Response('ok'))
    expect((await handle(ask())).status).toBe(200)
    const found = (): ResponseFacts[] => {
      collect()
      return ends
    }
    await expect.poll(found).toMatchObject([{ status: 200, aborted: true }])
  })

  test('hears of a handler that throws, and so does the runtime', async () => {
    const { ends, handle } = guarded(() => {
      throw new Error('broken')
    })
    await expect(handle(ask())).rejects.toThrow('broken')
    expect(ends).toMatchObject([{ status: 500, aborted: false }])
  })
})
