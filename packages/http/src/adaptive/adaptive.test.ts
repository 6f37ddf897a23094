import { type Clock, type LimiterEvent, type MemoryStore, memoryStore, SluiceError, surviveOutages, tokenBucket } from '@sluice/core'
import { manualClock } from '@sluice/core/testing'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { type FetchGuard, guardFetch } from '../fetch/guard-fetch.ts'
import type { Lifetime } from '../fetch/runtime.ts'
import type { HttpLimit, HttpOptions } from '../http-limit.ts'
import { type AdaptiveLimitOptions, adaptive } from './adaptive.ts'

type Server = FetchGuard<Request, []>

const ask = (init?: RequestInit): Request => new Request('http://localhost/', init)
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** A server that takes as long as a request says in `x-takes`, by a clock that it moves itself, and answers what `x-status` says. */
function serverWith(limits: (clock: Clock) => readonly HttpLimit[], options: HttpOptions<Request> = {}): Server {
  const clock = manualClock()
  return guardFetch({ limits: limits(clock), ...options }, ({ headers }) => {
    clock.advance(Number(headers.get('x-takes') ?? 1))
    return new Response(null, { status: Number(headers.get('x-status') ?? 200) })
  })
}

/** The capacities that decisions have shown. */
function capacitiesOf(server: Server): number[] {
  const seen: number[] = []
  server.admin.observe((event: LimiterEvent) => {
    if (event.type !== 'decision') return
    const status = event.decision.limits.find(({ name }) => name === 'server')
    if (status !== undefined) seen.push(status.capacity)
  })
  return seen
}

/** The capacity after so many of the same requests, one after the other. */
async function capacityAfter(times: number, server: Server, headers: Record<string, string> = {}): Promise<number> {
  const seen = capacitiesOf(server)
  for (let i = 0; i <= times; i++) {
    await server(ask({ headers }))
    await turn()
  }
  return seen.at(-1)!
}

/** One that a single request makes use of, and that it widens if it is quick. */
const narrow = { latency: '100ms', initial: 1, min: 1, max: 2, eventLoopDelay: false } satisfies AdaptiveLimitOptions

