/** Several guards, stages and costs on one request: one budget, one set of headers, and nothing charged for what is refused. */
import { skip, tokenBucket } from '@sluice/core'
import type { HttpLimit } from '@sluice/http'
import { expect } from 'vitest'
import { quotaOf } from '../quota-fields.ts'
import { ascending, statusesOf, type Trial } from '../trial.ts'

const perHour = (capacity: number) => tokenBucket({ capacity, per: '1h' })
const outer: HttpLimit = { name: 'outer', rule: perHour(10) }
const user: HttpLimit = { name: 'user', by: (_request, http) => http.header('x-user') ?? skip, rule: perHour(2) }
const asUser = { path: '/inner/', headers: { 'x-user': 'u1' } }

export function stagesContract({ open, adapter, describe, test }: Trial): void {
  describe('two guards on one request', () => {
    const site = {
      sections: [{ prefix: '/inner', guard: { limits: [user] }, routes: [{ path: '/' }, { path: '/dear', sluice: { cost: 2 } }] }],
    }

    test('make one valid field, the outer limit first', async () => {
      const { ask } = await open({ limits: [outer] }, site)
      const reply = await ask(asUser)
      expect(Object.entries(quotaOf(reply))).toMatchObject([
        ['outer', { q: 10, r: 9 }],
        ['user', { q: 2, r: 1 }],
      ])
    })

    test('charge no limit when the inner one refuses, and the headers show the state after that', async () => {
      const { askTimes, remaining } = await open({ limits: [outer] }, site)
      const replies = await askTimes(4, asUser)
      expect(statusesOf(replies)).toEqual([200, 200, 429, 429])
      expect(quotaOf(replies[3]!)).toMatchObject({ outer: { r: 8 }, user: { r: 0 } })
      expect(JSON.parse(replies[3]!.body)['violated-policies']).toEqual(['user'])
      expect(await remaining('outer', '127.0.0.1', 10)).toBe(8)
    })

    test('ask for a dearer request of both', async () => {
      const { ask } = await open({ limits: [outer] }, site)
      expect(quotaOf(await ask({ ...asUser, path: '/inner/dear' }))).toMatchObject({ outer: { r: 8 }, user: { r: 0 } })
    })

    test('count a limit that both have once', async () => {
      const { ask } = await open(
        { limits: [outer] },
        { sections: [{ prefix: '/inner', guard: { limits: [outer, user] }, routes: [{ path: '/' }] }] },
      )
      expect(quotaOf(await ask(asUser))).toMatchObject({ outer: { r: 9 }, user: { r: 1 } })
    })

    test('leave requests outside the inner one alone', async () => {
      const { ask } = await open({ limits: [outer] }, { ...site, routes: [{ path: '/' }] })
      expect(Object.keys(quotaOf(await ask({ path: '/', headers: asUser.headers })))).toEqual(['outer'])
    })

    test('may stand around a third', async () => {
      const route: HttpLimit = { name: 'route', by: () => 'all', rule: perHour(1) }
      const { askTimes, remaining } = await open(
        { limits: [outer] },
        { sections: [{ prefix: '/inner', guard: { limits: [user] }, routes: [{ path: '/', sluice: { limits: [route] } }] }] },
      )
      const replies = await askTimes(2, asUser)
      expect(statusesOf(replies)).toEqual([200, 429])
      for (const reply of replies) expect(quotaOf(reply)).toMatchObject({ outer: { r: 9 }, user: { r: 1 }, route: { r: 0 } })
      expect(await remaining('user', 'u1', 2)).toBe(1)
    })
  })

  describe('the cost of a route', () => {
    const bySize = async (request: unknown) => ((await adapter.bodyOf(request)) as { size: number }).size

    test('is taken instead of 1, not in addition', async () => {
      const { ask } = await open({ limits: [outer] }, { routes: [{ path: '/', sluice: { cost: 4 } }] })
      expect(quotaOf(await ask('/'))).toMatchObject({ outer: { r: 6 } })
    })

    test('tops up what was charged before the body was there', async () => {
      const { ask } = await open({ limits: [outer] }, { routes: [{ method: 'POST', path: '/', sluice: { cost: bySize } }] })
      expect(quotaOf(await ask({ method: 'POST', path: '/', json: { size: 4 } }))).toMatchObject({ outer: { r: 6 } })
    })

    test('that cannot be paid gives back what was charged before', async () => {
      const { ask, remaining } = await open({ limits: [outer] }, { routes: [{ method: 'POST', path: '/', sluice: { cost: bySize } }] })
      const post = (size: number) => ask({ method: 'POST', path: '/', json: { size } })
      const impossible = await post(11)
      expect(impossible.status).toBe(429)
      expect(impossible.headers).not.toHaveProperty('retry-after')
      expect(quotaOf(impossible)).toMatchObject({ outer: { r: 10 } })
      await post(8)
      const limited = await post(3)
      expect(limited.headers['retry-after']).toBe('360')
      expect(quotaOf(limited)).toMatchObject({ outer: { r: 2 } })
      expect(await remaining('outer', '127.0.0.1', 10)).toBe(2)
    })

    test('may differ from limit to limit', async () => {
      const cost = () => ({ user: 2 })
      const { ask } = await open({ limits: [outer, user] }, { routes: [{ path: '/', sluice: { cost } }] })
      expect(quotaOf(await ask({ path: '/', headers: asUser.headers }))).toMatchObject({ outer: { r: 9 }, user: { r: 0 } })
    })

    test('does not replace the own cost of a limit', async () => {
      const { ask } = await open({ limits: [{ ...outer, cost: 3 }] }, { routes: [{ path: '/', sluice: { cost: 5 } }] })
      expect(quotaOf(await ask('/'))).toMatchObject({ outer: { r: 7 } })
    })

    test('of 0 is admitted whatever is left, and changes nothing', async () => {
      const { askTimes } = await open({ limits: [{ name: 'free', rule: perHour(1), initial: 0, cost: 0 }] })
      expect(statusesOf(await askTimes(3, '/'))).toEqual([200, 200, 200])
    })
  })

  describe('a route', () => {
    test('that says false is neither counted nor told of', async () => {
      const { askTimes, ask } = await open({ limits: [outer] }, { routes: [{ path: '/' }, { path: '/health', sluice: false }] })
      const [health] = await askTimes(5, '/health')
      expect(quotaOf(health!)).toEqual({})
      expect(quotaOf(await ask('/'))).toMatchObject({ outer: { r: 9 } })
    })

    test('that inherits nothing has its own limits alone', async () => {
      const { ask, remaining } = await open({ limits: [outer] }, { routes: [{ path: '/', sluice: { inherit: false, limits: [user] } }] })
      expect(Object.keys(quotaOf(await ask({ path: '/', headers: asUser.headers })))).toEqual(['user'])
      expect(await remaining('outer', '127.0.0.1', 10)).toBe(10)
    })

    test('is guarded when it says so', async () => {
      const when = async (_request: unknown, http: { header(name: string): string | undefined }) => http.header('x-user') !== undefined
      const { ask } = await open({ limits: [outer], when }, { routes: [{ path: '/' }] })
      expect(quotaOf(await ask('/'))).toEqual({})
      expect(quotaOf(await ask({ path: '/', headers: asUser.headers }))).toMatchObject({ outer: { r: 9 } })
    })

    test('shares the budget of a limit with every other that has it', async () => {
      const reports: HttpLimit = { name: 'reports', rule: perHour(2) }
      const routes = ['/a', '/b'].map((path) => ({ path, sluice: { limits: [reports] } }))
      const { ask } = await open({ limits: [] }, { routes })
      expect(statusesOf([await ask('/a'), await ask('/b'), await ask('/a')])).toEqual([200, 200, 429])
    })

    if (!adapter.routeless) {
      test('has a budget of its own where the key says so, whatever its URL looks like', async () => {
        const perRoute: HttpLimit = { name: 'route', by: (_request, http) => [http.address, http.route ?? '404'], rule: perHour(3) }
        const sluice = { limits: [perRoute] }
        const { ask } = await open(
          { limits: [] },
          {
            routes: [
              { path: '/items/:id', sluice },
              { path: '/other', sluice },
            ],
          },
        )
        const variants = ['/items/1', '/items/2?page=3', '/items/%61', '/items/4']
        expect(ascending(statusesOf([...(await Promise.all(variants.map(ask))), await ask('/other')]))).toEqual([200, 200, 200, 200, 429])
        expect((await ask('/other')).status).toBe(200)
      })
    }
  })
}