describe('an adaptive limit', () => {
  test('grows with quick requests, up to its bound, and shows that in decisions', async () => {
    const server = serverWith((clock) => [adaptive({ ...narrow, max: 3, clock })])
    const seen = capacitiesOf(server)
    for (let i = 0; i < 6; i++) {
      await Promise.all([server(ask()), server(ask())])
      await turn()
    }
    expect(seen.filter((capacity, i) => capacity !== seen[i - 1])).toEqual([1, 2, 3])
  })

  test.each<[string, Record<string, string>]>([
    ['take too long', { 'x-takes': '101' }],
    ['are answered with 503', { 'x-status': '503' }],
    ['are answered with 504', { 'x-status': '504' }],
  ])('shrinks with requests that %s', async (_what, headers) => {
    expect(
      await capacityAfter(
        5,
        serverWith((clock) => [adaptive({ ...narrow, initial: 2, clock })]),
        headers,
      ),
    ).toBe(1)
  })

  test('shrinks while the event loop is late', async () => {
    const server = serverWith((clock) => [adaptive({ ...narrow, initial: 2, clock, eventLoopDelay: '20ms', readEventLoopDelay: () => 21 })])
    expect(await capacityAfter(10, server, { 'x-takes': '99' })).toBe(1)
  })

  test('learns nothing from requests that another limit refuses', async () => {
    const empty: HttpLimit = { name: 'empty', by: () => 'all', rule: tokenBucket({ capacity: 1, per: '1h' }), initial: 0 }
    const server = serverWith((clock) => [empty, adaptive({ ...narrow, clock })])
    expect(await capacityAfter(20, server)).toBe(1)
  })

  test('learns nothing from requests that it does not apply to, and lets them pass', async () => {
    const server = serverWith((clock) => [{ ...adaptive({ ...narrow, clock }), when: (_r, http) => http.header('x-stream') === undefined }])
    for (let i = 0; i < 20; i++) await server(ask({ headers: { 'x-stream': '1' } }))
    expect(await capacityAfter(0, server)).toBe(1)
  })

  test('learns nothing from a client that goes early, and that it was too slow from one that goes late', async () => {
    const clock = manualClock()
    const server = guardFetch({ limits: [adaptive({ ...narrow, initial: 2, max: 4, clock })] }, ({ headers }) => {
      clock.advance(Number(headers.get('x-takes') ?? 1))
      return new Response('a body that nobody reads')
    })
    const leave = async (takes: string): Promise<void> => {
      await (await server(ask({ headers: { 'x-takes': takes } }))).body!.cancel()
      await turn()
    }
    const seen = capacitiesOf(server)
    for (let i = 0; i < 20; i++) await Promise.all([leave('1'), leave('1')])
    expect(seen.at(-1)).toBe(2)
    for (let i = 0; i < 5; i++) await leave('101')
    expect(seen.at(-1)).toBe(1)
  })

  test('counts requests together that are handled in one go', async () => {
    const server = serverWith((clock) => [adaptive({ ...narrow, initial: 2, clock })])
    const statuses = (await Promise.all([ask(), ask(), ask()].map((request) => server(request)))).map(({ status }) => status)
    expect(statuses).toEqual([200, 200, 503])
    await turn()
    expect((await server(ask())).status).toBe(200)
  })

  test('asks a runtime that stops after the response to wait for its slot', async () => {
    const waits: Promise<unknown>[] = []
    const server = guardFetch({ limits: [adaptive({ ...narrow, max: 1 })] }, (_request, _sluice, _context: Lifetime) => new Response(null))
    const context: Lifetime = { waitUntil: (work) => void waits.push(work) }
    expect((await server(ask(), context)).status).toBe(200)
    expect(await server.admin.inspect('server', [])).toMatchObject({ remaining: 0 })
    await Promise.all(waits)
    expect(await server.admin.inspect('server', [])).toBe(null)
  })

  test('gives the slot back with the response where the event loop has no turns', async () => {
    vi.stubGlobal('setImmediate', undefined)
    onTestFinished(() => void vi.unstubAllGlobals())
    const server = serverWith((clock) => [adaptive({ ...narrow, max: 1, clock })])
    for (let i = 0; i < 3; i++) expect((await server(ask())).status).toBe(200)
  })
})

describe('the refusal of an adaptive limit', () => {
  const full = (options: Partial<AdaptiveLimitOptions> = {}, more: HttpOptions<Request> = {}): Server => {
    const limit = adaptive({ ...narrow, max: 1, ...options } as AdaptiveLimitOptions)
    return guardFetch({ limits: [limit], ...more }, () => new Response('a body that nobody has read yet'))
  }

  test('is a 503 that says when to come back, and nothing of the limit', async () => {
    const server = full()
    const [first, second] = [await server(ask()), await server(ask())]
    expect([first.status, second.status]).toEqual([200, 503])
    expect(second.headers.get('retry-after')).toBe('1')
    expect([first, second].flatMap(({ headers }) => [...headers.keys()]).filter((name) => name.startsWith('ratelimit'))).toEqual([])
    expect(await second.json()).toMatchObject({ status: 503, title: 'Temporary Reduced Capacity' })
    await first.text()
    await turn()
    expect((await server(ask())).status).toBe(200)
  })

  test('is a 429 where that is wanted', async () => {
    const server = full({ status: 429 })
    expect([(await server(ask())).status, (await server(ask())).status]).toEqual([200, 429])
  })

  test('says that its wait is an estimate', async () => {
    const estimates: unknown[] = []
    const server = full({}, { body: ({ limits }) => limits.map(({ name, estimated }) => estimates.push([name, estimated])) })
    await server(ask())
    await server(ask())
    expect(estimates).toEqual([['server', true]])
  })

  test('comes before any other limit is asked, and without the store of the others', async () => {
    const memory = memoryStore()
    let calls = 0
    const decide: MemoryStore['decide'] = (call) => {
      calls++
      return memory.decide(call)
    }
    const server = guardFetch(
      {
        store: surviveOutages({ ...memory, decide }, { processes: 1 }),
        limits: [{ name: 'all', by: () => 'all', rule: tokenBucket({ capacity: 9, per: '1h' }) }, adaptive({ ...narrow, initial: 2 })],
      },
      () => new Response('a body that nobody has read yet'),
    )
    for (const status of [200, 200, 503, 503]) expect((await server(ask())).status).toBe(status)
    expect(calls).toBe(2)
  })

  test('never comes to what it only watches', async () => {
    const limit = adaptive({ ...narrow, max: 1 })
    const server = guardFetch({ limits: [{ ...limit, shadow: true }] }, () => new Response('a body that nobody has read yet'))
    expect([(await server(ask())).status, (await server(ask())).status]).toEqual([200, 200])
  })
})

describe('one adaptive limit', () => {
  test('takes one slot of a request that passes several guards, and learns from it once', async () => {
    const clock = manualClock()
    const limit = adaptive({ ...narrow, clock })
    const inner = guardFetch({ limits: [limit] }, () => new Response(null))
    const outer = guardFetch({ limits: [limit] }, (request) => inner(request))
    const seen = capacitiesOf(outer)
    for (let i = 0; i < 3; i++) {
      expect((await outer(ask())).status).toBe(200)
      await turn()
    }
    expect(seen).toEqual([1, 2, 2])
  })

  test('is one capacity for all guards that have it', async () => {
    const limit = adaptive({ ...narrow, max: 1 })
    const servers = [1, 2].map(() => guardFetch({ limits: [limit] }, () => new Response('a body that nobody has read yet')))
    expect((await servers[0]!(ask())).status).toBe(200)
    expect((await servers[1]!(ask())).status).toBe(503)
  })

  test('is told apart from others by its name', () => {
    const limits = [adaptive(narrow), adaptive(narrow)]
    expect(() => guardFetch({ limits }, () => new Response())).toThrow(expect.objectContaining({ code: 'SLUICE_LIMIT_TWICE' }))
    expect(() => guardFetch({ limits: [adaptive(narrow), adaptive({ ...narrow, name: 'other' })] }, () => new Response())).not.toThrow()
  })

  test('can be closed for a while by an operator', async () => {
    const server = serverWith((clock) => [adaptive({ ...narrow, clock })])
    await server.admin.block('server', [], '1m')
    expect((await server(ask())).status).toBe(503)
    await server.admin.block('server', [], 0)
    expect((await server(ask())).status).toBe(200)
  })
})

test.each<[string, unknown]>([
  ['SLUICE_OPTION_TYPE', undefined],
  ['SLUICE_OPTION_TYPE', 'aimd'],
  ['SLUICE_DURATION', {}],
  ['SLUICE_OPTION_UNKNOWN', { latency: '1s', eventLoopDely: '10ms' }],
  ['SLUICE_OPTION_UNKNOWN', { algorithm: 'gradient2', latency: '1s' }],
  ['SLUICE_DURATION', { latency: '1s', eventLoopDelay: true }],
  ['SLUICE_OPTION_TYPE', { latency: '1s', readEventLoopDelay: 20 }],
  ['SLUICE_CHOICE', { latency: '1s', order: 'last' }],
])('refuses wrong options by %s: %o', (code, options) => {
  expect(() => adaptive(options as AdaptiveLimitOptions)).toThrow(SluiceError)
  expect(() => adaptive(options as AdaptiveLimitOptions)).toThrow(expect.objectContaining({ code }))
})

test.each<[string, unknown]>([
  ['SLUICE_STATUS', { latency: '1s', status: 200 }],
  ['SLUICE_LIMIT_NAME', { latency: '1s', name: '' }],
])('refuses by %s, when a guard is made of it, %o', (code, options) => {
  const limit = adaptive(options as AdaptiveLimitOptions)
  expect(() => guardFetch({ limits: [limit] }, () => new Response())).toThrow(expect.objectContaining({ code }))
})
